"""The views for dashboards, recomputed in plain Python from a shop made at random."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from google.cloud import bigquery
from google.cloud.dataform_v1 import InvocationConfig, Target

from infra.migration import make_tables
from tests.dataform import shop
from tests.dataform.shop import AS_OF, Row

PROJECT = "winter-days-local"
SILVER, GOLD, BI, FEATURES = "shop_silver", "shop_gold", "shop_bi", "shop_features"
LAPSED_AFTER = 90
SUMMED_UP = (
    (SILVER, "stg_sales_changes"),
    (SILVER, "stg_sales_taken"),
    (GOLD, "agg_revenue_by_day"),
)
type Rows = dict[str, list[Row]]


@pytest.fixture(scope="module")
def tables() -> Rows:
    """Return the rows of the shop's tables."""
    return shop.tables()


@pytest.fixture(scope="module")
def descriptions(actions: Any) -> dict[str, str]:
    """Return the description of each view."""
    return {
        action.target.name: action.relation.relation_descriptor.description
        for action in actions
        if action.target.schema == "winter_days_bi"
    }


@pytest.fixture(scope="module")
def views(tables: Rows, descriptions: dict[str, str], warehouse: Any) -> Rows:
    """Make the views over the shop's tables and return their rows."""
    for dataset in (SILVER, GOLD, BI, FEATURES):
        warehouse.client.create_dataset(dataset)
    make_tables(warehouse.client, PROJECT, {"warehouse": GOLD, "features": FEATURES})
    shop.load(warehouse.client, f"{PROJECT}.{SILVER}", f"{PROJECT}.{GOLD}", tables)
    load_campaigns(warehouse.client)
    compiled = warehouse.compile(SILVER, as_of=str(AS_OF), warehouse_dataset=GOLD, bi_dataset=BI)
    targets = [Target(database=PROJECT, schema=BI, name=name) for name in descriptions]
    targets += [Target(database=PROJECT, schema=schema, name=name) for schema, name in SUMMED_UP]
    assert warehouse.invoke(compiled, InvocationConfig(included_targets=targets)) == {}
    return {
        name: [dict(row) for row in warehouse.client.query_and_wait(f"SELECT * FROM {BI}.{name}")]
        for name in descriptions
    }


def load_campaigns(client: bigquery.Client) -> None:
    """Load two campaigns of customers without predictions: one is measured, the other's window is open."""
    audience = {
        "horizon_days": 60,
        "holdout_share": 0.5,
        "call_rank": 1,
        "churn_probability": 0.5,
    } | dict.fromkeys(("segment", "product_category", "channel", "reasons"), "x")
    audience |= {"expected_spend": 1, "value": 2, "expected_loss": 1, "currency": "EUR"}
    rows = [
        audience
        | {"campaign": name, "started_on": str(start), "closes_on": str(start + timedelta(60))}
        | {"customer_key": f"{name} {number}", "arm": "held_out" if number == 2 else "listed"}
        for name, start in (("spring", AS_OF - timedelta(60)), ("autumn", AS_OF - timedelta(59)))
        for number in range(3)
    ]
    effect = {"campaign": "spring", "started_on": str(AS_OF - timedelta(60)), "measured_as_of": str(AS_OF)}
    effect |= {"measure": "spend", "currency": "EUR", "verdict": "found", "sentence": "More."}
    effects = [effect | {"listed": 2, "held_out": 1, "difference": 0.5, "customers_needed": 9}]
    for table, content in (("retention_audiences", rows), ("retention_effects", effects)):
        schema = client.get_table(f"{PROJECT}.{GOLD}.{table}").schema
        config = bigquery.LoadJobConfig(schema=schema)
        client.load_table_from_json(content, f"{PROJECT}.{GOLD}.{table}", job_config=config).result()


def grain(description: str) -> list[str]:
    found = re.search(r"Grain: (\w+(?:, \w+)*)\.$", description)
    assert found, description
    return found[1].split(", ")


def keyed(rows: list[Row], *keys: str) -> dict[Any, Row]:
    """Return the rows without their keys, by key; fail if a key occurs twice."""
    found = {tuple(row[key] for key in keys): {k: v for k, v in row.items() if k not in keys} for row in rows}
    assert len(found) == len(rows)
    return found


def approximately(rows: dict[Any, Row]) -> dict[Any, Any]:
    return {key: {k: _close(v) for k, v in row.items()} for key, row in rows.items()}


def _close(value: Any) -> Any:
    return pytest.approx(float(value)) if isinstance(value, float | Decimal) else value


