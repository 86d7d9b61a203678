"""The committed pipeline, run as a user runs it, with the real clients; its tables are recomputed."""

import base64
import gzip
import hashlib
import json
import random
import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from google.cloud import bigquery
from google.cloud.dataform_v1 import WorkflowInvocation

from components.shared.clients import bigquery_client, dataform_client, firestore_client
from components.shared.names import DATASETS as DATASET_NAMES
from generate.questions import PAGE, questions
from infra import tables
from laptop.trigger import tasks_of
from localcloud.endpoints import Endpoints
from tests.e2e.cancelling import cancel_in
from tests.e2e.questions import answer

PROJECT = "winter-days-local"
AS_OF = date(2026, 1, 31)
FOLLOWING = AS_OF + timedelta(days=1)
HORIZON = timedelta(days=90)
SMALL = ("--customers", "300", "--days", "330", "--defects", "--as-of", str(AS_OF))
DATASETS = ("winter_days_staging", "winter_days_warehouse", "winter_days_features")
PREDICTIONS = "winter_days_warehouse.fact_predictions_churn"
RISK = "winter_days_bi.bi_churn_risk_by_segment"
RUN_LOG = "pipeline_runs"
ADDED = "after-"
BOOKKEEPING = {f"winter_days_staging.stg_sales_{name}" for name in ("exports", "changes", "taken")}
SUMS = "winter_days_warehouse.agg_revenue_by_day"
REPOSITORY = f"projects/{PROJECT}/locations/us-central1/repositories/winter-days-data-repo"

pytestmark = pytest.mark.usefixtures("cloud")


@pytest.fixture(scope="module")
def warehouse(cloud: None) -> bigquery.Client:
    return bigquery_client(PROJECT)


@pytest.fixture(scope="module")
def first_run(cloud: None, batch: Any) -> str:
    return batch(*SMALL).stdout


@pytest.fixture(scope="module")
def sales(first_run: str) -> list[dict[str, Any]]:
    """Return the source documents, each with its id."""
    collection = firestore_client(PROJECT).collection("winter_sales")
    return [document.to_dict() | {"document_id": document.id} for document in collection.stream()]


def rows(client: bigquery.Client, sql: str, *parameters: Any) -> list[dict[str, Any]]:
    settings = bigquery.QueryJobConfig(query_parameters=list(parameters))
    return [dict(row) for row in client.query(sql, job_config=settings).result()]


def fingerprints(client: bigquery.Client) -> dict[str, tuple[int, str]]:
    """Return the row count and the content hash of every table, whatever the order of the rows.

    Sales that a test adds are left out, as are sums of their days, which no view shows before its day.
    """
    found = {}
    for dataset in DATASETS:
        for table in client.list_tables(dataset):
            if table.table_type != "TABLE" or table.table_id == RUN_LOG:
                continue
            name = f"{dataset}.{table.table_id}"
            hashes = sorted(
                hashlib.sha256(repr(sorted(row.items())).encode()).hexdigest()
                for row in rows(client, f"SELECT * FROM `{PROJECT}.{name}`")
                if not str(row.get("sale_id", row.get("document_id"))).startswith(ADDED)
                and not (name == SUMS and row["sale_date"] >= AS_OF)
            )
            found[name] = (len(hashes), hashlib.sha256("".join(hashes).encode()).hexdigest())
    return found


def moment(value: Any) -> datetime | None:
    if isinstance(value, datetime):
        return value
    try:
        parsed = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def is_good(sale: dict[str, Any]) -> bool:
    """Return whether a document keeps the contract, by the rules as written."""
    return bool(
        sale.get("sale_id") == sale["document_id"]
        and sale.get("customer_id")
        and moment(sale.get("sale_timestamp"))
        and isinstance(sale.get("quantity"), int)
        and sale["quantity"] > 0
        and isinstance(sale.get("unit_price"), float)
        and sale["unit_price"] >= 0
        and isinstance(sale.get("total_amount"), float)
        and sale["total_amount"] >= 0
        and sale.get("status") in ("completed", "pending", "refunded", "cancelled")
    )


