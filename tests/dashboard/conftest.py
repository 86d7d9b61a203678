"""A local BigQuery with the bi_ views' rows as tables, and dashboards made from them."""

import random
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from google.cloud.bigquery import Client, LoadJobConfig, SchemaField, Table

from components.shared.clients import bigquery_client
from dashboard.__main__ import main
from localcloud.endpoints import Endpoints
from tests.cloud import led_to

type Row = dict[str, Any]

AS_OF = date(2026, 3, 2)
HOSTILE = "<img src=x onerror=alert(1)></script><script>alert(2)</script>"
LISTED = (
    "prediction_date:DATE customer_key call_rank:INT64 segment risk_band churn_probability:FLOAT64 "
    "expected_loss:FLOAT64 keepable_value:FLOAT64 currency days_since_last_purchase:INT64 product_category "
    "channel reasons"
)
VIEWS = {
    "bi_revenue_by_day": "sale_date:DATE product_category channel currency order_count:INT64 units:INT64 "
    "revenue:FLOAT64 refunded_count:INT64",
    "bi_customers_by_month": "month:DATE new_customers:INT64 active_customers:INT64 "
    "reactivated_customers:INT64 lapsed_customers:INT64",
    "bi_cohort_retention": "cohort_month:DATE months_since_first:INT64 cohort_customers:INT64 "
    "active_customers:INT64 retention:FLOAT64",
    "bi_funnel_by_day": "event_date:DATE device_type_category session_count:INT64 "
    "product_view_sessions:INT64 add_to_cart_sessions:INT64 checkout_sessions:INT64 purchase_sessions:INT64",
    "bi_startups_by_stage": "funding_stage sector funding_stage_score:INT64 startup_count:INT64 "
    "active_count:INT64 valuation_usd:FLOAT64",
    "bi_churn_risk_by_segment": "prediction_date:DATE segment product_category channel currency risk_band "
    "customer_count:INT64 expected_churners:FLOAT64 value:FLOAT64 value_at_risk:FLOAT64 "
    "horizon_days:INT64 lapsed_after_days:INT64",
    "bi_customers_to_call": LISTED,
    "bi_lapsed_customers": LISTED,
    "bi_prediction_quality": "prediction_date:DATE closed_on:DATE customers:INT64 predicted:FLOAT64 "
    "churned:FLOAT64",
    "bi_retention_effect": "campaign started_on:DATE closes_on:DATE measure currency verdict sentence "
    "listed:INT64 held_out:INT64",
    "bi_data_freshness": "source as_of_date:DATE last_day:DATE age_days:INT64 row_count:INT64 "
    "last_loaded:DATE",
    "bi_rejects_by_day": "source day:DATE reason row_count:INT64 share:FLOAT64",
}
OF_SOURCE = {"bi_funnel_by_day": "clickstream", "bi_startups_by_stage": "startups"}
REASONS = [
    *("=1+1", "+1", "-1", "@a", "\t=1", "\r=1", "\n=1", "＝1", "a;=1;b", ";\t@a"),  # noqa: RUF001
    *('said "no", twice\nand left', "plain"),
]
CHANCES = [1, 0.05, 0.123, *([0.9] * 9)]
NAMES = [
    (category, channel, currency)
    for category in ("boots", "coats", HOSTILE)
    for channel in ("web", "store")
    for currency in ("EUR", "USD")
]


def freshness(**ages: int) -> list[Row]:
    """Return a row for each source, which is that many days old, or empty when no age is given."""
    days = {source: str(AS_OF - timedelta(days=age)) for source, age in ages.items()}
    return [
        {"source": source, "as_of_date": str(AS_OF), "age_days": ages.get(source)}
        | {"last_day": days.get(source), "last_loaded": days.get(source), "row_count": 7 * (source in ages)}
        for source in ("sales", "clickstream", "startups", "predictions", "runs")
    ]


