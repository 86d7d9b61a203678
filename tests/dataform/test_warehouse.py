"""Hand-made bronze files go in, hand-worked silver and gold rows must come out, whatever way the days are run."""

import hashlib
from datetime import UTC, date, datetime
from typing import Any

import pytest

FIRST, SECOND = "2025-11-03", "2025-11-04"
NEVER_BOUGHT = (None, None, None)
INCREMENTAL = ["stg_sales_checked", "stg_sales", "fct_sales"]
TABLES = {
    "winter_days_staging": [
        "stg_sales_checked",
        "stg_sales",
        "stg_sales_rejects",
        "stg_click",
        "stg_click_rejects",
        "stg_startup",
        "stg_startup_rejects",
    ],
    "winter_days_warehouse": [
        "fct_sales",
        "fct_click_features",
        "agg_cust_metrics",
        "dim_customer",
        "dim_startup",
    ],
}

KEY = '"00112233445566778899aabbccddeeff":'


def customer_key(customer_id: str) -> str:
    """Return the pseudonym as includes/pseudonym.js has it."""
    inner = hashlib.sha256((KEY + customer_id).encode()).hexdigest()
    return hashlib.sha256((KEY + inner).encode()).hexdigest()


NAMES = {customer_key(name): name for name in ("c1", "c2", "c3", "c4")}


def at(text: str) -> datetime:
    """Return an instant of November 2025, UTC, from "day hour:minute:second"."""
    return datetime.fromisoformat(f"2025-11-{text}").replace(tzinfo=UTC)


def on(day: int) -> date:
    """Return a day of November 2025."""
    return date(2025, 11, day)


def sale(document_id: str, customer_id: str, sold: datetime | None, **changes: Any) -> dict[str, Any]:
    """Return an exported row: two books at 10 euros, last changed when sold."""
    return {
        "sale_id": document_id,
        "customer_id": customer_id,
        "sale_timestamp": sold,
        "product_id": "p1",
        "product_category": "books",
        "quantity": 2,
        "unit_price": 10.0,
        "total_amount": 20.0,
        "currency": "EUR",
        "status": "completed",
        "payment_method": "card",
        "channel": "web",
        "contact_email_hashed": "5e884898",
        "credit_card_last4": "1234",
        "schema_version": "2.0.0",
        "document_id": document_id,
        "update_time": sold or at("01"),
    } | changes


REPLACED_LATER = sale("s15", "c2", at("01 09:00"))
DAY_1 = [
    sale("s1", "c1", at("01 10:00")),
    sale(
        "s2",
        " c1 ",
        at("02 23:59:59.999999"),
        product_category="toys",
        quantity=1,
        unit_price=5.55,
        total_amount=5.55,
        currency="eur",
        status=" Completed",
        payment_method="PayPal",
        channel="WEB",
    ),
    sale("s3", "c2", at("02 12:00"), status="refunded"),
    sale("s4", "c2", at("01 08:00"), status="pending", channel="store"),
    sale("s5", "c3", at("03 00:00"), currency="USD"),
    sale("s6", "c1", at("02 09:00"), total_amount=-1.0),
    sale("s7", " ", at("01")),
    sale("s8", "c1", None),
    sale("s9", "c1", at("01"), status="lost"),
    sale("s10", "c1", at("01"), sale_id=""),
    sale("s11", "c1", at("01"), quantity=0),
    sale("s12", "c1", at("01"), total_amount=float("nan")),
    sale("s13", "c1", at("01"), unit_price=None),
    sale("s14", "c1", at("01"), sale_id="other"),
]
UNFINISHED = [sale("s1", "c1", at("01"), total_amount=999.0, update_time=at("09")), sale("s99", "c9", at("01"))]
DAY_2 = [
    sale("s1", "c1", at("01 10:00"), status="refunded", update_time=at("03 15:00")),
    sale("s2", "c1", at("01"), total_amount=1.0),
    sale("s4", "c2", at("01 08:00"), channel="store", update_time=at("03 16:00")),
    sale("s5", "c3", at("03 00:00"), total_amount=-5.0, update_time=at("03 17:00")),
    sale("s6", "c1", at("02 09:00"), total_amount=30.0, update_time=at("03 18:00")),
    sale("s16", "c1", at("03 20:00"), total_amount=10.0, currency="USD", channel="app"),
    sale("s17", "c4", at("03 21:00"), status="cancelled"),
]


def click(event_id: str | None, customer_id: str | None, when: Any, **changes: Any) -> dict[str, Any]:
    """Return a clickstream line: a page seen in session A, loaded on the 3rd."""
    return {
        "event_id": event_id,
        "session_id": "A",
        "customer_id": customer_id,
        "event_timestamp": when,
        "event_type": "page_view",
        "page_url": "/",
        "referrer_domain": "example.com",
        "device_type_category": "mobile",
        "is_bounce": False,
        "load_timestamp": "2025-11-03T01:00:00+00:00",
        "schema_version": "2.0.0",
    } | changes


