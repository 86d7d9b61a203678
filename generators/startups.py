"""Generate weekly snapshots of startups: founded, funded, sometimes closed."""

import argparse
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial

import numpy as np

from components.shared.clients import storage_client
from contracts.contract import load
from generators import arguments
from generators.bucket_writer import object_name, upload_days
from generators.defects import Row, Spoiler, negate, set_to, spoil, without
from generators.population import Population

STARTUP = load("startup")
STAGES = STARTUP.values("funding_stage")
BUCKETS = STARTUP.values("valuation_bucket")
BUCKET_FLOORS = (1_000_000, 10_000_000, 100_000_000, 1_000_000_000)
STAGE_VALUATIONS = (6e5, 4e6, 2e7, 9e7, 4e8, 2e9)
FOUNDED_A_YEAR = 12
YEARS_FOLLOWED = 12
DAYS_BETWEEN_STAGES = 500.0
DAYS_TO_CLOSING = 3000.0
SECTORS = ("fintech", "health", "climate", "retail", "robotics", "education")
COUNTRIES = ("DE", "FR", "GB", "US", "NL", "SE", "ES")

SPOILERS: dict[str, Spoiler] = {
    "impossible timestamp": set_to(updated_at="2026-02-31T25:61:00Z"),
    "negative valuation": negate("valuation_usd"),
    "no identifier": without("startup_id"),
}

EXAMPLES = """examples:
  python -m generators.startups --date 2026-11-23
  python -m generators.startups --days 400 --bucket my-lake-raw
"""


@dataclass(frozen=True)
class Startup:
    """A startup's whole life: the days of its stages (the first is the founding) and of its closing."""

    identifier: str
    sector: str
    country: str
    stages: tuple[date, ...]
    closed: date
    valuation_factor: float


def mondays(days: list[date]) -> list[date]:
    """Return the Mondays among the days: startups are loaded weekly."""
    return [day for day in days if day.weekday() == 0]


def startups_of_day(population: Population, day: date, defects: bool = False) -> list[Row]:
    """Return the startups founded before a day as of that day, always the same ones."""
    rows = [
        _record(startup, day)
        for year in range(day.year - YEARS_FOLLOWED, day.year + 1)
        for startup in _founded_in(population, year)
        if startup.stages[0] < day
    ]
    return [spoil(row, f"{row['startup_id']}/{day}", SPOILERS) for row in rows] if defects else rows


def _founded_in(population: Population, year: int) -> Iterator[Startup]:
    # Startups are not customers: their number does not depend on that of the customers.
    random = Population(1, population.seed).random("startups", year)
    for place in range(FOUNDED_A_YEAR):
        founded = date(year, 1, 1) + timedelta(days=int(random.integers(0, 365)))
        waits = np.cumsum(random.gamma(2.0, DAYS_BETWEEN_STAGES / 2, len(STAGES) - 1))
        yield Startup(
            population.identifier("startup", year, place),
            SECTORS[random.integers(len(SECTORS))],
            COUNTRIES[random.integers(len(COUNTRIES))],
            (founded, *(founded + timedelta(days=1 + int(wait)) for wait in waits)),
            founded + timedelta(days=1 + int(random.exponential(DAYS_TO_CLOSING))),
            float(random.lognormal(0.0, 0.5)),
        )


def _record(startup: Startup, day: date) -> Row:
    reached = [stage for stage in startup.stages if stage < min(day, startup.closed)]
    score = len(reached) - 1
    active = day <= startup.closed
    valuation = round(STAGE_VALUATIONS[score] * startup.valuation_factor)
    name = f"{startup.sector.title()} {startup.identifier[:4]}"
    address = f"hello@{startup.identifier[:8]}.example"
    return STARTUP.row(
        startup_id=f"U{startup.identifier}",
        name=name,
        sector=startup.sector,
        country=startup.country,
        founded_date=startup.stages[0].isoformat(),
        funding_stage=STAGES[score],
        funding_stage_score=score,
        valuation_usd=valuation,
        valuation_bucket=BUCKETS[sum(valuation >= floor for floor in BUCKET_FLOORS)],
        contact_email_cleaned=hashlib.sha256(address.encode()).hexdigest(),
        is_active=active,
        updated_at=datetime.combine(reached[-1] if active else startup.closed, time(), UTC).isoformat(),
    )


def _name(options: argparse.Namespace, day: date) -> str:
    return object_name("startups", day, arguments.variant("startups", options))


def main(words: list[str] | None = None) -> None:
    """Write the startups to the bucket, for each Monday among the requested days."""
    parser = argparse.ArgumentParser("python -m generators.startups", description=__doc__, epilog=EXAMPLES)
    arguments.add_days(parser)
    arguments.add_bucket(parser)
    options = arguments.parse(parser, words)
    weekly = mondays(arguments.days(options))
    population = Population(options.customers, options.seed)
    uploaded = upload_days(
        storage_client(options.project),
        options.bucket,
        weekly,
        partial(_name, options),
        lambda day: startups_of_day(population, day, options.defects),
    )
    print(f"startups: {uploaded} of gs://{options.bucket}" if weekly else "startups: no Monday in these days")


if __name__ == "__main__":
    arguments.run(main)