def a_shop() -> dict[str, list[Row]]:
    """Return the views' rows of a shop with 200 days of sales in two currencies."""
    luck = random.Random(7)
    days = [str(AS_OF - timedelta(days=ago)) for ago in range(1, 201)]
    months = [date(2025, month, 1) for month in range(8, 13)]
    named = [
        dict(zip(("product_category", "channel", "currency"), names, strict=True)) | {"sale_date": day}
        for day in days
        for names in NAMES
    ]
    sales = [
        names
        | {"order_count": luck.randint(1, 9) + (names["currency"] == "EUR"), "units": luck.randint(9, 20)}
        | {"revenue": luck.randint(1000, 99999) / 100, "refunded_count": luck.randint(0, 1)}
        for names in named
    ]
    steps = ("session_count", "product_view_sessions", "add_to_cart_sessions", "checkout_sessions")
    visits = [
        {"event_date": day, "device_type_category": device, "purchase_sessions": 3}
        | {step: 90 - 20 * place for place, step in enumerate(steps)}
        for day in days
        for device in ("mobile", "desktop")
    ]
    risk = [
        dict(zip(("product_category", "channel", "currency"), names, strict=True))
        | {"prediction_date": str(AS_OF), "segment": segment, "risk_band": band}
        | {"customer_count": luck.randint(5, 50), "expected_churners": luck.randint(1, 400) / 100}
        | {"value": luck.randint(10000, 50000) / 100, "value_at_risk": luck.randint(100, 9999) / 100}
        | {"horizon_days": 60, "lapsed_after_days": 90}
        for names in NAMES
        for segment in ("new", "regular", "lapsing", "lapsed")
        for band in ("low", "medium", "high")
    ]
    calls = [
        {"prediction_date": str(AS_OF), "customer_key": f"aaaaaaaa{rank:02}{'f' * 54}", "call_rank": rank}
        | {"segment": "lapsing" if rank % 2 else "new", "churn_probability": 0.9, "currency": "EUR"}
        | {"expected_loss": 1000 - 10 * rank, "days_since_last_purchase": 60, "product_category": HOSTILE}
        | {"channel": "web", "reasons": f"raises: silent for 60; lowers: {HOSTILE}"}
        | {"risk_band": "high" if rank % 3 else "medium", "keepable_value": 100 - rank}
        for rank in range(1, 31)
    ]
    lapsed = [
        call | {"customer_key": f"bbbbbbbb{call['call_rank']:02}{'f' * 54}", "segment": "lapsed"}
        for call in calls[:20]
    ]
    return {
        "bi_revenue_by_day": sales,
        "bi_customers_by_month": [
            {"month": str(month), "new_customers": 40, "active_customers": 60}
            | {"reactivated_customers": 5, "lapsed_customers": 12}
            for month in months
        ],
        "bi_cohort_retention": [
            {"cohort_month": str(month), "months_since_first": later, "cohort_customers": 40}
            | {"active_customers": 40 if not later else 12, "retention": 1 if not later else 0.3}
            for place, month in enumerate(months)
            for later in range(len(months) - place)
        ],
        "bi_funnel_by_day": visits,
        "bi_startups_by_stage": [
            {"funding_stage": "seed", "sector": sector, "funding_stage_score": 1, "startup_count": 4}
            | {"active_count": 3, "valuation_usd": 5e6}
            for sector in ("energy", "health")
        ],
        "bi_churn_risk_by_segment": risk,
        "bi_customers_to_call": calls,
        "bi_lapsed_customers": lapsed,
        "bi_prediction_quality": [
            {"prediction_date": f"2025-11-1{number}", "closed_on": f"2026-02-1{number}", "customers": 90}
            | {"predicted": 0.3, "churned": 0.3 + number / 100}
            for number in (0, 1)
        ],
        "bi_retention_effect": [
            {"campaign": "spring", "started_on": "2025-11-10", "closes_on": "2026-02-08", "held_out": 230}
            | {"listed": 2070, "measure": measure, "currency": currency, "verdict": "not found"}
            | {"sentence": f"No effect shows on {measure}. {HOSTILE}"}
            for measure, currency in (("churn", "all"), ("spend", "EUR"))
        ],
        "bi_data_freshness": freshness(sales=1, clickstream=1, startups=6, predictions=0, runs=0),
        "bi_rejects_by_day": [
            {"source": "sales", "day": "2026-03-01", "reason": HOSTILE, "row_count": 3, "share": 0.02}
        ],
    }


