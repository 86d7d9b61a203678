"""A user's own files through whole days: one source, one cloud, and successive imports."""

import csv
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from components.shared.clients import bigquery_client
from localcloud.endpoints import Endpoints
from tests.cloud import led_to, uncounted

PROJECT = "winter-days-local"
CASES = Path(__file__).parents[3] / "shared" / "cases" / "files"
LAST = date(2026, 2, 20)
SOURCE = "shop"


@dataclass(frozen=True)
class Line:
    """A line of an order as a shop's export has it."""

    order: str
    customer: str
    moment: datetime
    product: str
    pieces: int
    cents: int


def shop_lines() -> list[Line]:
    """Return a year of 150 customers, whose orders have one to four lines, each of another product."""
    chance, lines = random.Random(18), []
    for customer in range(150):
        day, gap = LAST - timedelta(days=chance.randrange(300, 400)), chance.choice([9, 20, 45])
        while (day := day + timedelta(days=round(chance.expovariate(1 / gap)) + 1)) <= LAST:
            moment = datetime(day.year, day.month, day.day, chance.randrange(8, 20), chance.randrange(60))  # noqa: DTZ001
            order = f"N{len(lines):05}"
            products = chance.sample(["tray", "rug", "lamp", "mug", "pen"], chance.randrange(1, 5))
            lines += [
                Line(
                    order, f"c{customer:04}", moment, p, chance.randrange(1, 4), chance.randrange(150, 4_000)
                )
                for p in products
            ]
    return sorted(lines, key=lambda line: (line.moment, line.order))


@pytest.fixture(scope="module")
def lines() -> list[Line]:
    return shop_lines()


@pytest.fixture(scope="module")
def endpoints(state_dir: Path) -> Iterator[Endpoints]:
    """Keep the services of the source up; the batch leaves them running."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("LOCALCLOUD_BIGQUERY_THREADS")
        with uncounted(state_dir) as endpoints:
            yield endpoints


@pytest.fixture(scope="module")
def imported(endpoints: Endpoints, batch: Any) -> Iterator[Callable[..., str]]:
    """Return a function that runs the batch on a file of the source, and returns what it printed."""

    def run(path: Path, *words: str, code: int = 0) -> str:
        asked = ["--sales", str(path), "--source", SOURCE, *words]
        done = batch(*asked, code=code)
        return str(done.stdout + done.stderr)

    with led_to(endpoints):
        yield run


def figures(sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in bigquery_client(PROJECT).query(sql).result()]


def sales_by_currency() -> dict[str, tuple[int, float]]:
    sums = "COUNT(*), ROUND(SUM(total_amount), 2)"
    sql = f"SELECT currency, {sums} FROM winter_days_warehouse.fct_sales GROUP BY 1"
    return {currency: (count, amount) for currency, count, amount in figures(sql)}


def orders() -> tuple[int, int, float]:
    """Return the numbers of customers and orders, and their spend, from gold's table of customers."""
    [found] = figures(
        "SELECT COUNT(*), SUM(order_count), ROUND(SUM(total_spent), 2) "
        "FROM winter_days_warehouse.agg_cust_metrics"
    )
    return found


def case(name: str) -> Path:
    path = CASES / name
    if not path.exists():
        pytest.skip(f"{name} is not beside the project")
    return path


@pytest.fixture(scope="module")
def again(
    imported: Callable[..., str], lines: list[Line], tmp_path_factory: pytest.TempPathFactory
) -> list[str]:
    """Import a file of lines, first with the wrong currency and the wrong time zone."""
    path = tmp_path_factory.mktemp("own") / "lines.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(["InvoiceNo", "CustomerID", "InvoiceDate", "StockCode", "Quantity", "UnitPrice"])
        for line in lines:
            writer.writerow(
                [line.order, line.customer, line.moment, line.product, line.pieces, f"{line.cents / 100:.2f}"]
            )
    wrong, right = ["EUR"], ["GBP", "--set", "time.zone=Asia/Tokyo"]
    return [imported(path, "--currency", *words) for words in (wrong, right)]


def test_a_file_imported_again_with_the_right_currency_replaces_the_first(
    again: list[str], lines: list[Line]
) -> None:
    count, amount = len(lines), sum(line.pieces * line.cents for line in lines) / 100
    for said in again:
        assert f"{count:,} rows = {count:,} sales + 0 rejected + 0 left out; {count:,} sales exported" in said
        assert re.search(rf"(?m)^{count:,} sales written for {SOURCE}$", said)
    assert sales_by_currency() == {"GBP": (count, amount)}


def test_days_begin_where_the_business_is(again: list[str], lines: list[Line]) -> None:
    sold = figures("SELECT sale_date, COUNT(*) FROM winter_days_warehouse.fct_sales GROUP BY 1")
    assert dict(sold) == Counter(line.moment.date() for line in lines)
    moved = "SELECT COUNTIF(DATE(sold_at) != sale_date) > 0 FROM winter_days_warehouse.fct_sales"
    assert figures(moved) == [(True,)]


def test_orders_are_counted_and_not_their_lines(again: list[str], lines: list[Line]) -> None:
    numbers = {line.order for line in lines}
    assert len(numbers) < len(lines)
    customers, found, spent = orders()
    assert (customers, found) == (len({line.customer for line in lines}), len(numbers))
    assert spent == sum(line.pieces * line.cents for line in lines) / 100


def test_a_stranger_s_lines_are_3083_orders(imported: Callable[..., str], again: list[str]) -> None:
    """Another file of the same source, with entirely different ids: what was there is gone."""
    said = imported(case("lines_counted_as_orders/lines.csv"), "--currency", "EUR", "--replace")
    assert "7,700 rows = 7,700 sales + 0 rejected + 0 left out; 7,700 sales exported" in said
    assert sales_by_currency() == {"EUR": (7_700, 324_088.19)}
    assert orders() == (250, 3_083, 324_088.19)
    [(days_orders,)] = figures("SELECT SUM(order_count) FROM winter_days_bi.bi_revenue_by_day")
    assert days_orders == 3_083
    assert round(324_088.19 / 3_083, 2) == 105.12


def test_a_stranger_s_dates_of_1900_are_counted_in_the_terminal(
    imported: Callable[..., str], again: list[str]
) -> None:
    said = imported(case("dates_of_1900_and_year_1/old.csv"), "--currency", "EUR", "--replace")
    assert "3,083 rows = 3,081 sales + 2 rejected + 0 left out; 3,081 sales exported" in said
    assert sales_by_currency() == {"EUR": (3_081, 323_974.45)}
