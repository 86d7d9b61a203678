"""Provisioning creates everything once, and the key appears nowhere but in its table."""

import re
import uuid

import pytest
from google.cloud import bigquery

from components.shared.clients import bigquery_client, storage_client
from components.shared.names import DATASETS
from infra import tables
from laptop.provision import main, provision

KEY = "SELECT key FROM winter_days_keys.pseudonym_key"


@pytest.fixture
def project(cloud) -> str:
    """A separate project in the BigQuery that all tests share."""
    return f"provision-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def client(project):
    with bigquery_client(project) as client:
        yield client


def keys(client) -> list[str]:
    return [row.key for row in client.query_and_wait(KEY)]


def test_everything_is_created_and_a_second_run_changes_nothing(client, project):
    bucket = f"lake-{project}"
    provision(project, bucket, "europe-west1")
    (key,) = keys(client)
    assert re.fullmatch("[0-9a-f]{64}", key)
    assert {dataset.dataset_id for dataset in client.list_datasets()} >= set(DATASETS.values())
    assert client.get_dataset(DATASETS["staging"]).location == "europe-west1"
    storage_client(project).bucket(bucket).blob("kept").upload_from_string("x")

    provision(project, bucket, "europe-west1")
    assert keys(client) == [key]
    assert storage_client(project).bucket(bucket).blob("kept").exists()


def test_the_tables_that_the_steps_write_exist(client, project):
    provision(project, f"lake-{project}")
    made = {table.table_id for table in client.list_tables("winter_days_warehouse")}
    made |= {table.table_id for table in client.list_tables("winter_days_features")}
    assert made == set(tables.definitions())


def test_a_table_that_cannot_be_migrated_stops_with_what_to_do(client, project, capsys):
    client.create_dataset("winter_days_warehouse")
    client.query_and_wait("CREATE TABLE winter_days_warehouse.churn_drift (as_of_date STRING)")
    assert main(["--project", project, "--bucket", f"lake-{project}"]) == 1
    told = capsys.readouterr().err
    assert "winter_days_warehouse.churn_drift cannot be migrated: its column as_of_date is STRING" in told
    assert "drop it (bq rm -t winter_days_warehouse.churn_drift)" in told


def test_projects_have_different_keys(client, project):
    provision(project, f"lake-{project}")
    with bigquery_client(f"{project}-other") as other:
        provision(f"{project}-other", f"lake-{project}")
        assert keys(client) != keys(other)


def test_a_key_created_concurrently_is_not_replaced(client, project, monkeypatch):
    provision(project, f"lake-{project}")
    made = keys(client)
    empty = bigquery.Table(f"{project}.winter_days_keys.pseudonym_key")
    monkeypatch.setattr(bigquery.Client, "create_table", lambda *_, **__: empty)
    provision(project, f"lake-{project}")
    assert keys(client) == made


def test_the_key_is_in_no_job(client, project):
    provision(project, f"lake-{project}")
    (key,) = keys(client)
    jobs = list(client.list_jobs(all_users=True))
    assert jobs
    assert not any(key in str(job.to_api_repr()) for job in jobs)


def test_without_stand_ins_the_command_refuses(monkeypatch, capsys):
    monkeypatch.delenv("BIGQUERY_EMULATOR_HOST", raising=False)
    assert main([]) == 1
    assert "BIGQUERY_EMULATOR_HOST is not set" in capsys.readouterr().err
