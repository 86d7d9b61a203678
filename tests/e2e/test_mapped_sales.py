"""Orders of another shop's Firestore, and then rows of its BigQuery, become predictions with only a mapping.

The steps run on a cloud of their own, whose Firestore has its clock set to the simulated day.
"""

import io
import json
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from google.cloud.bigquery import LoadJobConfig, SchemaField

from components.shared.clients import bigquery_client, firestore_client, storage_client
from components.shared.names import BUCKET
from laptop.provision import make_ready
from localcloud.firestore.clock import Clock
from tests.cloud import led_to, uncounted
from tests.e2e.days import PROJECT, run_day

pytestmark = pytest.mark.services
TODAY = datetime.now(UTC).date()
FIRST = TODAY - timedelta(days=30)
SECOND = FIRST + timedelta(days=1)
ORDERS = """\
name: shop
source: {kind: firestore, collection: orders}
row: line
items: items
line: items[].sku
product: items[].sku
category: items[].category
quantity: items[].qty
amount: {field: "items[].price", means: unit_price}
status:
  field: status
  words: {completed: [paid, shipped], pending: [created], cancelled: [failed]}
customer: {fields: [userId, customer.email]}
currency: {default: EUR}
time: {field: createdAt}
"""
EVENTS = f"""\
name: analytics
source: {{kind: bigquery, table: {PROJECT}.analytics_1.events}}
row: line
items: items
order: ecommerce.transaction_id
line: items[].item_id
product: items[].item_id
quantity: items[].quantity
amount: {{field: "items[].item_revenue", means: line_total}}
status: {{default: completed}}
keep: [{{field: event_name, words: [purchase]}}]
customer: {{fields: [user_id, user_pseudo_id]}}
currency: {{field: "event_params[key=currency].value.string_value", default: EUR}}
time: {{field: event_timestamp, formats: [epoch_us]}}
unique_order: true
"""
SCHEMA = [
    SchemaField("event_name", "STRING"),
    SchemaField("event_timestamp", "INT64"),
    SchemaField("user_id", "STRING"),
    SchemaField("user_pseudo_id", "STRING"),
    SchemaField(
        "event_params",
        "RECORD",
        "REPEATED",
        fields=[
            SchemaField("key", "STRING"),
            SchemaField("value", "RECORD", fields=[SchemaField("string_value", "STRING")]),
        ],
    ),
    SchemaField("ecommerce", "RECORD", fields=[SchemaField("transaction_id", "STRING")]),
    SchemaField(
        "items",
        "RECORD",
        "REPEATED",
        fields=[
            SchemaField("item_id", "STRING"),
            SchemaField("quantity", "INT64"),
            SchemaField("item_revenue", "FLOAT64"),
        ],
    ),
]


def history(end: date) -> list[dict[str, Any]]:
    """Return orders of 80 customers who buy often or seldom until they stop, each with its day."""
    dice = random.Random(18)
    orders = []
    for number in range(80):
        gap, day = dice.choice([6, 12, 40]), end - timedelta(days=dice.randrange(60, 330))
        last = day + timedelta(days=dice.choice([60, 400]))
        while day < min(end, last):
            items = [(sku, dice.randrange(1, 3), dice.randrange(100, 5000)) for sku in dice.sample("abcd", 2)]
            orders.append({"customer": f"u{number}", "day": day, "items": items})
            day += timedelta(days=max(1, int(dice.expovariate(1 / gap))))
    return orders


def in_firestore(order: dict[str, Any]) -> dict[str, Any]:
    """Return an order as a shop's web site writes it."""
    sold = datetime.combine(order["day"], time(12), UTC)
    items = [
        {"sku": sku, "category": "tea", "qty": count, "price": cents / 100}
        for sku, count, cents in order["items"]
    ]
    customer = {"email": f"{order['customer']}@example.org", "name": {"first": "Ada"}}
    total = sum(count * cents for _, count, cents in order["items"]) / 100
    known = {"userId": order["customer"], "customer": customer}
    return known | {"createdAt": sold, "total": total, "status": "paid", "items": items}


