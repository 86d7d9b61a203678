"""BigQuery tables that already exist, and definitions that have changed since."""

import uuid

import pytest
from google.cloud.bigquery import Table

from components.shared.clients import bigquery_client
from infra import migration, tables
from infra.migration import MigrationError, make_tables

DATASETS = {"warehouse": "gold", "features": "features"}


@pytest.fixture
def client(cloud):
    """A client of a separate project with the two datasets."""
    with bigquery_client(f"tables-{uuid.uuid4().hex[:8]}") as client:
        for dataset in DATASETS.values():
            client.create_dataset(dataset)
        yield client


def standing(client, name: str) -> Table:
    return client.get_table(f"{client.project}.{name}")


def redefined(monkeypatch, name: str, **changes) -> None:
    """Change the definition of one table."""
    definitions = tables.definitions()
    definitions[name] |= changes
    monkeypatch.setattr(migration, "definitions", lambda: definitions)


def drift_columns() -> list[dict[str, str]]:
    return tables.definition("churn_drift")["schema"]


NEW = {"name": "new", "type": "STRING", "mode": "NULLABLE", "description": "New"}


def test_tables_are_created_as_defined_and_then_left_unchanged(client):
    assert make_tables(client, client.project, DATASETS) == []
    made = standing(client, "gold.fact_predictions_churn")
    assert made.description == "Churn predictions, one row for each day and customer"
    assert made.time_partitioning.field == "prediction_date"
    assert made.clustering_fields == ["customer_key"]
    kinds = {column.name: (column.field_type, column.mode) for column in made.schema}
    assert kinds["top_reasons"] == ("STRING", "REPEATED")
    assert kinds["decile"] == ("INTEGER", "REQUIRED")
    assert standing(client, "features.churn_scoring_examples").schema[0].name == "as_of_date"
    assert make_tables(client, client.project, DATASETS) == []
    assert standing(client, "gold.fact_predictions_churn").etag == made.etag


def test_a_new_column_is_added_and_rows_stay(client, monkeypatch):
    make_tables(client, client.project, DATASETS)
    client.query_and_wait(
        "INSERT INTO gold.churn_drift (as_of_date, column_name, bounded, stability, missing_share, "
        "training_missing_share) VALUES (DATE '2026-01-31', 'visits', TRUE, 0.5, 0, 0)"
    )
    redefined(monkeypatch, "churn_drift", schema=[*drift_columns()[:2], NEW, *drift_columns()[2:]])
    assert make_tables(client, client.project, DATASETS) == ["gold.churn_drift: added new"]
    assert make_tables(client, client.project, DATASETS) == []
    [row] = client.query_and_wait("SELECT stability, `new` FROM gold.churn_drift")
    assert dict(row) == {"stability": 0.5, "new": None}
    assert standing(client, "gold.churn_drift").schema[-1].description == "New"


def test_changed_descriptions_are_updated_silently(client, monkeypatch):
    make_tables(client, client.project, DATASETS)
    first, *others = drift_columns()
    redefined(
        monkeypatch, "churn_drift", schema=[first | {"description": "A day"}, *others], description="Drift"
    )
    assert make_tables(client, client.project, DATASETS) == []
    table = standing(client, "gold.churn_drift")
    assert (table.description, table.schema[0].description) == ("Drift", "A day")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"schema": drift_columns()[:-1]}, "training_missing_share is FLOAT REQUIRED and should be gone"),
        (
            {"schema": [*drift_columns()[:-1], drift_columns()[-1] | {"type": "STRING"}]},
            "training_missing_share is FLOAT REQUIRED and should be STRING REQUIRED",
        ),
        ({"schema": [*drift_columns(), NEW | {"mode": "REQUIRED"}]}, "its new column new is NOT NULL"),
        ({"clustering": ["column_name"]}, "clustered by nothing and should be partitioned by as_of_date"),
        ({"partition": "other_date"}, "it is partitioned by as_of_date"),
    ],
)
def test_other_changes_stop_before_anything_is_changed(client, monkeypatch, changes, told):
    make_tables(client, client.project, DATASETS)
    definitions = tables.definitions()
    definitions["churn_drift"] |= changes
    definitions["pipeline_runs"]["schema"].append(NEW)
    monkeypatch.setattr(migration, "definitions", lambda: definitions)
    with pytest.raises(MigrationError) as stopped:
        make_tables(client, client.project, DATASETS)
    [line] = str(stopped.value).splitlines()
    assert line.startswith("gold.churn_drift cannot be migrated: ")
    assert told in line
    assert "bq rm -t gold.churn_drift" in line
    assert "new" not in [column.name for column in standing(client, "gold.pipeline_runs").schema]
