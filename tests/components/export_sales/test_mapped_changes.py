"""Documents of your own that change and vanish: their old lines are gone, and nothing counts twice."""

import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pyarrow.parquet as pq
import pytest

from components.shared.clients import firestore_client, storage_client
from tests.components.export_sales.test_export_sales import PROJECT, TODAY
from tests.components.export_sales.test_mapped_export import ORDERS, Orders, counts

SOLD = datetime.combine(TODAY - timedelta(days=9), time(10), UTC)
DAYS = [TODAY - timedelta(days=ago) for ago in (4, 3, 2, 1, 0)]
LINES = ORDERS.replace("line: items[].sku\n", "").replace("paid]}}", "paid], cancelled: [cancelled]}}")


class Changing(Orders):
    """A collection of orders whose lines have no number, and of which tests are no sales."""

    text = LINES + 'keep: [{field: test, words: ["true"], unless: true}]\n'

    def order(self, name: str, *skus: str, **changes: Any) -> datetime:
        return super().order(name, *skus, **{"createdAt": SOLD} | changes)

    def sold(self) -> dict[str, tuple[Any, ...]]:
        """Return (customer, amount, status, day) of each line that is there after the exports so far.

        Of a line's versions the last export's counts, as in the warehouse; of one export there is one.
        """
        newest: dict[str, dict[str, Any]] = {}
        for _, manifest in sorted(self.manifests().items()):
            files = (self.bucket.blob(name).download_as_bytes() for name in manifest["files"])
            rows = [row for file in files for row in pq.read_table(io.BytesIO(file)).to_pylist()]
            assert len({row["document_id"] for row in rows}) == len(rows)
            newest |= {row["document_id"]: row for row in rows}
        return {
            name: (row["customer_id"], row["total_amount"], row["status"], row["sale_timestamp"].date())
            for name, row in sorted(newest.items())
            if not row["is_deleted"] and not row["unreadable"]
        }


@pytest.fixture(scope="module")
def services(cloud: Any) -> tuple[Any, Any]:
    return firestore_client(PROJECT), storage_client(PROJECT)


@pytest.fixture
def orders(services: Any, request: pytest.FixtureRequest) -> Iterator[Changing]:
    firestore, storage = services
    name = "".join(each for each in request.node.name.replace("_", "-") if each.isalnum() or each == "-")
    yield Changing(firestore, storage.create_bucket(f"changing-{name[-40:].strip('-').lower()}"))


LINE = ("u", 3.0, "completed", SOLD.date())
EARLIER = SOLD - timedelta(days=1)
type Change = Callable[[Changing], object]
# What happens to an order of two lines on two days, and its lines after each.
CHANGES: dict[str, list[tuple[Change, dict[str, tuple[Any, ...]]]]] = {
    "fewer items and more again": [
        (lambda shop: shop.order("a", "x"), {"a/1": LINE}),
        (lambda shop: shop.order("a", "x", "y", "z"), {"a/1": LINE, "a/2": LINE, "a/3": LINE}),
    ],
    "another customer, and none": [
        (lambda shop: shop.order("a", "x", userId="v"), {"a/1": ("v", *LINE[1:])}),
        (lambda shop: shop.order("a", "x", userId=None), {}),
    ],
    "a status that goes back": [
        (
            lambda shop: shop.order("a", "x", status="cancelled"),
            {"a/1": ("u", 3.0, "cancelled", SOLD.date())},
        ),
        (lambda shop: shop.order("a", "x"), {"a/1": LINE}),
    ],
    "deleted and made again": [
        (lambda shop: shop.sales.document("a").delete(), {}),
        (lambda shop: shop.order("a", "x"), {"a/1": LINE}),
    ],
    "deleted and made again between two exports": [
        (lambda shop: [shop.sales.document("a").delete(), shop.order("a", "x")], {"a/1": LINE}),
        (lambda shop: shop.order("a", "y"), {"a/1": LINE}),
    ],
    "another day": [
        (
            lambda shop: shop.order("a", "x", createdAt=EARLIER),
            {"a/1": ("u", 3.0, "completed", EARLIER.date())},
        ),
        (lambda shop: shop.order("a", "x"), {"a/1": LINE}),
    ],
    "another type, unreadable and readable": [
        (lambda shop: shop.order("a", "x", createdAt="03.04.2026"), {}),
        (lambda shop: shop.order("a", "x", createdAt=SOLD.isoformat()), {"a/1": LINE}),
    ],
    "items that are no list": [
        (lambda shop: shop.order("a", items={"sku": "x", "qty": 2, "price": 1.5}), {}),
        (lambda shop: shop.order("a", items="x"), {}),
    ],
    "no longer a sale": [
        (lambda shop: shop.order("a", "x", test=True), {}),
        (lambda shop: shop.order("a", "x", test="true"), {}),
    ],
    "without items": [
        (lambda shop: shop.order("a"), {}),
        (lambda shop: shop.order("a", "x"), {"a/1": LINE}),
    ],
}


@pytest.mark.parametrize("name", CHANGES)
def test_only_the_lines_of_the_last_state_are_there(orders: Changing, name: str) -> None:
    orders.order("a", "x", "y")
    orders.order("b", "x")
    summary = orders.export_by(DAYS[0])
    assert orders.sold() == {"a/1": LINE, "a/2": LINE, "b/1": LINE}
    for day, (change, lines) in zip(DAYS[1:], CHANGES[name], strict=False):
        change(orders)
        summary = orders.export_by(day)
        assert orders.sold() == lines | {"b/1": LINE}
    assert summary.rejects == (name == "items that are no list")
    # A day without a change has none, and counts what is left out again.
    again = orders.export_by(DAYS[3])
    assert (counts(again)[1:4], again.left_out) == ((0, 0, 0), summary.left_out)


def test_two_documents_with_one_number_are_two_orders(orders: Changing) -> None:
    orders.text = orders.text + "order: number\n"
    orders.order("a", "x", number=7)
    orders.order("b", "x", "y", number=7)
    orders.export_by(DAYS[0])
    orders.sales.document("b").delete()
    orders.export_by(DAYS[1])
    assert orders.sold() == {"a/1": LINE}