def in_analytics(order: dict[str, Any], number: int) -> dict[str, Any]:
    """Return an order as Google Analytics exports a purchase."""
    sold = datetime.combine(order["day"], time(12), UTC)
    return {
        "event_name": "purchase",
        "event_timestamp": int(sold.timestamp()) * 1_000_000,
        "user_id": order["customer"],
        "user_pseudo_id": "1.2",
        "event_params": [{"key": "currency", "value": {"string_value": "EUR"}}],
        "ecommerce": {"transaction_id": f"T{number:05}"},
        "items": [
            {"item_id": sku, "quantity": count, "item_revenue": count * cents / 100}
            for sku, count, cents in order["items"]
        ],
    }


def euros(orders: list[dict[str, Any]]) -> Decimal:
    """Return the total of orders, summed in cents."""
    cents = sum(count * cents for order in orders for _, count, cents in order["items"])
    return Decimal(cents) / 100


def lines(orders: list[dict[str, Any]]) -> int:
    return sum(len(order["items"]) for order in orders)


def ask(sql: str) -> list[dict[str, Any]]:
    with bigquery_client(PROJECT) as client:
        return [dict(row) for row in client.query(sql.replace("@", f"{PROJECT}.winter_days_")).result()]


def sold() -> tuple[int, int, Decimal]:
    """Return the lines, the orders and the revenue of the warehouse."""
    sql = (
        "SELECT COUNT(*) AS n, COUNT(DISTINCT order_id) AS orders, ROUND(SUM(total_amount), 2) AS euros "
        "FROM `@warehouse.fct_sales` WHERE status = 'completed'"
    )
    [found] = ask(sql)
    return found["n"], found["orders"], Decimal(str(found["euros"]))


def load(rows: list[dict[str, Any]]) -> None:
    settings = LoadJobConfig(
        source_format="NEWLINE_DELIMITED_JSON", schema=SCHEMA, write_disposition="WRITE_TRUNCATE"
    )
    text = "\n".join(map(json.dumps, rows)).encode()
    with bigquery_client(PROJECT) as client:
        client.create_dataset(f"{PROJECT}.analytics_1", exists_ok=True)
        client.load_table_from_file(
            io.BytesIO(text), f"{PROJECT}.analytics_1.events", job_config=settings
        ).result()


class Shop:
    """A collection of orders, and the batch that reads it."""

    def __init__(self, clock: Clock, folder: Path) -> None:
        self.clock, self.folder = clock, folder
        self.client = firestore_client(PROJECT)
        self.runs = 0

    def write(self, orders: dict[str, dict[str, Any]]) -> None:
        names = list(orders)
        for start in range(0, len(names), 400):
            batch = self.client.batch()
            for name in names[start : start + 400]:
                batch.set(self.client.collection("orders").document(name), orders[name])
            batch.commit()

    def run(self, day: date, mapping: str, text: str) -> dict[str, Any]:
        """Run a day, and return what the export counted."""
        self.clock.set_to(datetime.combine(day, time(2), UTC))
        storage_client(PROJECT).bucket(BUCKET).blob(mapping).upload_from_string(text)
        self.runs += 1
        name = f"run-{self.runs}"
        return run_day(str(day), name, self.folder / name, sales_mapping=mapping)["sales"].metadata


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    state = tmp_path_factory.mktemp("mapped")
    clock = Clock(state / "firestore")
    services = ("bigquery", "storage", "firestore", "dataform", "vertex")
    with uncounted(state, services) as endpoints, led_to(endpoints):
        clock.set_to(datetime.combine(FIRST - timedelta(days=400), time(), UTC))
        make_ready(PROJECT)
        yield Shop(clock, tmp_path_factory.mktemp("models"))


