"""A little shop of five customers, through the real export and Dataform."""

import hashlib
import io
import json
import time
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from google.cloud import bigquery
from google.cloud.dataform_v1 import (
    CodeCompilationConfig,
    CompilationResult,
    InvocationConfig,
    WorkflowInvocation,
)
from google.cloud.firestore import CollectionReference
from google.cloud.storage import Bucket

from components.export_sales.request import ExportRequest
from components.export_sales.step import export_sales
from components.extract_features.step import extract_features
from components.run_dataform.configuration import configuration
from components.run_dataform.step import run_dataform
from components.shared.clients import bigquery_client, dataform_client, firestore_client, storage_client
from components.shared.names import DATASETS
from dashboard.__main__ import write_dashboard
from infra.deploy.pseudonym_key import SCHEMA as KEY_SCHEMA
from infra.deploy.warehouse import make_workspace
from infra.migration import make_tables
from tests.hand_made import BOOKS

PROJECT, LOCATION = "winter-days-local", "us-central1"
PARENT = f"projects/{PROJECT}/locations/{LOCATION}"
KEY = "5f0c77d1b1a94f0c8a6e4c55a0e1d2c3"
TODAY = datetime.now(UTC).date()
YESTERDAY = TODAY - timedelta(days=1)
ANNA, BERT, CARL, DORA, EMIL = (f"shop-{name}-41" for name in ("anna", "bert", "carl", "dora", "emil"))
CUSTOMERS = [ANNA, BERT, CARL, DORA, EMIL]
ERASED = [ANNA, BERT]


def customer_key(customer_id: str) -> str:
    """Return the pseudonym as dataform/includes/pseudonym.js computes it."""
    inner = hashlib.sha256(f'"{KEY}":{customer_id}'.encode()).hexdigest()
    return hashlib.sha256(f'"{KEY}":{inner}'.encode()).hexdigest()


def email(customer_id: str) -> str:
    return hashlib.sha256(f"{customer_id}@example.com".encode()).hexdigest()


NEEDLES = [
    *ERASED,
    *(email(customer) for customer in ERASED),
    *(customer_key(customer)[:8] for customer in ERASED),
]


@dataclass(frozen=True)
class Shop:
    """A shop with its own collection, bucket and datasets in the local cloud."""

    sales: CollectionReference
    bucket: Bucket
    client: bigquery.Client
    datasets: Mapping[str, str]
    reports: Path

    @property
    def names(self) -> list[str]:
        """Return the command-line options that point at this shop."""
        datasets = [word for name, to in self.datasets.items() for word in (f"--{name}-dataset", to)]
        bucket = ["--bucket", self.bucket.name, "--collection", self.sales.id]
        return ["--project", PROJECT, *bucket, *datasets, "--reports", str(self.reports)]

    def write(self, document_id: str, customer: str | None, day: date, **changes: Any) -> None:
        sale = {
            "sale_id": document_id,
            "customer_id": customer,
            "sale_timestamp": f"{day}T10:00:00Z",
            **BOOKS,
            "contact_email_hashed": email(customer) if customer else None,
        }
        self.sales.document(document_id).set(sale | changes)

    def export(self, day: date) -> Any:
        return export_sales(
            ExportRequest(
                project=PROJECT,
                database="(default)",
                collection=self.sales.id,
                bucket=self.bucket.name,
                as_of=str(day),
                max_reject_share=1.0,
            )
        )

    @property
    def repository(self) -> str:
        """Return the Dataform repository's resource name."""
        return f"{PARENT}/repositories/{self.bucket.name}"

    def compilation(self, run_id: str, day: date) -> CodeCompilationConfig:
        variables = {"run_id": run_id, "max_reject_share": "1"}
        return configuration(
            PROJECT, LOCATION, self.bucket.name, self.datasets, "clickstream", str(day), **variables
        )

    def rebuild(self, run_id: str) -> str:
        """Rebuild every table of the warehouse from scratch; return the final state."""
        client = dataform_client()
        compiled = client.create_compilation_result(
            parent=self.repository,
            compilation_result=CompilationResult(
                workspace=f"{self.repository}/workspaces/work",
                code_compilation_config=self.compilation(run_id, TODAY),
            ),
        )
        wanted = WorkflowInvocation(
            compilation_result=compiled.name,
            invocation_config=InvocationConfig(fully_refresh_incremental_tables_enabled=True),
        )
        name = client.create_workflow_invocation(parent=self.repository, workflow_invocation=wanted).name
        while (state := client.get_workflow_invocation(name=name).state.name) == "RUNNING":
            time.sleep(0.5)
        return state

    def transform(self, run_id: str, day: date = TODAY) -> None:
        """Run the warehouse as of a day; raise StepError if an assertion fails."""
        run_dataform(
            repository_name=self.repository,
            workspace="work",
            configuration=self.compilation(run_id, day),
            service_account="",
            timeout_seconds=300,
            longest_poll_seconds=0.5,
        )

    def tables(self, *kinds: str) -> Iterator[str]:
        for dataset in self.datasets.values():
            for item in self.client.list_tables(f"{PROJECT}.{dataset}"):
                if not kinds or item.table_type in kinds:
                    yield f"{dataset}.{item.table_id}"

    def rows(self, *tables: str) -> dict[str, list[str]]:
        """Return each table's rows as sorted JSON strings, read in a single query."""
        each = (
            f"SELECT '{table}' AS name, TO_JSON_STRING(row) AS text FROM `{PROJECT}.{table}` AS row"
            for table in tables
        )
        found: dict[str, list[str]] = {table: [] for table in tables}
        for row in self.client.query(" UNION ALL ".join(each)).result():
            found[row.name].append(row.text)
        return {table: sorted(rows) for table, rows in found.items()}

    def holding(self, texts: Iterable[str], *kinds: str) -> dict[str, list[str]]:
        """Return, by table, the rows that contain one of the texts, in tables of these kinds."""
        texts = list(texts)
        found = {
            table: [row for row in rows if any(text in row for text in texts)]
            for table, rows in self.rows(*self.tables(*kinds)).items()
        }
        return {table: rows for table, rows in found.items() if rows}

    def others(self) -> dict[str, list[str]]:
        """Return, by table, the rows of the customers who stay."""
        staying = (customer_key(customer) for customer in CUSTOMERS if customer not in ERASED)
        return self.holding(staying, "TABLE")

    def manifests(self) -> list[dict[str, Any]]:
        blobs = sorted(self.bucket.list_blobs(prefix="sales_manifests/"), key=lambda blob: blob.name)
        return [json.loads(blob.download_as_bytes()) for blob in blobs]

    def traces(self, *kinds: str) -> set[str]:
        """Return every place in the whole state that holds a trace of the erased customers.

        kinds are table types. Views are left out by default: they hold no data of their own, and one over an
        external table that has yet to be recreated cannot be read.
        """
        found = {
            f"Firestore {document.id}" for document in self.sales.stream() if _named(str(document.to_dict()))
        }
        for blob in self.bucket.list_blobs():
            if _named(blob.name) or any(map(_named, _texts(blob.name, blob.download_as_bytes()))):
                found.add(blob.name)
        found |= self.holding(NEEDLES, *(kinds or ("TABLE", "EXTERNAL"))).keys()
        return found | {path.name for path in self.reports.iterdir() if _named(path.read_text())}


