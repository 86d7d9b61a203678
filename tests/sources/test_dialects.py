"""The same sales in fifty dialects: equal figures with each mapping; without it, right or a question."""

import csv
import io
import json
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from sources.mapping import Mapping, parse
from tests.sources.conftest import Read, money

pytestmark = pytest.mark.long
ORDERS = 500
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata")
TIMES = (
    *("%Y-%m-%d %H:%M:%S", "%d.%m.%Y %H:%M:%S", "%m/%d/%Y %H:%M:%S", "%d/%m/%Y %H:%M:%S"),
    *("epoch_s", "%d-%b-%Y %H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"),
)


@dataclass(frozen=True)
class Line:
    """A line of an order, as it was sold."""

    order: str
    customer: str
    at: datetime
    product: str
    pieces: int
    price: Decimal
    status: str


def shop() -> list[Line]:
    """Return about a thousand order lines, none of them in an hour that a time zone repeats."""
    chance = random.Random(1)
    lines = []
    for number in range(ORDERS):
        at = datetime(2025, 1, 1, 9, tzinfo=UTC) + timedelta(
            days=number * 0.9 // 1, seconds=chance.randint(0, 30000)
        )
        customer, status = f"c{chance.randint(1, 90)}", chance.choice(["paid", "paid", "paid", "refunded"])
        for product in chance.sample(["mug", "rug", "pen", "lamp"], chance.randint(1, 3)):
            price = Decimal(chance.randint(100, 250000)) / 100
            lines.append(Line(f"N{number}", customer, at, product, chance.randint(1, 4), price, status))
    return lines


SHOP = shop()


@dataclass(frozen=True)
class Dialect:
    """A way to write the shop's sales."""

    delimiter: str
    encoding: str
    decimal: str
    time: str
    zone: str
    by_order: bool
    names: tuple[str, ...]

    @classmethod
    def by_chance(cls, seed: int) -> "Dialect":
        chance = random.Random(seed)
        usual = (
            "order_id",
            "customer_id",
            "order_date",
            "sku",
            "quantity",
            "unit price",
            "order total",
            "status",
        )
        return cls(
            delimiter=chance.choice(";,\t|"),
            encoding=chance.choice(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
            decimal=chance.choice(".,"),
            time=chance.choice(TIMES),
            zone=chance.choice(ZONES),
            by_order=chance.random() < 0.4,
            names=usual if chance.random() < 0.6 else tuple(f"Größe {n}" for n in range(8)),
        )

    def write(self, path: Path) -> None:
        out = io.StringIO()
        writer = csv.writer(out, delimiter=self.delimiter, quoting=csv.QUOTE_MINIMAL)
        order, customer, time, sku, quantity, price, total, status = self.names
        if self.by_order:
            writer.writerow([order, customer, time, total, status])
            for number in dict.fromkeys(line.order for line in SHOP):
                mine = [line for line in SHOP if line.order == number]
                cost = sum((line.pieces * line.price for line in mine), Decimal())
                first = mine[0]
                writer.writerow([number, first.customer, self.at(first), self.money(cost), first.status])
        else:
            writer.writerow([order, customer, time, sku, quantity, price, status])
            for line in SHOP:
                cells = [line.order, line.customer, self.at(line), line.product, line.pieces]
                writer.writerow([*cells, self.money(line.price), line.status])
        path.write_bytes(out.getvalue().encode(self.encoding))

    def at(self, line: Line) -> str:
        if self.time == "epoch_s":
            return str(int(line.at.timestamp()))
        return line.at.astimezone(ZoneInfo(self.zone)).strftime(self.time)

    def money(self, amount: Decimal) -> str:
        return f"{amount:.2f}".replace(".", self.decimal)

    def mapping(self) -> Mapping:
        order, customer, time, sku, quantity, price, total, status = self.names
        data = {
            "name": "dialect",
            "row": "order" if self.by_order else "line",
            "order": order,
            "amount": {"field": total, "means": "order_total"}
            if self.by_order
            else {"field": price, "means": "unit_price"},
            "status": {"field": status},
            "customer": {"fields": [customer]},
            "currency": {"default": "EUR"},
            "time": {"field": time, "formats": [self.time], "zone": self.zone},
            "decimal": self.decimal,
        }
        return parse(data | ({} if self.by_order else {"product": sku, "quantity": quantity}), "dialect")


def kept(status: str) -> str:
    """Return the total of the lines with a status, worked out from the shop."""
    return str(sum((line.pieces * line.price for line in SHOP if line.status == status), Decimal()))


EXPECTED = {"EUR": (kept("paid"), kept("refunded"))}
INSTANTS = sorted({line.at.strftime("%Y-%m-%dT%H:%M:%SZ") for line in SHOP})


@pytest.mark.parametrize("seed", range(50))
def test_a_dialect_with_its_mapping_is_the_same_shop(seed: int, read: Read, tmp_path: Path) -> None:
    dialect, path = Dialect.by_chance(seed), tmp_path / "shop.csv"
    dialect.write(path)
    found, sales = read(path, mapping=dialect.mapping())
    assert found.questions == [], json.dumps([str(question) for question in found.questions])
    assert money(found) == EXPECTED
    assert found.figures is not None
    people = {line.customer for line in SHOP}
    assert (found.figures.orders, found.figures.customers) == (ORDERS, len(people))
    assert sorted({sale["sale_timestamp"] for sale in sales}) == INSTANTS


@pytest.mark.parametrize("seed", range(50))
def test_without_a_mapping_it_is_right_or_a_question(seed: int, read: Read, tmp_path: Path) -> None:
    dialect, path = Dialect.by_chance(seed), tmp_path / "shop.csv"
    dialect.write(path)
    found, sales = read(path, settings=(f"time.zone={dialect.zone}",))
    if not found.questions:
        assert money(found) == EXPECTED
        assert sorted({sale["sale_timestamp"] for sale in sales}) == INSTANTS
