"""What every attempt starts from: the shop in Firestore, its first export, its warehouse, examples, a model.

It is made once per cloud, without faults. Attempts read it, and write to places named after themselves.
"""

import io
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from google.cloud import bigquery, storage

from components.export_sales.request import ExportRequest
from components.export_sales.step import export_sales
from components.extract_features.step import extract_features
from components.shared.clients import bigquery_client, dataform_client, firestore_client, storage_client
from components.train_churn_model.step import train_churn_model
from infra.deploy.warehouse import make_workspace
from infra.tables import definitions
from localcloud.endpoints import Endpoints
from tests.faults.own_cloud import OwnCloud
from tests.faults.shop import AS_OF, BEFORE, HORIZON, Shop, make_shop, sold_on

LOCATION = "us-central1"
COLLECTION = "faulty_sales"
TEMPLATE = "faults-template"
LAKE = "faults-lake"
CUTOFFS = 4
TRAINING_PROJECTS = [f"faults-training-{number}" for number in range(6)]
WORKSPACE = Path(__file__).with_name("workspace")
STRINGS = ("sale_id", "customer_key", "product_category", "currency", "status")
DATES = ("sale_date", "known_from_date", "known_until_date")
VERSIONS = pa.schema(
    [(name, pa.string()) for name in STRINGS]
    + [(name, pa.date32()) for name in DATES]
    + [("quantity", pa.int64()), ("total_amount", pa.float64())]
)
CLICKS = [
    bigquery.SchemaField("customer_key", "STRING"),
    bigquery.SchemaField("event_date", "DATE"),
    bigquery.SchemaField("session_count", "INT64"),
    bigquery.SchemaField("add_to_cart_count", "INT64"),
    bigquery.SchemaField("known_from_date", "DATE"),
    bigquery.SchemaField("known_until_date", "DATE"),
]


@dataclass(frozen=True)
class Ground:
    """The clients, connected directly to the cloud, and where things are stored."""

    endpoints: Endpoints
    folder: Path
    shop: Shop
    bigquery: bigquery.Client
    storage: storage.Client
    cloud: OwnCloud | None = None

    @property
    def project(self) -> str:
        """The project that all attempts use."""
        return self.endpoints.project

    @property
    def model(self) -> Path:
        """The folder of the model in use."""
        return self.folder / "model"

    def rows(self, sql: str) -> list[dict[str, Any]]:
        """Return the rows of a query."""
        return [dict(row) for row in self.bigquery.query(sql).result()]

    def make_dataset(self, name: str) -> str:
        """Create a dataset and return its name."""
        self.bigquery.create_dataset(name, exists_ok=True)
        return name

    def make_bucket(self, name: str) -> storage.Bucket:
        """Create a bucket."""
        return self.storage.create_bucket(name)

    def make_tables(self, name: str, *tables: str) -> None:
        """Create tables that steps write to, in the datasets named after `name`."""
        for table in tables:
            definition = definitions()[table]
            dataset = self.make_dataset(f"{definition['dataset']}_{name}")
            schema = [bigquery.SchemaField.from_api_repr(column) for column in definition["schema"]]
            made = bigquery.Table(f"{self.project}.{dataset}.{table}", schema)
            made.time_partitioning = bigquery.TimePartitioning(field=definition["partition"])
            self.bigquery.create_table(made)


def make_ground(
    endpoints: Endpoints, folder: Path, steps: Iterable[str], cloud: OwnCloud | None = None
) -> Ground:
    """Make what these steps start from; the process's clients must already point at the cloud."""
    project = endpoints.project
    clients = bigquery_client(project), storage_client(project)
    ground = Ground(endpoints, folder, make_shop(), *clients, cloud)
    made = dict.fromkeys(maker for step in steps for maker in NEEDED.get(step, ()))
    for maker in made:
        maker(ground)
    return ground


def _make_exports(ground: Ground) -> None:
    """Write the previous day's documents, export them, and then change them."""
    shop, template = ground.shop, ground.make_bucket(TEMPLATE)
    collection = firestore_client(ground.project).collection(COLLECTION)
    for key, fields in shop.before.items():
        collection.document(key).set(fields)
    export_sales(ExportRequest(**export_arguments(ground, template.name, BEFORE)))
    for key in shop.before.keys() - shop.now.keys():
        collection.document(key).delete()
    for key, fields in shop.now.items():
        if shop.before.get(key) != fields:
            collection.document(key).set(fields)


def export_arguments(ground: Ground, bucket: str, day: date) -> dict[str, Any]:
    """Return the arguments of an export."""
    return {
        "project": ground.project,
        "database": "(default)",
        "collection": COLLECTION,
        "bucket": bucket,
        "as_of": day.isoformat(),
        "max_reject_share": 0.5,
    }