CLICKS_1 = [
    click("e1", "c1", "2025-11-02T10:00:00+00:00"),
    click("e2", "c1", "2025-11-02T10:01:00.5Z", event_type="Product_View", surprise="a new field"),
    click("e3", "c1", "2025-11-02T12:00:00+00:00", session_id="B", is_bounce=True),
    click("e4", None, "2025-11-02T13:00:00+00:00", session_id="C", is_bounce=True),
    click("e5", "c2", "2025-11-01T23:30:00-01:00", session_id="D", event_type="add_to_cart"),
    click(None, "c1", "2025-11-02T10:00:00+00:00"),
    click("e6", "c1", "yesterday"),
    click("e7", "c1", 12345),
    click("e8", "c1", "2025-11-02T10:00:00+00:00", event_type="teleport"),
    click("e9", "c1", "2025-11-02T10:00:00+00:00", is_bounce="maybe"),
    click("e10", "c1", "2025-11-02T10:00:00+00:00", session_id=""),
]
CLICKS_2 = [
    click("e2", "c1", "2025-11-02T10:01:00.5Z", page_url="/late", load_timestamp="2025-11-04T01:00:00+00:00"),
    click("e11", "c1", "2025-11-03T09:00:00+00:00", session_id="E", event_type="purchase"),
]


def startup(startup_id: str | None, updated_at: str, **changes: Any) -> dict[str, Any]:
    """Return a startup line."""
    return {
        "startup_id": startup_id,
        "name": "Acme",
        "sector": "energy",
        "country": "NL",
        "founded_date": "2020-01-31",
        "funding_stage": "seed",
        "funding_stage_score": 1,
        "valuation_usd": 5_000_000,
        "valuation_bucket": "1m_10m",
        "contact_email_cleaned": "5e884898",
        "is_active": True,
        "updated_at": updated_at,
        "schema_version": "2.0.0",
    } | changes


STARTUPS_1 = [
    startup("u1", "2025-11-01T00:00:00+00:00"),
    startup("u2", "2025-11-02T00:00:00+00:00", name="Bolt"),
    startup(None, "2025-11-01T00:00:00+00:00"),
    startup("u3", "2025-11-01T00:00:00+00:00", valuation_usd=-5),
    startup("u4", "2025-11-01T00:00:00+00:00", founded_date="31/01/2020"),
    startup("u5", "2025-11-01T00:00:00+00:00", is_active="perhaps"),
    startup("u6", "soon"),
]
STARTUPS_2 = [
    startup("u1", "2025-11-03T12:00:00+00:00", funding_stage="series_a", funding_stage_score=2),
    startup("u2", "2025-11-02T00:00:00+00:00", name="Bolt"),
]


def named(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Put customers' names where their keys are, and sort."""
    return sorted((tuple(NAMES.get(value, value) for value in row) for row in rows), key=repr)


def everything(warehouse: Any) -> dict[str, Any]:
    """Return the rows of every table."""
    return {table: warehouse.rows(f"{dataset}.{table}") for dataset in TABLES for table in TABLES[dataset]}


@pytest.fixture(scope="module")
def first_day(lake: Any, warehouse: Any) -> dict[str, Any]:
    """Run the first day, and return every table."""
    lake.export(FIRST, "first", [*DAY_1, REPLACED_LATER])
    lake.export(FIRST, "unfinished", UNFINISHED, finished=False)
    lake.json_lines("clickstream", FIRST, CLICKS_1)
    lake.json_lines("startups", FIRST, STARTUPS_1)
    assert warehouse.run(FIRST) == {}
    return everything(warehouse)


@pytest.fixture(scope="module")
def second_day(first_day: Any, lake: Any, warehouse: Any) -> dict[str, Any]:
    """Replace the first export, add the second, run the second day, and return every table."""
    lake.export(FIRST, "again", DAY_1)
    lake.remove_export(FIRST, "first")
    lake.export(SECOND, "second", DAY_2)
    lake.json_lines("clickstream", SECOND, CLICKS_2)
    lake.json_lines("startups", SECOND, STARTUPS_2)
    assert warehouse.run(SECOND) == {}
    return everything(warehouse)


@pytest.fixture(scope="module")
def repeated(first_day: Any, warehouse: Any) -> dict[str, Any]:
    """Run the first day once more, and return every table."""
    assert warehouse.run(FIRST) == {}
    return everything(warehouse)


def test_sales_of_the_first_day(first_day: Any, warehouse: Any) -> None:
    print(first_day["fct_sales"])
