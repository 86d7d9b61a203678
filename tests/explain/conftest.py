"""The shop in a local BigQuery, two days of its predictions, and the command that explains them."""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from google.cloud.bigquery import Client, LoadJobConfig, SchemaField
from google.cloud.storage import Bucket

from components.churn_model import saved_model
from components.churn_model.day import DayFit, read_sample
from components.churn_model.expected_spend import fit_spend_day
from components.churn_model.model import ChurnModel, Recipe, fit
from components.churn_model.reading import read_training_examples
from components.extract_features.step import extract_features
from components.shared.clients import bigquery_client, storage_client
from components.shared.names import KEY_TABLE
from components.train_churn_model.registry import Registry
from components.train_churn_model.spend_training import measure_history
from components.write_predictions.step import write_predictions
from explain.__main__ import main
from infra.migration import make_tables
from localcloud.endpoints import Endpoints
from tests.cloud import led_to
from tests.explain.shop import ANN, AS_OF, DAY_BEFORE, HORIZON, SECRET, Row, everyones_versions, sessions

BUCKET = "explained-models"
DATASETS = {name: f"explained_{name}" for name in ("warehouse", "features", "keys")}
COLUMNS = {
    "fct_sale_versions": "sale_id customer_key sale_date:DATE product_category quantity:INT64 "
    "total_amount:FLOAT64 currency status known_from:TIMESTAMP known_until:TIMESTAMP "
    "known_from_date:DATE known_until_date:DATE",
    "fct_click_versions": "customer_key event_date:DATE session_count:INT64 add_to_cart_count:INT64 "
    "known_from_date:DATE known_until_date:DATE",
    KEY_TABLE: "key",
}
FACTS = {
    "rows": 1,
    "cutoff_dates": ["2025-05-31"],
    "decision": "It is promoted.",
    "metrics": {"roc_auc": 0.8, "log_loss": 0.5, "expected_calibration_error": 0.01},
}


@dataclass(frozen=True)
class Outcome:
    """What the command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.out)

    @property
    def differing(self) -> dict[str, tuple[Any, Any]]:
        """What differs, by name: the stored value and the recomputed one."""
        return {each["what"]: (each["stored"], each["again"]) for each in self.json["replay"]["differences"]}


@dataclass(frozen=True)
class Shop:
    """The local cloud, its clients, and the day's model, whose MBG/NBD alone served the day before."""

    laptop: Endpoints
    client: Client
    bucket: Bucket
    model: ChurnModel

    def run(self, *arguments: str) -> Outcome:
        """Run the command in this process."""
        places = [f"--{name}-dataset={dataset}" for name, dataset in DATASETS.items()]
        out, err = io.StringIO(), io.StringIO()
        with led_to(self.laptop), redirect_stdout(out), redirect_stderr(err):
            code = main(["--project", self.client.project, "--bucket", BUCKET, *places, *arguments])
        return Outcome(code, out.getvalue(), err.getvalue())

    def query(self, sql: str) -> list[Row]:
        return [dict(row) for row in self.client.query(sql).result()]

    def row(self, table: str, customer_key: str, day_column: str, day: Any = AS_OF) -> Row:
        where = f"customer_key = '{customer_key}' AND {day_column} = '{day}'"
        [row] = self.query(f"SELECT * FROM {table} WHERE {where}")
        return row

    @contextmanager
    def without_file(self, name: str, content: bytes | None = None) -> Iterator[None]:
        """Remove a file of the served version, or replace its content, for the duration of a block."""
        blob = self.bucket.blob(f"mlops/models/{self.model.version}/{name}")
        before = blob.download_as_bytes()
        blob.delete() if content is None else blob.upload_from_string(content)
        yield
        blob.upload_from_string(before)

    @contextmanager
    def changed(self, table: str, column: str, value: str, customer_key: str, day: str) -> Iterator[None]:
        """Replace a stored value for the duration of a block."""
        where = f"WHERE customer_key = '{customer_key}' AND {day} = '{AS_OF}'"
        [before] = self.query(f"SELECT {column} AS it FROM {table} {where}")
        self.query(f"UPDATE {table} SET {column} = {value} {where}")
        yield
        self.query(f"UPDATE {table} SET {column} = {before['it']!r} {where}")