def a_shop_of_noise() -> dict[str, list[Row]]:
    """Return the rows of a shop in which no model is better than chance: no band or amount is known."""
    rows = a_shop()
    risk = [
        row | {"risk_band": "unknown", "value": None, "value_at_risk": None}
        for row in rows["bi_churn_risk_by_segment"]
        if row["risk_band"] == "low"
    ]
    return rows | {"bi_churn_risk_by_segment": risk, "bi_customers_to_call": [], "bi_lapsed_customers": []}


def an_odd_shop() -> dict[str, list[Row]]:
    """Return the rows of a shop with 1200 days and one customer, where two sources are off.

    No window has closed, and twelve customers are listed to call, with reasons that a spreadsheet might take
    for more than text, and with probabilities of one to three digits.
    """
    rows = a_shop()
    one, days = rows["bi_revenue_by_day"][0], range(1, 1201)
    calls = zip(rows["bi_customers_to_call"], REASONS, CHANCES, strict=False)
    return rows | {
        "bi_revenue_by_day": [
            one | {"sale_date": str(AS_OF - timedelta(days=ago)), "order_count": 1} for ago in days
        ],
        "bi_churn_risk_by_segment": [
            rows["bi_churn_risk_by_segment"][0] | {"customer_count": 1, "expected_churners": 0.9}
        ],
        "bi_customers_to_call": [
            call | {"reasons": reason, "churn_probability": chance} for call, reason, chance in calls
        ],
        "bi_prediction_quality": [],
        "bi_retention_effect": [],
        "bi_data_freshness": [
            row for row in rows["bi_data_freshness"] if row["source"] not in ("clickstream", "startups")
        ],
    }


def an_empty_shop() -> dict[str, list[Row]]:
    """Return the rows of a warehouse into which nothing has been loaded."""
    return {"bi_data_freshness": freshness()}


@pytest.fixture(scope="module")
def client(cloud: Endpoints) -> Iterator[Client]:
    with bigquery_client(cloud.project) as client:
        yield client


def make_tables(client: Client, dataset: str, rows: dict[str, list[Row]]) -> None:
    """Make a dataset with a table for each view, filled with rows, but none for a source that is off."""
    client.create_dataset(dataset)
    there = {row["source"] for row in rows["bi_data_freshness"]}
    for name, columns in VIEWS.items():
        if OF_SOURCE.get(name, "sales") not in there:
            continue
        pairs = [column.partition(":") for column in columns.split()]
        schema = [SchemaField(column, kind or "STRING") for column, _, kind in pairs]
        table = f"{client.project}.{dataset}.{name}"
        client.create_table(Table(table, schema))
        if found := rows.get(name):
            client.load_table_from_json(found, table, job_config=LoadJobConfig(schema=schema)).result()


@pytest.fixture(scope="session")
def dashboard_of(laptop, tmp_path_factory) -> Callable[[str, dict[str, list[Row]]], Path]:
    """Return a function that makes a dataset from rows and returns the file of its dashboard."""

    def make(dataset: str, rows: dict[str, list[Row]]) -> Path:
        path = tmp_path_factory.mktemp(dataset) / "dashboard.html"
        with led_to(laptop):
            with bigquery_client(laptop.project) as client:
                make_tables(client, dataset, rows)
            assert main(["--project", laptop.project, "--dataset", dataset, "--output", str(path)]) == 0
        return path

    return make


@pytest.fixture(scope="session")
def shop(dashboard_of) -> Path:
    return dashboard_of("shop", a_shop())


@pytest.fixture(scope="session")
def shop_of_noise(dashboard_of) -> Path:
    return dashboard_of("shop_of_noise", a_shop_of_noise())


@pytest.fixture(scope="session")
def odd_shop(dashboard_of) -> Path:
    return dashboard_of("odd_shop", an_odd_shop())


@pytest.fixture(scope="session")
def empty_shop(dashboard_of) -> Path:
    return dashboard_of("empty_shop", an_empty_shop())