def predicted(day: date) -> int:
    [found] = ask(
        f"SELECT COUNT(*) AS n FROM `@warehouse.fact_predictions_churn` WHERE prediction_date = '{day}'"
    )
    return int(found["n"])


def test_a_mapping_has_under_25_lines() -> None:
    assert len(ORDERS.splitlines()) < 25
    assert len(EVENTS.splitlines()) < 25


def test_a_collection_of_orders_becomes_predictions_and_follows_its_changes(shop: Shop) -> None:
    orders = history(FIRST)
    shop.clock.set_to(datetime.combine(FIRST, time(1), UTC))
    guest = in_firestore(orders[0]) | {"userId": None, "customer": {}}
    broken = in_firestore(orders[0]) | {"createdAt": "some day"}
    shop.write({f"o{n:05}": in_firestore(order) for n, order in enumerate(orders)})
    shop.write({"x-guest": guest, "x-broken": broken})
    found = shop.run(FIRST, "mappings/orders.yaml", ORDERS)
    assert sold() == (lines(orders), len(orders), euros(orders))
    counted = [found[name] for name in ("documents", "new", "rejects", "source_rows", "left_out")]
    assert counted == [lines(orders) + 1, lines(orders) + 1, 1, len(orders) + 2, 1]
    assert predicted(FIRST) == len({order["customer"] for order in orders})

    shop.clock.set_to(datetime.combine(FIRST, time(9), UTC))
    changed, shorter, gone = orders[3], orders[4], orders[5]
    changed["items"] = [(sku, count + 1, cents) for sku, count, cents in changed["items"]]
    shorter["items"] = shorter["items"][1:]
    shop.write({"o00003": in_firestore(changed), "o00004": in_firestore(shorter)})
    shop.client.collection("orders").document("o00005").delete()
    orders.remove(gone)
    found = shop.run(SECOND, "mappings/orders.yaml", ORDERS)
    assert sold() == (lines(orders), len(orders), euros(orders))
    counted = [found[name] for name in ("documents", "new", "changed", "deleted", "rejects", "left_out")]
    assert counted == [lines(orders) + 1, 0, 3, 3, 0, 1]
    assert predicted(SECOND) > 0


def test_a_table_of_bigquery_takes_its_place_and_its_changes_are_followed(shop: Shop) -> None:
    orders = history(TODAY)
    rows = [in_analytics(order, number) for number, order in enumerate(orders)]
    view = {"event_name": "page_view", "event_timestamp": rows[0]["event_timestamp"], "user_pseudo_id": "1.2"}
    sent_again = rows[7] | {"event_timestamp": rows[7]["event_timestamp"] + 60_000_000}
    yesterday = TODAY - timedelta(days=1)
    known = [order for order in orders if order["day"] < yesterday]
    load([*(row for row, order in zip(rows, orders, strict=True) if order in known), view, sent_again])
    found = shop.run(yesterday, "mappings/events.yaml", EVENTS)
    assert sold() == (lines(known), len(known), euros(known))
    assert (found["source_rows"], found["left_out"], found["new"]) == (len(known) + 2, 2, lines(known))
    assert predicted(yesterday) == len({order["customer"] for order in known})

    changed, shorter, gone = known[3], known[4], known[5]
    changed["items"] = [(sku, count, cents + 100) for sku, count, cents in changed["items"]]
    shorter["items"] = shorter["items"][1:]
    numbered = [(n, order) for n, order in enumerate(orders) if order in known and order is not gone]
    load([*(in_analytics(order, number) for number, order in numbered), view, sent_again])
    found = shop.run(TODAY, "mappings/events.yaml", EVENTS)
    left = [order for _, order in numbered]
    assert sold() == (lines(left), len(left), euros(left))
    assert [found[name] for name in ("new", "changed", "deleted")] == [0, 3, 3]
    [gone_lines] = ask("SELECT COUNT(*) AS n FROM `@staging.stg_sales_latest` WHERE is_deleted")
    assert gone_lines["n"] >= 3
