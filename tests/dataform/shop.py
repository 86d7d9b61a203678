"""A shop's gold and silver tables, made at random from one seed, for the views to aggregate."""

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

from google.cloud import bigquery

type Row = dict[str, Any]

AS_OF = date(2025, 11, 5)
FIRST = date(2024, 9, 10)
USUAL = [f"k{number:02}" for number in range(30)]
# How many days before AS_OF each bought: at the edges of new, regular, lapsing, lapsed and last year.
EDGES = {
    "lapses today": [90],
    "lapsed yesterday": [91],
    "came just in time": [190, 100],
    "came too late": [191, 100],
    "regular": [200, 45],
    "lapsing": [200, 46],
    "a year": [366, 365, 10],
}
CUSTOMERS = [*USUAL, *EDGES]
RECEIPT = {
    "documents_read": 70,
    "bytes_billed": 2**30,
    "machine_seconds": 600.5,
    "estimated_cost": 1.75,
    "firestore_cost": 0.25,
    "bigquery_cost": 0.5,
    "vertex_cost": 1.0,
}
STEPS = ("page_view", "product_view", "add_to_cart", "checkout", "purchase")
FIELDS = {
    "fct_sales": "sale_id customer_key order_id source sale_date:DATE product_category quantity:INT64"
    " total_amount:FLOAT64 refunded_amount:FLOAT64 net_amount:FLOAT64 currency status channel",
    "dim_customer": "customer_key preferred_category preferred_channel",
    "dim_startup": "funding_stage sector funding_stage_score:INT64 valuation_usd:INT64 is_active:BOOL"
    " is_current:BOOL",
    "stg_sales_latest": "sale_date:DATE export_date:DATE is_deleted:BOOL",
    "stg_click": "event_date:DATE session_id event_type device_type_category load_date:DATE",
    "stg_startup": "load_date:DATE",
    "stg_sales_rows": "export_date:DATE reason",
    "stg_click_rows": "load_date:DATE reason",
    "stg_startup_rows": "load_date:DATE reason",
}


def sale(customer: str, day: date, amount: float, status: str = "completed", **changes: Any) -> Row:
    """Return a sale of a game on the web, in euros."""
    return {
        "customer_key": customer,
        # Whatever a customer bought on a day is one order.
        "order_id": f"{customer} {day}",
        "source": None,
        "sale_date": day,
        "product_category": "games",
        "quantity": 1,
        "total_amount": amount,
        "refunded_amount": 0.25 if day.day % 4 == 0 else None,
        "net_amount": amount if status == "completed" else 0.0,
        "currency": "EUR",
        "status": status,
        "channel": "web",
    } | changes


def sales(dice: random.Random) -> list[Row]:
    """Return sales from FIRST to some days past AS_OF; the first customer never bought."""
    found = [sale(key, AS_OF - timedelta(age), 9.5) for key, ages in EDGES.items() for age in ages]
    for place, customer in enumerate(USUAL):
        usual_gap = dice.choice([7, 30, 90])
        day = FIRST + timedelta(dice.randrange(300))
        while day < AS_OF + timedelta(5):
            status = dice.choices(["completed", "refunded", "cancelled", "pending"], [8, 1, 1, 1])[0]
            looks = {
                "product_category": dice.choice(["books", "toys", None]),
                "quantity": dice.randrange(1, 4),
                "currency": dice.choice(["EUR", "EUR", "USD" if place % 3 else None]),
                "channel": dice.choice(["web", "store"]),
            }
            amount = dice.randrange(100, 20_000) / 100
            found.append(sale(customer, day, amount, status if place else "cancelled", **looks))
            day += timedelta(dice.choice([0, 1, usual_gap, usual_gap, 2 * usual_gap]))
    return [{"sale_id": f"s{place:04}"} | sale for place, sale in enumerate(found)]


def predictions(dice: random.Random) -> list[Row]:
    """Return predictions of two past days, of AS_OF and of a day after it."""
    days = [AS_OF - timedelta(100), AS_OF - timedelta(1), AS_OF, AS_OF + timedelta(1)]
    return [
        {
            "prediction_date": day,
            "customer_key": customer,
            "churn_probability": dice.randrange(10**6) / 10**6,
            "risk_band": dice.choice(["low", "medium", "high"]),
            "decile": 1,
            "top_reasons": [["no visit lately", "one purchase"], ["no visit lately"], []][place % 3],
            "model_version": "m",
            "as_of_date": day,
            "horizon_days": 60,
            "pipeline_run_id": "r",
            "scored_at": datetime.combine(day, datetime.min.time(), UTC),
            **money(day, place),
        }
        for day in days
        for place, customer in enumerate([*CUSTOMERS, "unknown customer"])
    ]