def bought(tables: Rows, before: date) -> list[Row]:
    """Return the purchases before a day."""
    return [row for row in tables["fct_sales"] if row["status"] == "completed" and row["sale_date"] < before]


def test_each_view_has_rows_and_only_one_for_each_grain(views: Rows, descriptions: Any) -> None:
    for name, description in descriptions.items():
        assert keyed(views[name], *grain(description)), name
        assert all(row[key] is not None for row in views[name] for key in grain(description)), name


def test_revenue_by_day(views: Rows, tables: Rows) -> None:
    groups, seen = defaultdict(list), set()
    first_lines = {}
    for row in tables["fct_sales"]:
        if row["sale_date"] < AS_OF:
            first_lines[row["sale_id"]] = (row["order_id"], row["status"]) not in seen
            seen.add((row["order_id"], row["status"]))
            names = [row[name] or "unknown" for name in ("product_category", "channel", "currency")]
            groups[row["sale_date"], *names].append(row)
    expected = {}
    for key, rows in groups.items():
        done = [row for row in rows if row["status"] == "completed"]
        refunded = [row for row in rows if row["status"] == "refunded"]
        expected[key] = {
            "order_count": sum(first_lines[row["sale_id"]] for row in done),
            "customer_count": len({row["customer_key"] for row in done}),
            "units": sum(row["quantity"] for row in done),
            "revenue": sum(Decimal(str(row["total_amount"])) for row in done) * Decimal(1),
            "refunded_count": sum(first_lines[row["sale_id"]] for row in refunded),
            "refunded_amount": sum(Decimal(str(row["total_amount"])) for row in refunded) * Decimal(1)
            + sum(Decimal(str(row["refunded_amount"] or 0)) for row in done),
            "cancelled_count": sum(
                first_lines[row["sale_id"]] for row in rows if row["status"] == "cancelled"
            ),
        }
    found = keyed(views["bi_revenue_by_day"], "sale_date", "product_category", "channel", "currency")
    assert found == approximately(expected)
    orders = {
        row["order_id"]
        for row in tables["fct_sales"]
        if first_lines.get(row["sale_id"]) is not None and row["status"] == "completed"
    }
    assert sum(row["order_count"] for row in found.values()) == len(orders)
    assert len(orders) < sum(
        row["status"] == "completed" for row in tables["fct_sales"] if row["sale_date"] < AS_OF
    )


def test_customers_by_month(views: Rows, tables: Rows) -> None:
    events, active = Counter(), defaultdict(set)
    for customer in shop.CUSTOMERS:
        days = {row["sale_date"] for row in bought(tables, AS_OF) if row["customer_key"] == customer}
        last, lapsed = None, False
        for day in (shop.FIRST + timedelta(n) for n in range((AS_OF - shop.FIRST).days)):
            month = day.replace(day=1)
            if day in days:
                events[month, "new_customers"] += last is None
                events[month, "reactivated_customers"] += lapsed
                active[month].add(customer)
                last, lapsed = day, False
            elif last and not lapsed and (day - last).days == LAPSED_AFTER:
                events[month, "lapsed_customers"] += 1
                lapsed = True
    names = ("new_customers", "reactivated_customers", "lapsed_customers")
    expected = {
        (month,): {"active_customers": len(active[month])} | {name: events[month, name] for name in names}
        for month in {month for month, _ in events}
    }
    assert keyed(views["bi_customers_by_month"], "month") == expected
    assert all(sum(row[name] for row in expected.values()) for name in names)