def load(client: Client, table: str, rows: list[Row]) -> None:
    pairs = [column.partition(":") for column in COLUMNS[table.rpartition(".")[2]].split()]
    schema = [SchemaField(name, kind or "STRING") for name, _, kind in pairs]
    texts = [{name: value and str(value) for name, value in row.items()} for row in rows]
    client.load_table_from_json(texts, table, job_config=LoadJobConfig(schema=schema)).result()


def with_times(row: Row) -> Row:
    """Return a version with the timestamps of its days; the last one has no end."""
    until = row["known_until_date"]
    times = {"known_from": f"{row['known_from_date']}T12:00:00Z"}
    return row | times | ({} if until.year == 9999 else {"known_until": f"{until}T12:00:00Z"})


@pytest.fixture(scope="session")
def shop(laptop: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with led_to(laptop), bigquery_client(laptop.project) as client:
        for dataset in DATASETS.values():
            client.create_dataset(dataset)
        make_tables(client, client.project, DATASETS)
        load(client, f"{DATASETS['warehouse']}.fct_sale_versions", [*map(with_times, everyones_versions())])
        load(client, f"{DATASETS['warehouse']}.fct_click_versions", sessions())
        load(client, f"{DATASETS['keys']}.{KEY_TABLE}", [{"key": SECRET}])
        bucket = storage_client(client.project).create_bucket(BUCKET)
        model = predict(client, tmp_path_factory.mktemp("model"))
    yield Shop(laptop, client, bucket, model)


def predict(client: Client, folder: Path) -> ChurnModel:
    """Write two days' predictions: the day before's by a model's MBG/NBD alone, the day's by all of it."""
    place = {"project": client.project, "location": "us-central1"}
    datasets = {f"{name}_dataset": DATASETS[name] for name in ("warehouse", "features")}
    for day in (DAY_BEFORE, AS_OF):
        extract_features(**place, **datasets, as_of=str(day), horizon_days=HORIZON, cutoffs=8)
    examples = read_training_examples(client, client.project, DATASETS["features"], AS_OF, HORIZON)
    model = fit(examples, Recipe.FULL, HORIZON)
    history = measure_history(examples, HORIZON)
    assert history is not None
    spend = history.fit(examples, AS_OF)
    assert spend is not None
    saved_model.save(folder / "whole", model, None, FACTS, spend)
    saved_model.save(folder / "alone", model.fallback, None, FACTS)
    registry = Registry(**place, bucket=BUCKET, horizon_days=HORIZON)
    registry.register(folder / "whole", AS_OF, promoted=True)
    customers = read_sample(client, client.project, DATASETS["features"], AS_OF, HORIZON)
    assert customers is not None
    spend_fit = fit_spend_day(model, spend, *customers, AS_OF).fit
    saved_model.keep_day(folder / "whole", DayFit(model.purchases, 1.0, 0.0, spend_fit), model.version)
    registry.keep_day(folder / "whole", model.version, AS_OF)
    for day, files in ((DAY_BEFORE, "alone"), (AS_OF, "whole")):
        run = {"as_of": str(day), "run_id": f"run-{day}", "scored_at": f"{day}T02:00:00Z"}
        path = str(folder / files)
        write_predictions(**place, **datasets, **run, horizon_days=HORIZON, model_path=path)
    return model


@pytest.fixture(scope="session")
def ann(shop: Shop) -> Outcome:
    """Return the explanation of Ann's day, as JSON."""
    return shop.run(ANN, "--on", str(AS_OF), "--json")