def _named(text: str) -> bool:
    return any(needle in text for needle in NEEDLES)


def _texts(name: str, contents: bytes) -> Iterator[str]:
    """Yield an object's contents as text, both raw and decoded."""
    yield contents.decode("latin-1")
    if name.endswith(".parquet"):
        yield str(pq.read_table(io.BytesIO(contents)).to_pylist())
        yield str(pq.read_metadata(io.BytesIO(contents)).to_dict())
    if zipfile.is_zipfile(io.BytesIO(contents)):
        with zipfile.ZipFile(io.BytesIO(contents)) as archive:
            yield from (archive.read(member).decode("latin-1") for member in archive.namelist())


def opened(name: str, reports: Path) -> Shop:
    """Return an empty shop: its bucket, datasets, tables, key and Dataform workspace."""
    client = bigquery_client(PROJECT)
    datasets = {layer: f"{name}_{layer}".replace("-", "_") for layer in DATASETS}
    for dataset in datasets.values():
        client.create_dataset(dataset)
    make_tables(client, PROJECT, datasets)
    table = f"{PROJECT}.{datasets['keys']}.pseudonym_key"
    client.create_table(bigquery.Table(table, KEY_SCHEMA))
    client.load_table_from_json([{"key": KEY}], table).result()
    make_workspace(dataform_client(), PARENT, name, "work")
    bucket = storage_client(PROJECT).create_bucket(name)
    return Shop(firestore_client(PROJECT).collection(name), bucket, client, datasets, reports)


def fill(shop: Shop) -> None:
    """Create two days of exports, clicks, features, predictions, artifacts and a dashboard."""
    _first_day(shop)
    shop.export(YESTERDAY)
    shop.transform("first", YESTERDAY)
    _second_day(shop)
    shop.export(TODAY)
    shop.transform("second")
    extract_features(
        project=PROJECT,
        location=LOCATION,
        warehouse_dataset=shop.datasets["warehouse"],
        features_dataset=shop.datasets["features"],
        as_of=str(TODAY),
        horizon_days=20,
        cutoffs=2,
    )
    _predict(shop)
    campaign(shop)
    _leave_artifacts(shop)