@pytest.fixture(scope="module")
def sampled(sales: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Return the good documents of 25 customers, by customer."""
    by_customer: dict[str, list[dict[str, Any]]] = {}
    for sale in filter(is_good, sales):
        by_customer.setdefault(sale["customer_id"], []).append(sale)
    chosen = random.Random(5).sample(sorted(by_customer), 25)
    return {customer: by_customer[customer] for customer in chosen}


@pytest.fixture(scope="module")
def key_of(warehouse: bigquery.Client, first_run: str) -> Any:
    """Return a function that computes a customer's pseudonym with hashlib."""
    [row] = rows(
        warehouse, f"SELECT TO_JSON_STRING(key) AS secret FROM `{PROJECT}.winter_days_keys.pseudonym_key`"
    )

    def key(customer_id: str) -> str:
        inner = hashlib.sha256(f"{row['secret']}:{customer_id}".encode()).hexdigest()
        return hashlib.sha256(f"{row['secret']}:{inner}".encode()).hexdigest()

    return key


@pytest.fixture(scope="module")
def rows_of_sampled(warehouse: bigquery.Client, sampled: Any, key_of: Any) -> Any:
    """Return a function that reads the sampled customers' rows of a table, by customer."""
    customers = {key_of(customer): customer for customer in sampled}

    def read(columns: str, table: str, more: str) -> dict[str, list[dict[str, Any]]]:
        found: dict[str, list[dict[str, Any]]] = {customer: [] for customer in sampled}
        sql = f"SELECT customer_key, {columns} FROM `{PROJECT}.{table}` WHERE customer_key IN UNNEST(@keys)"
        keys = bigquery.ArrayQueryParameter("keys", "STRING", list(customers))
        for row in rows(warehouse, f"{sql} {more}", keys):
            found[customers[row.pop("customer_key")]].append(row)
        return found

    return read


def test_the_run_ends_with_a_summary(first_run: str) -> None:
    for word in ("exported", "warehouse", "ROC AUC", "predictions", "report", "dashboard"):
        assert word in first_run
    assert re.search(r"write-predictions +done .*\n  watch-predictions +done ", first_run)
    [path] = re.findall(r"^monitoring +(\S+)$", first_run, re.MULTILINE)
    assert "customers to score" in Path(path).read_text(encoding="utf-8")


def test_dashboards_show_the_predictions_of_the_run_itself(warehouse: Any, first_run: str) -> None:
    sums = [
        f"SELECT COUNT(*) AS n, SUM(churn_probability) AS p FROM `{PROJECT}.{PREDICTIONS}`",
        f"SELECT SUM(customer_count) AS n, SUM(expected_churners) AS p FROM `{PROJECT}.{RISK}`",
    ]
    [[table], [view]] = (rows(warehouse, f"{sql} WHERE prediction_date = '{AS_OF}'") for sql in sums)
    assert view == {"n": table["n"], "p": pytest.approx(table["p"])}
    [called] = rows(warehouse, f"SELECT COUNT(*) AS n FROM `{PROJECT}.winter_days_bi.bi_customers_to_call`")
    assert 0 < called["n"] <= table["n"]


def test_the_dashboard_holds_what_the_warehouse_does(warehouse: Any, first_run: str) -> None:
    [path] = re.findall(r"^dashboard +(\S+)$", first_run, re.MULTILINE)
    page = Path(path).read_text(encoding="utf-8")
    [text, packed] = re.findall(r'id="(?:data|packed-sales)">(.*?)</script>', page, re.DOTALL)
    cube, sold = json.loads(text), json.loads(gzip.decompress(base64.b64decode(packed)))
    at_risk = cube["tables"]["risk"]
    assert cube["as_of"] == cube["prediction_date"] == str(AS_OF)
    revenue = dict.fromkeys(sold["currency"]["texts"], 0.0)
    for place, amount in zip(sold["currency"]["rows"], sold["revenue"], strict=True):
        revenue[sold["currency"]["texts"][place]] += amount or 0
    revenue.pop("other", None)
    found = rows(
        warehouse,
        f"SELECT IFNULL(currency, 'unknown') AS currency, SUM(net_amount) AS revenue, COUNTIF(status ="
        f" 'completed') AS orders FROM `{PROJECT}.winter_days_warehouse.fct_sales`"
        " WHERE sale_date < DATE '2026-01-31' GROUP BY 1",
    )
    shown = [row for row in found if row["currency"] in revenue]
    assert revenue == pytest.approx({row["currency"]: row["revenue"] for row in shown})
    assert sum(sold["order_count"]) == sum(row["orders"] for row in found)
    assert cube["hidden_currencies"] == len(found) - len(shown)
    [predictions] = rows(
        warehouse,
        "SELECT COUNT(*) AS n, COUNTIF(risk_band = 'high') AS high, MIN(customer_key) AS customer_key"
        f" FROM `{PROJECT}.winter_days_warehouse.fact_predictions_churn`",
    )
    high = at_risk["risk_band"]["texts"].index("high")
    counted = list(zip(at_risk["risk_band"]["rows"], at_risk["customer_count"], strict=True))
    assert sum(count for _, count in counted) == predictions["n"]
    assert sum(count for band, count in counted if band == high) == predictions["high"]
    assert predictions["customer_key"] not in text


def test_sales_facts_are_the_source_documents(sampled: Any, rows_of_sampled: Any) -> None:
    fields = ("quantity", "unit_price", "total_amount", "currency", "status")
    facts = rows_of_sampled(
        f"sale_id, sold_at, {', '.join(fields)}", "winter_days_warehouse.fct_sales", "ORDER BY sale_id"
    )
    for customer, documents in sampled.items():
        expected = [
            {"sale_id": sale["sale_id"], "sold_at": moment(sale["sale_timestamp"])}
            | {f: sale[f] for f in fields}
            for sale in sorted(documents, key=lambda sale: str(sale["sale_id"]))
        ]
        assert facts[customer] == expected


def purchase_days(documents: list[dict[str, Any]]) -> Iterator[tuple[date, int, int]]:
    for sale in documents:
        day = moment(sale["sale_timestamp"]).date()  # type: ignore[union-attr]
        if sale["status"] == "completed" and day < AS_OF:
            yield day, round(sale["total_amount"] * 100), sale["quantity"]


def test_features_and_labels_match_a_recomputation(sampled: Any, rows_of_sampled: Any) -> None:
    cutoff = AS_OF - HORIZON
    examples = rows_of_sampled(
        "recency_days, tenure_days, visits, sales, items, spend, spend_in_horizon, churned",
        "winter_days_features.churn_training_examples",
        f"AND cutoff_date = '{cutoff}'",
    )
    seen = 0
    for customer, documents in sampled.items():
        purchases = list(purchase_days(documents))
        before = [purchase for purchase in purchases if purchase[0] < cutoff]
        if not before:
            assert examples[customer] == []
            continue
        seen += 1
        ages = [(cutoff - day).days for day, _, _ in before]
        assert examples[customer] == [
            {
                "recency_days": min(ages),
                "tenure_days": max(ages),
                "visits": len(set(ages)),
                "sales": len(before),
                "items": sum(quantity for _, _, quantity in before),
                "spend": sum(cents for _, cents, _ in before) / 100,
                "spend_in_horizon": sum(cents for day, cents, _ in before if cutoff - day <= HORIZON) / 100,
                "churned": not any(cutoff <= day < cutoff + HORIZON for day, _, _ in purchases),
            }
        ]
    assert seen >= 10


def test_every_document_is_accounted_for(warehouse: Any, sales: Any) -> None:
    [run] = rows(warehouse, f"SELECT state, steps FROM `{PROJECT}.winter_days_warehouse.{RUN_LOG}`")
    [facts] = rows(warehouse, f"SELECT COUNT(*) AS n FROM `{PROJECT}.winter_days_warehouse.fct_sales`")
    assert run["state"] in ("SUCCEEDED", "SUCCEEDED_WITH_WARNINGS")
    good = sum(map(is_good, sales))
    assert 0 < len(sales) - good < len(sales) / 100
    assert facts["n"] == good


def test_every_customer_with_a_purchase_is_scored(warehouse: Any, sales: Any) -> None:
    buyers = {sale["customer_id"] for sale in filter(is_good, sales) if any(purchase_days([sale]))}
    [scored] = rows(
        warehouse,
        "SELECT COUNT(*) AS n, COUNT(DISTINCT customer_key) AS customers, MIN(churn_probability) AS low,"
        " MAX(churn_probability) AS high"
        f" FROM `{PROJECT}.winter_days_warehouse.fact_predictions_churn` WHERE prediction_date = '{AS_OF}'",
    )
    assert scored["n"] == scored["customers"] == len(buyers)
    assert 0 <= scored["low"] < scored["high"] <= 1


def test_every_question_of_the_page_has_its_answer(warehouse: Any, first_run: str) -> None:
    page = PAGE.read_text(encoding="utf-8")
    options = f'make run CUSTOMERS={SMALL[1]} AS_OF={AS_OF} ARGS="{" ".join(SMALL[2:5])}"'
    assert options in page
    differing = {
        question.heading: found
        for question in questions(page)
        if (found := answer(warehouse, question.sql)) != question.answer
    }
    assert differing == {}


def test_answers_match_a_recomputation_from_the_documents(sales: Any) -> None:
    by_heading = {question.heading: question.answer for question in questions(PAGE.read_text("utf-8"))}
    january, channels = defaultdict(list), defaultdict(Counter)
    for sale in filter(is_good, sales):
        day = moment(sale["sale_timestamp"]).date()  # type: ignore[union-attr]
        channels[sale["channel"]][sale["status"]] += 1
        if sale["status"] == "completed" and sale["currency"] == "EUR" and (day.year, day.month) == (2026, 1):
            january[sale["product_category"]].append(round(sale["total_amount"] * 100))
    revenue = sorted(january.items(), key=lambda item: -sum(item[1]))
    lines = [f"| {name} | {len(cents)} | {sum(cents) / 100} |" for name, cents in revenue]
    [answered] = [text for heading, text in by_heading.items() if heading.startswith("1. ")]
    assert answered.splitlines()[2:] == lines
    [answered] = [text for heading, text in by_heading.items() if heading.startswith("3. ")]
    shares = {
        f"| {name} | {count.total()} | {100 * count['refunded'] / count.total():.1f} |"
        f" {100 * count['cancelled'] / count.total():.1f} |"
        for name, count in channels.items()
    }
    assert set(answered.splitlines()[2:]) == shares


def test_tables_of_steps_have_their_grain(warehouse: Any, first_run: str) -> None:
    for name, table in tables.definitions().items():
        keys = ", ".join(tables.grain(name))
        [found] = rows(
            warehouse,
            f"SELECT COUNT(*) AS n, COUNT(DISTINCT TO_JSON_STRING(STRUCT({keys}))) AS kinds"
            f" FROM `{PROJECT}.{DATASET_NAMES[table['dataset']]}.{name}`",
        )
        assert found["n"] == found["kinds"], name
        assert found["n"] > 0 or name in {"churn_outcomes", "retention_audiences", "retention_effects"}


def test_rerunning_a_day_after_later_purchases_changes_no_table_but_for_them(
    warehouse: Any, sales: Any, batch: Any
) -> None:
    before = fingerprints(warehouse)
    assert len(before) >= 12
    collection = firestore_client(PROJECT).collection("winter_sales")
    last = next(sale for sale in sales if is_good(sale) and sale["status"] == "completed")
    for days in range(5):
        later = datetime.combine(AS_OF, datetime.min.time(), UTC) + timedelta(days=days)
        name = f"{ADDED}{days}"
        sale = {field: value for field, value in last.items() if field != "document_id"}
        collection.document(name).set(sale | {"sale_id": name, "sale_timestamp": later.isoformat()})
    batch(*SMALL)
    after = fingerprints(warehouse)
    assert after.keys() == before.keys()
    # The list of exports has the number of documents; the others have the days of what arrived.
    assert {name for name in after if after[name] != before[name]} == BOOKKEEPING
    [facts] = rows(
        warehouse,
        f"SELECT COUNT(*) AS n FROM `{PROJECT}.winter_days_warehouse.fct_sales`"
        f" WHERE STARTS_WITH(sale_id, '{ADDED}')",
    )
    assert facts["n"] == 5


@pytest.mark.parametrize("step", ["run-dataform", "write-predictions"])
def test_a_cancelled_run_leaves_a_whole_partition_or_none(
    step: str, warehouse: Any, first_run: str, endpoints: Endpoints
) -> None:
    """The run is for the next day, which succeeds in the test after this one."""

    def predictions(day: date) -> list[dict[str, Any]]:
        table = f"`{PROJECT}.{PREDICTIONS}`"
        sql = f"SELECT * FROM {table} WHERE prediction_date = '{day}' ORDER BY customer_key"
        return rows(warehouse, sql)

    before = predictions(AS_OF)
    job = cancel_in(step, FOLLOWING, HORIZON.days, endpoints)
    assert job["state"] == "PIPELINE_STATE_CANCELLED"
    assert {task.name: task.state for task in tasks_of(job)}[step] == "CANCELLED"
    [to_score] = rows(
        warehouse,
        f"SELECT COUNT(*) AS n FROM `{PROJECT}.winter_days_features.churn_scoring_examples`"
        f" WHERE as_of_date = '{FOLLOWING}'",
    )
    assert len(predictions(FOLLOWING)) in (0, to_score["n"])
    assert predictions(AS_OF) == before
    assert ended_within(20), "an invocation of Dataform still runs"


def ended_within(seconds: float) -> bool:
    """Wait at most this long for all invocations to end; return whether they have."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        invocations = dataform_client().list_workflow_invocations(parent=REPOSITORY)
        if WorkflowInvocation.State.RUNNING not in {invocation.state for invocation in invocations}:
            return True
        time.sleep(0.2)
    return False


def test_the_next_day_leaves_the_partitions_of_the_day_alone(warehouse: Any, sales: Any, batch: Any) -> None:
    def partitions() -> list[list[dict[str, Any]]]:
        return [
            rows(warehouse, f"SELECT * FROM `{PROJECT}.{table}` WHERE {column} = '{AS_OF}' ORDER BY {order}")
            for table, column, order in (
                ("winter_days_features.churn_training_examples", "as_of_date", "cutoff_date, customer_key"),
                ("winter_days_features.churn_scoring_examples", "as_of_date", "customer_key"),
                ("winter_days_warehouse.fact_predictions_churn", "prediction_date", "customer_key"),
            )
        ]

    before = partitions()
    done = batch("--customers", "300", "--defects")
    assert f"as of {FOLLOWING}" in done.stdout
    assert partitions() == before
    counts = [
        f"SELECT COUNT(*) AS n FROM `{PROJECT}.{table}` WHERE {column} = '{FOLLOWING}'"
        for table, column in (
            ("winter_days_features.churn_scoring_examples", "as_of_date"),
            (PREDICTIONS, "prediction_date"),
        )
    ]
    [[to_score], [scored]] = (rows(warehouse, sql) for sql in counts)
    assert scored["n"] == to_score["n"] > 100