def money(day: date, place: int) -> Row:
    """Return a customer's expected amounts; for one who pays in several currencies, none is known."""
    names = ("expected_spend", "value_at_risk", "currency")
    if place % 7 == 3:
        return dict.fromkeys(names)
    spend, at_risk = ((place * step + day.toordinal() * 11) % 901 / 4 for step in (37, 53))
    return dict(zip(names, (spend, at_risk, ("EUR", "USD")[place % 2]), strict=True))


def outcomes() -> list[Row]:
    """Return three judged days; the last one's window closes the day after AS_OF."""
    figures = {"horizon_days": 60, "model_version": "m", "customers": 9, "predicted": 0.25, "churned": 0.5}
    days = [AS_OF - timedelta(back) for back in (90, 60, 59)]
    return [{"prediction_date": day, **figures, "log_loss": 0.6, "brier": 0.2} for day in days]


def runs() -> list[Row]:
    """Return four attempts of the batch, of which two succeeded and two have a receipt."""
    states = ["SUCCEEDED", "SUCCEEDED_WITH_WARNINGS", "FAILED", "CANCELLED"]
    days = [AS_OF - timedelta(back) for back in (3, 2, 1, 0)]
    return [
        {"run_id": state, "as_of_date": day, "state": state, "ended_at": datetime(2025, 11, 9, tzinfo=UTC)}
        | receipt
        for state, day, receipt in zip(states, days, [{}, RECEIPT, RECEIPT, {}], strict=True)
    ]


def clicks(dice: random.Random) -> list[Row]:
    """Return events of visits, some over midnight, some twice, and some on AS_OF."""
    found = []
    for visit in range(60):
        day = AS_OF - timedelta(dice.randrange(5))
        device = dice.choice(["mobile", "desktop", None])
        for step in sorted(STEPS[: dice.randrange(1, 6)] * dice.randrange(1, 3)):
            event = {"session_id": f"v{visit}", "event_type": step, "device_type_category": device}
            found.append(event | {"event_date": day + timedelta(dice.random() < 0.1), "load_date": AS_OF})
    return found


def startups(dice: random.Random) -> list[Row]:
    """Return states of startups, current and past, some out of business."""
    return [
        {
            "funding_stage": dice.choice(["seed", "series_a"]),
            "sector": dice.choice(["energy", None]),
            "funding_stage_score": 1,
            "valuation_usd": dice.randrange(10**9),
            "is_active": dice.random() < 0.7,
            "is_current": dice.random() < 0.7,
        }
        for _ in range(40)
    ]


def tables() -> dict[str, list[Row]]:
    """Return the rows of every table that a view reads."""
    dice = random.Random(7)
    arrived, day_before = AS_OF - timedelta(1), AS_OF - timedelta(2)
    reasons = [None, None, None, "currency is unknown", "status is unknown"]
    facts = sales(dice)
    return {
        "fct_sales": facts,
        "dim_customer": [
            {
                "customer_key": key,
                "preferred_category": "toys",
                "preferred_channel": dice.choice(["web", None]),
            }
            for key in CUSTOMERS[5:]
        ],
        "dim_startup": startups(dice),
        "fact_predictions_churn": predictions(dice),
        "churn_outcomes": outcomes(),
        "pipeline_runs": runs(),
        "stg_sales_latest": [
            {"sale_date": row["sale_date"], "export_date": arrived, "is_deleted": False} for row in facts
        ],
        "stg_click": clicks(dice),
        "stg_startup": [],
        "stg_sales_rows": [
            {"export_date": day, "reason": reason} for day in (arrived, day_before) for reason in reasons
        ],
        "stg_click_rows": [{"load_date": arrived, "reason": None}],
        "stg_startup_rows": [{"load_date": arrived, "reason": "the line is not a JSON object"}],
    }


def load(client: bigquery.Client, silver: str, gold: str, found: dict[str, list[Row]]) -> None:
    """Load the rows into their tables, and create those that no statement has created yet."""
    for name, rows in found.items():
        table = f"{silver if name.startswith('stg_') else gold}.{name}"
        if fields := FIELDS.get(name):
            pairs = [field.partition(":") for field in fields.split()]
            schema = [bigquery.SchemaField(field, kind or "STRING") for field, _, kind in pairs]
            client.create_table(bigquery.Table(table, schema))
        schema = client.get_table(table).schema
        if rows:
            config = bigquery.LoadJobConfig(schema=schema, write_disposition="WRITE_APPEND")
            plain = [{name: _plain(value) for name, value in row.items()} for row in rows]
            client.load_table_from_json(plain, table, job_config=config).result()


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