def _first_day(shop: Shop) -> None:
    for place, customer in enumerate(CUSTOMERS):
        for back in range(1, 60, 7):
            shop.write(f"{place}-{back}", customer, TODAY - timedelta(days=back + place))
    shop.write("unread", ANNA, YESTERDAY, quantity="two")
    shop.write("nobodys", None, YESTERDAY, contact_email_hashed=email(BERT))
    shop.write("blank", f" {BERT} ", YESTERDAY)
    shop.write("from-carl", CARL, YESTERDAY)
    shop.write("from-anna", ANNA, YESTERDAY)
    shop.write("to-and-fro", ANNA, YESTERDAY)
    shop.write("broken-rule", BERT, YESTERDAY, status="lost")
    events = [
        click(f"e{place}-{hour}", customer, hour)
        for place, customer in enumerate([*CUSTOMERS, None])
        for hour in range(4)
    ]
    broken = [f'{{"event_id": "x", "customer_id": "{ANNA}", "session_id": ', '{"event_id": "y", "cust']
    text = "".join(f"{line}\n" for line in [*map(json.dumps, events), *broken])
    shop.bucket.blob(f"clickstream/load_date={YESTERDAY}/part.jsonl").upload_from_string(text)
    shop.bucket.blob(f"startups/load_date={YESTERDAY}/part.jsonl").upload_from_string("")


def click(event_id: str, customer: str | None, hour: int) -> dict[str, Any]:
    return {
        "event_id": event_id,
        "session_id": f"s-{event_id}",
        "customer_id": customer,
        "event_timestamp": f"{YESTERDAY}T{hour:02}:00:00Z",
        "event_type": "page_view",
        "page_url": "/",
        "referrer_domain": None,
        "device_type_category": "mobile",
        "is_bounce": False,
        "load_timestamp": f"{YESTERDAY}T23:00:00Z",
        "schema_version": "2.0.0",
    }


def _second_day(shop: Shop) -> None:
    """Write changes, deletions, and documents that pass from one customer to another."""
    shop.write("0-1", ANNA, YESTERDAY, status="refunded")
    shop.write("2-8", CARL, YESTERDAY, status="refunded")
    shop.write("new", BERT, YESTERDAY)
    shop.write("from-carl", ANNA, YESTERDAY)
    shop.write("from-anna", DORA, YESTERDAY)
    shop.write("to-and-fro", BERT, YESTERDAY)
    shop.sales.document("0-8").delete()
    shop.sales.document("3-8").delete()


def _predict(shop: Shop) -> None:
    """Load a prediction for each of the day's customers, in the format of write_predictions."""
    scoring = f"{PROJECT}.{shop.datasets['features']}.churn_scoring_examples"
    keys = [row.customer_key for row in shop.client.query(f"SELECT customer_key FROM `{scoring}`").result()]
    rows = [
        {
            "prediction_date": str(TODAY),
            "customer_key": key,
            "churn_probability": 0.25 + place / 10,
            "risk_band": "medium",
            "decile": place + 1,
            "expected_spend": 20.0,
            "value_at_risk": 10.0,
            "currency": "EUR",
            "top_reasons": ["no visit lately"],
            "model_version": "m",
            "as_of_date": str(TODAY),
            "horizon_days": 20,
            "pipeline_run_id": "r",
            "scored_at": f"{TODAY}T02:00:00Z",
        }
        for place, key in enumerate(sorted(keys))
    ]
    _load(shop, "fact_predictions_churn", rows)


def campaign(shop: Shop) -> None:
    """Load a campaign whose window has closed; of the erased, one was listed and one held out."""
    words = dict.fromkeys(("segment", "product_category", "channel", "reasons"), "x")
    numbers = dict.fromkeys(("churn_probability", "expected_spend", "value", "expected_loss"), 0.5)
    window = {"started_on": str(TODAY - timedelta(days=25)), "closes_on": str(TODAY - timedelta(days=5))}
    rows = [
        {
            "campaign": "spring",
            "horizon_days": 20,
            "holdout_share": 0.5,
            "currency": "EUR",
            "call_rank": place,
        }
        | {"customer_key": customer_key(customer), "arm": "held_out" if customer == BERT else "listed"}
        | {**window, **words, **numbers}
        for place, customer in enumerate(CUSTOMERS, start=1)
    ]
    _load(shop, "retention_audiences", rows)


def _load(shop: Shop, name: str, rows: list[dict[str, Any]]) -> None:
    table = f"{PROJECT}.{shop.datasets['warehouse']}.{name}"
    config = bigquery.LoadJobConfig(schema=shop.client.get_table(table).schema)
    shop.client.load_table_from_json(rows, table, job_config=config).result()


def _leave_artifacts(shop: Shop) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("sample.json", json.dumps({"customer_key": customer_key(BERT)}))
    shop.bucket.blob("mlops/pipeline_root/run/model").upload_from_string(archive.getvalue())
    shop.bucket.blob("mlops/pipeline_root/run/report.html").upload_from_string(
        f"<td>{customer_key(ANNA)}</td>"
    )
    shop.bucket.blob("mlops/pipeline_root/run/other.html").upload_from_string(
        f"<td>{customer_key(CARL)}</td>"
    )
    write_dashboard(PROJECT, shop.datasets["bi"], shop.reports / "dashboard.html")
    (shop.reports / "other.html").write_text(customer_key(CARL))