def test_cohort_retention(views: Rows, tables: Rows) -> None:
    months = defaultdict(set)
    for row in bought(tables, AS_OF.replace(day=1)):
        months[row["customer_key"]].add(row["sale_date"].year * 12 + row["sale_date"].month)
    last = AS_OF.year * 12 + AS_OF.month - 1
    expected = {}
    for cohort in {min(found) for found in months.values()}:
        members = [found for found in months.values() if min(found) == cohort]
        for month in range(cohort, last + 1):
            came = sum(month in found for found in members)
            expected[date((cohort - 1) // 12, (cohort - 1) % 12 + 1, 1), month - cohort] = {
                "cohort_customers": len(members), "active_customers": came, "retention": came / len(members),
            }  # fmt: skip
    assert keyed(views["bi_cohort_retention"], "cohort_month", "months_since_first") == expected
    assert any(row["active_customers"] == 0 for row in expected.values())


def test_funnel_by_day(views: Rows, tables: Rows) -> None:
    visits = defaultdict(lambda: defaultdict(set))
    for row in tables["stg_click"]:
        if row["event_date"] < AS_OF:
            steps = visits[row["event_date"], row["device_type_category"] or "unknown"]
            steps["session_count"].add(row["session_id"])
            if row["event_type"] != "page_view":
                steps[f"{row['event_type']}_sessions"].add(row["session_id"])
    names = ["session_count", *(f"{step}_sessions" for step in shop.STEPS[1:])]
    expected = {key: {name: len(steps[name]) for name in names} for key, steps in visits.items()}
    assert keyed(views["bi_funnel_by_day"], "event_date", "device_type_category") == expected


def test_startups_by_stage(views: Rows, tables: Rows) -> None:
    groups = defaultdict(list)
    for row in tables["dim_startup"]:
        if row["is_current"]:
            groups[row["funding_stage"], row["sector"] or "unknown"].append(row)
    expected = {
        key: {
            "funding_stage_score": 1,
            "startup_count": len(rows),
            "active_count": sum(row["is_active"] for row in rows),
            "valuation_usd": sum(row["valuation_usd"] for row in rows if row["is_active"]),
        }
        for key, rows in groups.items()
    }
    assert keyed(views["bi_startups_by_stage"], "funding_stage", "sector") == expected


def segment(ages: list[int]) -> str:
    """Return a customer's segment, from the days since each purchase."""
    if not ages or min(ages) > LAPSED_AFTER:
        return "lapsed"
    if max(ages) <= LAPSED_AFTER:
        return "new"
    return "lapsing" if min(ages) > LAPSED_AFTER / 2 else "regular"


def customer_at(prediction: Row, tables: Rows) -> Row:
    """Return a predicted customer as known on the prediction's day."""
    day, key = prediction["prediction_date"], prediction["customer_key"]
    own = [row for row in bought(tables, day) if row["customer_key"] == key]
    ages = [(day - row["sale_date"]).days for row in own]
    by_currency = defaultdict(list)
    for row in own:
        by_currency[row["currency"] or "unknown"].append(row)
    by_use = [
        (-len(rows), -max(row["sale_date"].toordinal() for row in rows), currency)
        for currency, rows in by_currency.items()
    ]
    currency = prediction["currency"] or (min(by_use)[2] if by_use else "unknown")
    is_known = prediction["currency"] is not None
    spend, loss = (
        Decimal(str(prediction[name])) if is_known else None for name in ("expected_spend", "value_at_risk")
    )
    known = next((row for row in tables["dim_customer"] if row["customer_key"] == key), None) or {}
    return {
        "segment": segment(ages),
        "product_category": known.get("preferred_category") or "unknown",
        "channel": known.get("preferred_channel") or "unknown",
        "currency": currency,
        "value": None if spend is None or loss is None else spend + loss,
        "expected_spend": spend,
        "days_since_last_purchase": min(ages, default=None),
        "loss": loss,
    }


def known_sum(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """Return the sum of the amounts that are known, as SQL does."""
    known = [amount for amount in amounts if amount is not None]
    return sum(known, Decimal(0)) if known else None


def test_churn_risk_by_segment(views: Rows, tables: Rows) -> None:
    groups = defaultdict(list)
    for row in tables["fact_predictions_churn"]:
        if row["prediction_date"] <= AS_OF:
            customer = customer_at(row, tables)
            names = [customer[name] for name in ("segment", "product_category", "channel", "currency")]
            groups[row["prediction_date"], *names, row["risk_band"]].append((row, customer))
    expected = {
        key: {
            "customer_count": len(rows),
            "expected_churners": sum(row["churn_probability"] for row, _ in rows),
            "value": known_sum(customer["value"] for _, customer in rows),
            "value_at_risk": known_sum(customer["loss"] for _, customer in rows),
            "horizon_days": rows[0][0]["horizon_days"],
            "lapsed_after_days": 90,
        }
        for key, rows in groups.items()
    }
    keys = ("prediction_date", "segment", "product_category", "channel", "currency", "risk_band")
    assert keyed(views["bi_churn_risk_by_segment"], *keys) == approximately(expected)
    assert {segment for _, segment, *_ in expected} == {"new", "regular", "lapsing", "lapsed"}


def test_customers_to_call_and_those_who_lapsed(views: Rows, tables: Rows) -> None:
    today = [row for row in tables["fact_predictions_churn"] if row["prediction_date"] == AS_OF]
    called = [(row, customer) for row in today if (customer := customer_at(row, tables))["value"]]
    by_currency = defaultdict(list)
    for _, customer in called:
        by_currency[customer["currency"]].append(customer)

    def keepable(row: Row, customer: Row) -> Decimal:
        return customer["loss"] * (1 - Decimal(str(row["churn_probability"])))

    def place(pair: tuple[Row, Row]) -> Decimal:
        values = [other["value"] for other in by_currency[pair[1]["currency"]]]
        return -keepable(*pair) / (sum(values) / len(values))

    for view, lapsed in (("bi_customers_to_call", False), ("bi_lapsed_customers", True)):
        theirs = sorted((pair for pair in called if (pair[1]["segment"] == "lapsed") is lapsed), key=place)
        expected = {}
        for rank, (row, customer) in enumerate(theirs, start=1):
            others = by_currency[customer["currency"]]
            lapsed_loss = sum(other["loss"] for other in others if other["segment"] == "lapsed")
            expected[AS_OF, row["customer_key"]] = {
                name: value for name, value in customer.items() if name != "loss"
            } | {
                "call_rank": rank,
                "horizon_days": 60,
                "expected_loss": customer["loss"],
                "keepable_value": keepable(row, customer),
                "lapsed_share": lapsed_loss / sum(other["loss"] for other in others),
                "churn_probability": row["churn_probability"],
                "risk_band": row["risk_band"],
                "reasons": "; ".join(row["top_reasons"]),
            }
        assert keyed(views[view], "prediction_date", "customer_key") == approximately(expected)
        assert expected
    assert len(by_currency) > 1


def test_effects_of_campaigns(views: Rows) -> None:
    found = {row["campaign"]: row for row in views["bi_retention_effect"]}
    spring, autumn = found["spring"], found["autumn"]
    assert (spring["verdict"], spring["difference"], spring["customers_needed"]) == ("found", 0.5, 9)
    assert (autumn["verdict"], autumn["measure"], autumn["currency"]) == ("running", "churn", "all")
    assert autumn["sentence"] == f"The window closes on {AS_OF + timedelta(1)}: nothing can be said before."
    assert (autumn["listed"], autumn["held_out"], autumn["difference"]) == (2, 1, None)


def test_what_each_run_cost(views: Rows) -> None:
    found = {row["state"]: row for row in views["bi_run_costs"]}
    assert found.keys() == {"SUCCEEDED_WITH_WARNINGS", "FAILED"}  # the others have no receipt
    run = found["FAILED"]
    assert run["as_of_date"] == AS_OF - timedelta(1)
    assert {name: run[name] for name in shop.RECEIPT} == shop.RECEIPT


def test_prediction_quality(views: Rows, tables: Rows) -> None:
    closed = [row for row in tables["churn_outcomes"] if row["prediction_date"] <= AS_OF - timedelta(60)]
    expected = [row | {"closed_on": row["prediction_date"] + timedelta(60)} for row in closed]
    assert sorted(views["bi_prediction_quality"], key=lambda row: row["prediction_date"]) == expected
    assert len(expected) == 2


def test_data_freshness(views: Rows, tables: Rows) -> None:
    yesterday = AS_OF - timedelta(1)
    sales = [row for row in tables["stg_sales_latest"] if row["sale_date"] <= AS_OF]
    clicks = [row for row in tables["stg_click"] if row["event_date"] <= AS_OF]
    newest = max(row["sale_date"] for row in sales)
    names = ("last_day", "age_days", "row_count", "last_loaded")
    expected = {
        "sales": (newest, (AS_OF - newest).days, len(sales), yesterday),
        "clickstream": (AS_OF, 0, len(clicks), AS_OF),
        "startups": (None, None, 0, None),
        "predictions": (AS_OF, 0, 3 * len([*shop.CUSTOMERS, "unknown customer"]), AS_OF),
        "runs": (AS_OF - timedelta(2), 2, 2, date(2025, 11, 9)),
    }
    assert keyed(views["bi_data_freshness"], "source") == {
        (source,): {"as_of_date": AS_OF} | dict(zip(names, figures, strict=True))
        for source, figures in expected.items()
    }


def test_rejects_by_day(views: Rows) -> None:
    days = [AS_OF - timedelta(back) for back in (1, 2)]
    reasons = ("currency is unknown", "status is unknown")
    assert keyed(views["bi_rejects_by_day"], "source", "day", "reason") == {
        **{("sales", day, reason): {"row_count": 1, "share": 0.2} for day in days for reason in reasons},
        ("startups", days[0], "the line is not a JSON object"): {"row_count": 1, "share": 1.0},
    }
