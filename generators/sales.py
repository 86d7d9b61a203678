"""Generate sales documents from the population's purchases, into Firestore."""

import argparse
import hashlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import numpy as np

from components.shared.clients import firestore_client
from contracts.contract import load
from generators import arguments
from generators.campaign_response import CampaignResponse
from generators.defects import Row, Spoiler, negate, set_to, spoil, stable_share, without
from generators.firestore_writer import write_documents
from generators.population import CATEGORIES, CHANNELS, CURRENCIES, Lives, Population

SALE = load("sale")
STATUSES = SALE.values("status")
STATUS_SHARES = (0.92, 0.02, 0.03, 0.03)
PAYMENTS_WITHOUT_CARD = tuple(
    word for word in SALE.values("payment_method") if word not in ("card", "unknown")
)
BASE_PRICES = np.array([89.0, 45.0, 75.0, 18.0, 160.0, 30.0])  # one for each category
PRODUCTS_A_CATEGORY = 12
FAVOURITE_SHARE = 0.7
# The tills learnt to write ISO-8601 strings: most documents before this day hold native timestamps, and a few
# old tills still write them.
ISO_SINCE = date(2026, 4, 1)
NATIVE_PERCENT_BEFORE, NATIVE_PERCENT_SINCE = 80, 5

SPOILERS: dict[str, Spoiler] = {
    "impossible timestamp": set_to(sale_timestamp="2026-02-31T25:61:00Z"),
    "timestamp as a number": lambda row: row | {"sale_timestamp": 1_700_000_000},
    "negative amount": negate("total_amount"),
    "no customer": set_to(customer_id=None),
    "no identifier": without("sale_id"),
    "unknown status": set_to(status="lost"),
}

EXAMPLES = """examples:
  python -m generators.sales --date 2026-11-23
  python -m generators.sales --days 400 --customers 2000 --seed 8
  python -m generators.sales --days 30 --defects --collection winter_sales_trial
"""


def documents_of_day(
    population: Population, day: date, defects: bool = False, response: CampaignResponse | None = None
) -> Iterator[tuple[str, Row]]:
    """Yield a day's sales as (document id, document), always the same ones.

    Sales in response to a campaign come last, and change none of the others.
    """
    yield from _sales(population, day, "sale", population.purchases(day), defects)
    if response:
        yield from _sales(population, day, "answer", response.responders(population, day), defects)


def _sales(
    population: Population, day: date, kind: str, buyers: Lives, defects: bool
) -> Iterator[tuple[str, Row]]:
    columns = _draw(buyers, population.random(f"{kind}s", day.toordinal()))
    for place, (number, by_card, values) in enumerate(
        zip(buyers.number.tolist(), buyers.pays_by_card.tolist(), columns, strict=True)
    ):
        sale_id = "S" + population.identifier(kind, day, place)
        document = _document(sale_id, population.customer_id(number), day, by_card, values)
        yield sale_id, spoil(document, sale_id, SPOILERS) if defects else document


def documents(
    population: Population,
    first: date,
    last: date,
    defects: bool = False,
    response: CampaignResponse | None = None,
) -> Iterator[tuple[str, Row]]:
    """Yield the sales of all days from the first to the last, as (document id, document)."""
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        yield from documents_of_day(population, date.fromordinal(ordinal), defects, response)


Values = tuple[int, int, int, int, float, str, str, str, str]


def _draw(buyers: Lives, random: np.random.Generator) -> list[Values]:
    """Draw what each purchase holds: second of the day, category, product, quantity, price and the labels."""
    size = len(buyers)
    likes = random.random(size) < FAVOURITE_SHARE
    category = np.where(likes, buyers.category, random.integers(0, len(CATEGORIES), size))
    product = random.integers(0, PRODUCTS_A_CATEGORY, size)
    price = BASE_PRICES[category] * (0.6 + 0.1 * product) * buyers.price_level
    keeps = random.random(size) < 0.85
    channel = np.where(keeps, buyers.channel, random.integers(0, len(CHANNELS), size))
    columns = (
        np.clip(random.normal(15.0, 3.5, size) * 3600, 0, 86399).astype(int).tolist(),
        category.tolist(),
        product.tolist(),
        (1 + random.poisson(buyers.pieces)).tolist(),
        price.round(2).tolist(),
        random.choice(STATUSES, size, p=STATUS_SHARES).tolist(),
        [CHANNELS[index] for index in channel],
        [CURRENCIES[index] for index in buyers.currency],
        random.choice(PAYMENTS_WITHOUT_CARD, size).tolist(),
    )
    return list(zip(*columns, strict=True))


def _document(sale_id: str, customer_id: str, day: date, by_card: bool, values: Values) -> Row:
    second, category, product, quantity, price, status, channel, currency, other_payment = values
    # An e-mail address and a card belong to a customer, so they are derived from the id.
    digest = hashlib.sha256(f"{customer_id.lower()}@example.com".encode()).hexdigest()
    return SALE.row(
        sale_id=sale_id,
        customer_id=customer_id,
        sale_timestamp=_timestamp(sale_id, day, second),
        product_id=f"P{category}{product:02d}",
        product_category=CATEGORIES[category],
        quantity=quantity,
        unit_price=price,
        total_amount=round(quantity * price, 2),
        currency=currency,
        status=status,
        payment_method="card" if by_card else other_payment,
        channel=channel,
        contact_email_hashed=digest,
        credit_card_last4=f"{int(digest[:8], 16) % 10000:04d}" if by_card else None,
    )


def _timestamp(sale_id: str, day: date, second: int) -> datetime | str:
    moment = datetime.combine(day, time(), UTC) + timedelta(seconds=second)
    native_percent = NATIVE_PERCENT_BEFORE if day < ISO_SINCE else NATIVE_PERCENT_SINCE
    native = stable_share(f"native/{sale_id}", 100) < native_percent
    return moment if native else moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def main(words: list[str] | None = None) -> None:
    """Write the requested days' sales to Firestore."""
    parser = argparse.ArgumentParser("python -m generators.sales", description=__doc__, epilog=EXAMPLES)
    arguments.add_days(parser)
    arguments.add_firestore(parser)
    parser.add_argument(
        "--action", type=Path, metavar="FILE", help="a campaign's action that customers respond to, as JSON"
    )
    options = arguments.parse(parser, words)
    response = CampaignResponse.load(options.action) if options.action else None
    population = Population(options.customers, options.seed)
    first, last = arguments.span(options)
    written = write_documents(
        firestore_client(options.project, options.database),
        options.collection,
        documents(population, first, last, options.defects, response),
        options.max_ops_per_second,
    )
    print(f"{written:,} sales from {first} to {last} are in {options.collection}")


if __name__ == "__main__":
    arguments.run(main)
