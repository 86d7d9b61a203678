"""Generate the same customers' click events; visits increase before a purchase."""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial

import numpy as np
from numpy.typing import NDArray

from components.shared.clients import storage_client
from contracts.contract import load
from generators import arguments
from generators.bucket_writer import object_name, upload_days
from generators.defects import Row, Spoiler, set_to, spoil, without
from generators.population import CATEGORIES, CHANNELS, DEVICES, Integers, Lives, Population

# The probability that a purchase has a visit on its own day, and one, two and five days before.
VISITS_BEFORE = {0: 0.28, 1: 0.18, 2: 0.10, 5: 0.06}
IDLE_VISITS_A_PURCHASE = 0.10
STRANGERS_A_CUSTOMER = 0.002
LOGGED_OUT_SHARE = 0.15
CLICK = load("click")
FUNNEL = CLICK.values("event_type")
SECONDS_A_STEP = 45
LAST_START = 86399 - SECONDS_A_STEP * len(FUNNEL)  # a visit ends on the day it began
ONLINE = (CHANNELS.index("web"), CHANNELS.index("app"))
REFERRERS = ("google.com", "instagram.com", "newsletter.example", "bing.com", None)

SPOILERS: dict[str, Spoiler] = {
    "impossible timestamp": set_to(event_timestamp="2026-02-31T25:61:00Z"),
    "no timestamp": set_to(event_timestamp=None),
    "no identifier": without("event_id"),
    "unknown event": set_to(event_type="teleport"),
}

EXAMPLES = """examples:
  python -m generators.clickstream --date 2026-11-23
  python -m generators.clickstream --days 400 --bucket my-lake-raw
"""


@dataclass(frozen=True)
class Visit:
    """One session: when, who (None if unknown), on which device, from where, and the steps of the funnel."""

    second: int
    customer_id: str | None
    device: str
    category: str
    referrer: str | None
    steps: tuple[str, ...]


def events_of_day(population: Population, day: date, defects: bool = False) -> list[Row]:
    """Return a day's click events, always the same ones."""
    rows = [
        row
        for place, visit in enumerate(_visits(population, day))
        for row in _events(population.identifier("session", day, place), visit, day)
    ]
    return [spoil(row, row["event_id"], SPOILERS) for row in rows] if defects else rows


def _visits(population: Population, day: date) -> Iterator[Visit]:
    random = population.random("clicks", day.toordinal())
    for ahead, share in VISITS_BEFORE.items():
        buyers = population.purchases(day + timedelta(days=ahead))
        buyers = buyers.take(random.random(len(buyers)) < share)
        online = np.isin(buyers.channel, ONLINE)
        yield from _of_customers(population, buyers, day, random, bought=online & (ahead == 0))
    living = population.living(day)
    idle = living.take(random.poisson(living.rate * IDLE_VISITS_A_PURCHASE) > 0)
    yield from _of_customers(population, idle, day, random, bought=np.zeros(len(idle), dtype=bool))
    yield from _of_strangers(random.poisson(population.customers * STRANGERS_A_CUSTOMER), random)


def _of_customers(
    population: Population, lives: Lives, day: date, random: np.random.Generator, bought: NDArray[np.bool_]
) -> Iterator[Visit]:
    # Before the first purchase the shop does not know who is looking.
    known = (lives.birth <= day.toordinal()) & (random.random(len(lives)) >= LOGGED_OUT_SHARE)
    identifiers = [
        population.customer_id(number) if is_known else None
        for number, is_known in zip(lives.number.tolist(), known.tolist(), strict=True)
    ]
    return _draw(identifiers, lives.device, lives.category, bought, random)


def _of_strangers(count: int, random: np.random.Generator) -> Iterator[Visit]:
    device = random.integers(0, len(DEVICES), count)
    category = random.integers(0, len(CATEGORIES), count)
    return _draw([None] * count, device, category, np.zeros(count, dtype=bool), random)


def _draw(
    customer_ids: Sequence[str | None],
    device: Integers,
    category: Integers,
    bought: NDArray[np.bool_],
    random: np.random.Generator,
) -> Iterator[Visit]:
    """Draw one visit per id: all the way to a purchase, or some pages and perhaps an abandoned checkout."""
    count = len(customer_ids)
    seconds = np.clip(random.normal(16.0, 4.0, count) * 3600, 0, LAST_START).astype(int).tolist()
    referrers = random.integers(0, len(REFERRERS), count).tolist()
    depths = np.where(bought, len(FUNNEL), np.minimum(random.geometric(0.5, count), len(FUNNEL) - 1)).tolist()
    for place, customer_id in enumerate(customer_ids):
        yield Visit(
            seconds[place],
            customer_id,
            DEVICES[device[place]],
            CATEGORIES[category[place]],
            REFERRERS[referrers[place]],
            FUNNEL[: depths[place]],
        )


def _events(session: str, visit: Visit, day: date) -> Iterator[Row]:
    start = datetime.combine(day, time(), UTC) + timedelta(seconds=visit.second)
    loaded = _iso(datetime.combine(day + timedelta(days=1), time(), UTC))
    for step, event_type in enumerate(visit.steps):
        yield CLICK.row(
            event_id=f"E{session}-{step}",
            session_id=f"V{session}",
            customer_id=visit.customer_id,
            event_timestamp=_iso(start + timedelta(seconds=SECONDS_A_STEP * step)),
            event_type=event_type,
            page_url=f"https://shop.example/{visit.category}/{event_type}",
            referrer_domain=visit.referrer,
            device_type_category=visit.device,
            is_bounce=len(visit.steps) == 1,
            load_timestamp=loaded,
        )


def _iso(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat() + "Z"


def _name(options: argparse.Namespace, day: date) -> str:
    return object_name("clickstream", day, arguments.variant("events", options))


def main(words: list[str] | None = None) -> None:
    """Write the requested days' click events to the bucket."""
    parser = argparse.ArgumentParser("python -m generators.clickstream", description=__doc__, epilog=EXAMPLES)
    arguments.add_days(parser)
    arguments.add_bucket(parser)
    options = arguments.parse(parser, words)
    population = Population(options.customers, options.seed)
    uploaded = upload_days(
        storage_client(options.project),
        options.bucket,
        arguments.days(options),
        partial(_name, options),
        lambda day: events_of_day(population, day, options.defects),
    )
    print(f"clickstream: {uploaded} of gs://{options.bucket}")


if __name__ == "__main__":
    arguments.run(main)
