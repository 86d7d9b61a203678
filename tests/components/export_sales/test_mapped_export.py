"""With a mapping, a document becomes several sales, one or none, and their changes are followed."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from google.api_core.exceptions import PermissionDenied
from google.cloud import bigquery
from google.cloud.firestore_v1.types import Document

from components.export_sales import sales_source
from components.export_sales.request import ExportRequest
from components.export_sales.step import export_sales
from components.export_sales.summary import ExportSummary
from components.export_sales.table_source import escaped, order_of, statement
from components.export_sales.values import as_json
from components.shared.clients import bigquery_client, firestore_client, storage_client
from components.shared.errors import StepError
from sources.mapping import read
from tests.components.export_sales.test_export_sales import PROJECT, TODAY, YESTERDAY, Shop

ORDERS = """\
name: shop
source: {kind: firestore, collection: COLLECTION}
row: line
items: items
line: items[].sku
product: items[].sku
quantity: items[].qty
amount: {field: "items[].price", means: unit_price}
status: {field: status, words: {completed: [paid]}}
customer: {fields: [userId]}
currency: {default: EUR}
time: {field: createdAt}
"""
SOLD = datetime.combine(YESTERDAY, datetime.min.time(), UTC).replace(hour=10)


class Orders(Shop):
    """A collection of orders with their mapping in the bucket."""

    text = ORDERS

    def order(self, name: str, *skus: str, **changes: Any) -> datetime:
        items = [{"sku": sku, "qty": 2, "price": 1.5} for sku in skus]
        order = {"userId": "u", "createdAt": SOLD, "status": "paid", "items": items}
        return self.sales.document(name).set(order | changes).update_time

    def export_by(self, day: Any = TODAY, share: float = 1.0) -> ExportSummary:
        blob = self.bucket.blob("mappings/orders.yaml")
        blob.upload_from_string(self.text.replace("COLLECTION", self.sales.id))
        return export_sales(
            ExportRequest(
                project=PROJECT,
                database="(default)",
                collection="nothing",
                sales_mapping="mappings/orders.yaml",
                bucket=self.bucket.name,
                as_of=str(day),
                max_reject_share=share,
            )
        )

    def seen(self) -> list[tuple[Any, ...]]:
        return [
            (row["document_id"], row["total_amount"], row["is_deleted"], row["known_from"])
            for row in self.rows()
        ]


@pytest.fixture(scope="module")
def services(cloud: Any) -> tuple[Any, Any]:
    return firestore_client(PROJECT), storage_client(PROJECT)


@pytest.fixture
def orders(services: Any, request: pytest.FixtureRequest) -> Iterator[Orders]:
    firestore, storage = services
    name = "".join(each for each in request.node.name.replace("_", "-") if each.isalnum() or each == "-")
    yield Orders(firestore, storage.create_bucket(f"mapped-{name[-40:].strip('-').lower()}"))


def counts(summary: ExportSummary) -> tuple[int, ...]:
    """Return sales and rejects, new, changed, deleted, unchanged, rejects, documents and left out."""
    return (
        *(summary.documents, summary.new, summary.changed, summary.deleted, summary.unchanged),
        *(summary.rejects, summary.source_rows, summary.left_out),
    )


def test_lines_are_versions_of_their_own_and_one_that_vanishes_leaves_a_tombstone(orders: Orders) -> None:
    orders.order("a", "x", "y")
    orders.order("b", "x")
    orders.order("guest", "x", userId=None)
    assert counts(orders.export_by(YESTERDAY)) == (3, 3, 0, 0, 0, 0, 3, 1)
    changed = orders.order("a", "y", "z")
    orders.sales.document("b").delete()
    assert counts(orders.export_by()) == (2, 1, 1, 2, 0, 0, 2, 1)
    read_time = datetime.fromisoformat(orders.manifests()[f"export_date={TODAY}/manifest.json"]["read_time"])
    assert orders.seen() == [
        ("a/x", 3.0, False, SOLD),
        ("a/x", None, True, changed),
        ("a/y", 3.0, False, SOLD),
        ("a/y", 3.0, False, changed),
        ("a/z", 3.0, False, changed),
        ("b/x", 3.0, False, SOLD),
        ("b/x", None, True, read_time),
    ]


def test_an_order_that_becomes_unreadable_disputes_its_lines(orders: Orders) -> None:
    orders.order("a", "x", "y")
    orders.order("b", "x")
    orders.export_by(YESTERDAY)
    orders.order("a", "x", "y", createdAt="some day")
    assert counts(orders.export_by()) == (3, 0, 2, 0, 1, 1, 2, 0)
    disputed = [row["document_id"] for row in orders.rows() if row["unreadable"]]
    assert disputed == ["a/x", "a/y"]


def test_too_many_rejects_are_reported_with_the_first_three_and_their_file(orders: Orders) -> None:
    for name in "abcdefg":
        orders.order(name, "x", createdAt="some day")
    with pytest.raises(StepError, match=r"none of the 7 .*rejects\.jsonl.*a: .*b: .*c: .*your-data") as told:
        orders.export_by(share=0.05)
    assert "; d: " not in str(told.value)
    with pytest.raises(StepError, match=r"none of the 7 .*a: sale_id is missing.*sales_mapping"):
        orders.export()


def test_another_mapping_rereads_everything_and_is_known_from_then_on(orders: Orders) -> None:
    orders.order("a", "x")
    orders.export_by(YESTERDAY)
    orders.text = ORDERS.replace("currency: {default: EUR}", "currency: {default: GBP}")
    assert counts(orders.export_by()) == (1, 0, 1, 0, 0, 0, 1, 0)
    first, second = orders.rows()
    assert (first["currency"], second["currency"]) == ("EUR", "GBP")
    read_time = orders.manifests()[f"export_date={TODAY}/manifest.json"]["read_time"]
    assert (first["known_from"], second["known_from"]) == (SOLD, datetime.fromisoformat(read_time))


def test_a_mapping_after_sales_in_the_contracts_format_warns_once_of_what_stays(orders: Orders) -> None:
    orders.write("s1", "s2")
    assert orders.export(YESTERDAY).warnings == []
    for name in ("s1", "s2"):
        orders.sales.document(name).delete()
    orders.order("a", "x")
    first = orders.export_by()
    assert (first.new, first.deleted) == (1, 2)
    [warning] = first.warnings
    assert warning.startswith(f"2 sales are deleted, since Firestore {orders.sales.id} is read from now on")
    orders.order("b", "x")
    assert orders.export_by().warnings == []


def test_a_missing_index_is_rebuilt_with_the_lines_of_each_order(orders: Orders) -> None:
    orders.order("a", "x", "y")
    orders.order("a!", "x")
    orders.export_by(YESTERDAY)
    for name in orders.names("sales_index/"):
        orders.bucket.blob(name).delete()
    orders.order("a", "x")
    assert counts(orders.export_by()) == (2, 0, 2, 1, 0, 0, 2, 0)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (ORDERS.replace("firestore, collection: COLLECTION", "files"), "is for files"),
        (ORDERS + "unique_order: true\n", "unique_order works only for BigQuery"),
        (
            ORDERS.replace("firestore, collection: COLLECTION", "bigquery, table: a-b.c.d")
            + "unique_order: last\n",
            "last works only for files",
        ),
        (ORDERS + "curency: EUR\n", "did you mean currency"),
    ],
)
def test_an_unusable_mapping_is_refused_with_the_reason(orders: Orders, text: str, why: str) -> None:
    orders.text = text
    with pytest.raises(StepError, match=why):
        orders.export_by()


def test_all_kinds_of_values_become_json() -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, 600_000, UTC)
    fields = {
        "nothing": {"null_value": None},
        "yes": {"boolean_value": True},
        "long": {"integer_value": 2**62 + 1},
        "double": {"double_value": 0.1},
        "endless": {"double_value": float("inf")},
        "moment": {"timestamp_value": moment},
        "text": {"string_value": "é"},
        "bytes": {"bytes_value": b"\x00\xff"},
        "who": {"reference_value": "projects/p/databases/(default)/documents/users/u1"},
        "where": {"geo_point_value": {"latitude": 1.5, "longitude": -2.0}},
        "list": {"array_value": {"values": [{"map_value": {"fields": {"a": {"integer_value": 1}}}}]}},
    }
    assert json.loads(as_json(Document.pb(Document(name="c/d", fields=fields)))) == {
        "nothing": None,
        "yes": True,
        "long": 2**62 + 1,
        "double": 0.1,
        "endless": "inf",
        "moment": "2026-01-02T03:04:05.600Z",
        "text": "é",
        "bytes": "AP8=",
        "who": "users/u1",
        "where": {"latitude": 1.5, "longitude": -2.0},
        "list": [{"a": 1}],
    }


@pytest.mark.parametrize("order", ["a", "a/b", "a~2", "100%", "%2F"])
def test_an_order_is_recovered_from_its_lines_ids(order: str) -> None:
    assert {order_of(f"{escaped(order)}{tail}") for tail in ("", "/1", "~2", "~2/x")} == {order}


def test_only_the_columns_of_the_mapping_are_queried() -> None:
    text = ORDERS.replace("firestore, collection: COLLECTION", "bigquery, table: a-project.shop.orders")
    sql = statement(read(text, "orders.yaml"))
    assert "SELECT `items`, `status`, `userId`, `createdAt` FROM `a-project.shop.orders`" in sql.replace(
        "`items`, `status`, `createdAt`, `userId`", "`items`, `status`, `userId`, `createdAt`"
    )


def test_a_collection_is_read_in_its_own_project_and_database(orders: Orders) -> None:
    orders.order("ours", "x")
    shops = firestore_client("shop-project", "orders-eu").collection(orders.sales.id)
    shops.document("theirs").set(
        {"userId": "u", "createdAt": SOLD, "status": "paid", "items": [{"sku": "x", "qty": 1, "price": 4}]}
    )
    named = "project: shop-project, database: orders-eu, collection: COLLECTION"
    orders.text = ORDERS.replace("collection: COLLECTION", named)
    assert counts(orders.export_by()) == (1, 1, 0, 0, 0, 0, 1, 0)
    assert [row[:2] for row in orders.seen()] == [("theirs/x", 4.0)]


def test_a_database_that_may_not_be_read_is_named_with_what_to_do(
    orders: Orders, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Locked:
        """Firestore as its owner has not opened it: the local one has no permissions."""

        def run_query(self, *_: Any, **__: Any) -> Any:
            raise PermissionDenied("Missing or insufficient permissions.")

    monkeypatch.setattr(sales_source, "firestore_query_client", Locked)
    orders.text = ORDERS.replace("collection:", "project: shop-project, collection:")
    with pytest.raises(StepError, match=r"\(default\) of shop-project .*insufficient.*source\.project"):
        orders.export_by()


def test_a_table_is_queried_where_it_is(orders: Orders) -> None:
    name = f"shop_{orders.sales.id.replace('-', '_')}"
    dataset = bigquery.Dataset(f"{PROJECT}.{name}")
    dataset.location = "EU"
    with bigquery_client(PROJECT, "EU") as client:
        client.create_dataset(dataset)
        sale = (
            f"SELECT 'o-1' AS number, 'u' AS userId, 'paid' AS status, TIMESTAMP '{SOLD}' AS createdAt, "
            "[STRUCT('a' AS sku, 2 AS qty, 1.5 AS price)] AS items"
        )
        client.query_and_wait(f"CREATE TABLE {name}.orders_2026 AS {sale}")
    read_from = {
        "table": f"bigquery, table: {PROJECT}.{name}.orders_2026",
        "wildcard": f"bigquery, table: {PROJECT}.{name}.orders_*",
        "query": f"bigquery, location: EU, query: SELECT * FROM {name}.orders_2026",
    }
    for source in read_from.values():
        orders.text = f"{ORDERS.replace('firestore, collection: COLLECTION', source)}order: number\n"
        assert orders.export_by().documents == 1


def test_a_table_that_is_not_found_is_named(orders: Orders) -> None:
    source = f"bigquery, table: {PROJECT}.nowhere.orders"
    orders.text = ORDERS.replace("firestore, collection: COLLECTION", source)
    with pytest.raises(StepError, match=f"{PROJECT}.nowhere.orders cannot be looked up"):
        orders.export_by()


@pytest.mark.parametrize("table", ["orders", "p.d.t` AS x; DROP TABLE y", "a-project.shop.orders WHERE 1"])
def test_an_invalid_table_is_never_queried(table: str) -> None:
    text = ORDERS.replace("firestore, collection: COLLECTION", f'bigquery, table: "{table}"')
    with pytest.raises(StepError, match="is not a table"):
        statement(read(text, "orders.yaml"))