def _make_workspace(ground: Ground) -> None:
    """Create a repository with a small workspace, and put both exports into its lake."""
    copy_objects(ground, TEMPLATE, ground.make_bucket(LAKE))
    export_sales(ExportRequest(**export_arguments(ground, LAKE, AS_OF)))
    parent = f"projects/{ground.project}/locations/{LOCATION}"
    make_workspace(dataform_client(), parent, "faults", "work", WORKSPACE)
    ground.make_tables("faults", "pipeline_runs")


def copy_objects(ground: Ground, source: str, target: storage.Bucket) -> None:
    """Copy all objects of a bucket into another."""
    bucket = ground.storage.bucket(source)
    for blob in ground.storage.list_blobs(source):
        bucket.copy_blob(blob, target, blob.name)


def _make_warehouse(ground: Ground) -> None:
    """Fill fct_sale_versions with what the shop sold, each sale known from its own day."""
    warehouse = ground.make_dataset("warehouse_ground")
    rows = [
        {
            "sale_id": key,
            "customer_key": fields["customer_id"],
            "sale_date": sold_on(fields),
            "known_from_date": sold_on(fields),
            "known_until_date": date(9999, 12, 31),
            **{name: fields[name] for name in ("product_category", "currency", "status")},
            **{name: fields[name] for name in ("quantity", "total_amount")},
        }
        for key, fields in ground.shop.good.items()
    ]
    parquet = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows, VERSIONS), parquet)
    table = f"{ground.project}.{warehouse}.fct_sale_versions"
    settings = bigquery.LoadJobConfig(source_format="PARQUET", write_disposition="WRITE_TRUNCATE")
    ground.bigquery.load_table_from_file(parquet, table, rewind=True, job_config=settings).result()
    clicks = bigquery.Table(f"{ground.project}.{warehouse}.fct_click_versions", CLICKS)
    ground.bigquery.create_table(clicks, exists_ok=True)


def _make_examples(ground: Ground) -> None:
    ground.make_tables("ground", "churn_training_examples", "churn_scoring_examples")
    extract_features(
        project=ground.project,
        location=LOCATION,
        warehouse_dataset="warehouse_ground",
        features_dataset="features_ground",
        as_of=AS_OF.isoformat(),
        horizon_days=HORIZON,
        cutoffs=CUTOFFS,
    )


def _copy_examples(ground: Ground) -> None:
    """Copy the examples into the projects in which trainings run."""
    name = "features_ground.churn_training_examples"
    for project in TRAINING_PROJECTS:
        ground.bigquery.create_dataset(f"{project}.features_ground", exists_ok=True)
        ground.rows(f"CREATE TABLE `{project}.{name}` AS SELECT * FROM `{ground.project}.{name}`")


def _make_model(ground: Ground) -> None:
    train_churn_model(
        project=ground.project,
        location=LOCATION,
        features_dataset="features_ground",
        as_of=AS_OF.isoformat(),
        horizon_days=HORIZON,
        challenger_path=str(ground.folder / "challenger"),
        model_path=str(ground.model),
        report_path=str(ground.folder / "report.html"),
        model_card_path=str(ground.folder / "card.md"),
    )


NEEDED = {
    "export_sales": (_make_exports,),
    "plan_export": (_make_exports,),
    "export_shard": (_make_exports,),
    "export_sales_of_shards": (_make_exports,),
    "file_lost": (_make_exports,),
    "day_not_begun": (_make_exports,),
    "run_dataform": (_make_exports, _make_workspace),
    "extract_features": (_make_warehouse,),
    "train_churn_model": (_make_warehouse, _make_examples, _copy_examples),
    "write_predictions": (_make_warehouse, _make_examples, _make_model),
    "score_shard": (_make_warehouse, _make_examples, _make_model),
    "write_predictions_of_shards": (_make_warehouse, _make_examples, _make_model),
    "watch_predictions": (_make_warehouse, _make_examples, _make_model),
}


def started(days_ago: int = 0) -> str:
    """Return the time of a run's trigger, at midnight UTC."""
    return datetime.combine(AS_OF - timedelta(days=days_ago), datetime.min.time(), UTC).isoformat()


def record_of(ground: Ground, bucket: str, run_id: str, step: str) -> dict[str, Any]:
    """Return the contents of a step's record."""
    blob = ground.storage.bucket(bucket).blob(f"mlops/runs/{run_id}/{step}.json")
    found: dict[str, Any] = json.loads(blob.download_as_text())
    return found
