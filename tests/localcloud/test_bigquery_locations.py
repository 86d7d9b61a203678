"""Jobs have a location, as BigQuery's page on locations says: they are found there, and reach data there."""

import io

import pytest
from google.api_core.exceptions import NotFound
from google.cloud import bigquery

from components.shared.clients import bigquery_client

PROJECT = "located-project"


@pytest.fixture(scope="module")
def client(cloud) -> bigquery.Client:
    client = bigquery_client(PROJECT)
    for name, location in (("eu", "EU"), ("us", "US")):
        dataset = bigquery.Dataset(f"{PROJECT}.{name}")
        dataset.location = location
        client.create_dataset(dataset)
        client.query_and_wait(f"CREATE TABLE {name}.letters AS SELECT 'a' AS letter")
    return client


@pytest.mark.parametrize(
    ("location", "found"), [("EU", "EU"), ("europe-west4", "europe-west4"), (None, "US")]
)
def test_a_query_has_the_location_it_was_requested_with(client, location, found):
    job = client.query("SELECT 1", location=location)
    job.result()
    assert (job.location, client.get_job(job.job_id, location=found).location) == (found, found)
    assert client.query_and_wait("SELECT 1", location=location).location == found


def test_a_job_is_found_only_in_its_own_location(client):
    job = client.query("SELECT 1", location="EU")
    assert client.get_job(job.job_id, location="eu").done()
    assert client.get_job(job.job_id).location == "EU"
    for ask in (client.get_job, client.cancel_job):
        with pytest.raises(NotFound, match=f"Job {PROJECT}:US.{job.job_id}"):
            ask(job.job_id, location="US", retry=None)


def test_the_default_location_is_that_of_the_destination(client):
    load = client.load_table_from_file(
        io.BytesIO(b"b\n"), "eu.loaded", job_config=bigquery.LoadJobConfig(autodetect=True)
    )
    into = bigquery.QueryJobConfig(destination=f"{PROJECT}.eu.written")
    copy = client.copy_table("eu.letters", f"{PROJECT}.eu.copied")
    jobs = [load, client.query("SELECT 1 AS n", job_config=into), copy]
    assert [job.result() and job.location for job in jobs] == ["EU"] * 3


def test_a_dataset_in_another_location_is_not_found(client):
    def refused():
        return pytest.raises(NotFound, match=f"Dataset {PROJECT}:eu was not found in location US")

    for settings in (bigquery.QueryJobConfig(), bigquery.QueryJobConfig(dry_run=True)):
        with refused():
            client.query("SELECT * FROM eu.letters", location="US", job_config=settings).result()
    with refused():
        client.query_and_wait("INSERT INTO eu.letters VALUES ('b')", location="US")
    with refused():
        client.copy_table("eu.letters", f"{PROJECT}.us.copied", location="US")
    with refused():
        client.load_table_from_file(io.BytesIO(b"b\n"), "eu.more", location="US")
    assert [tuple(row) for row in client.query_and_wait("SELECT * FROM eu.letters", location="EU")] == [
        ("a",)
    ]


def test_a_dataset_without_a_location_is_reached_from_everywhere(client):
    client.create_dataset("anywhere")
    client.query_and_wait("CREATE TABLE anywhere.t AS SELECT 1 AS n", location="us-central1")
    assert [row.n for row in client.query_and_wait("SELECT n FROM anywhere.t", location="EU")] == [1]


def test_a_schema_has_its_jobs_location(client):
    client.query_and_wait("CREATE SCHEMA made", location="EU")
    assert client.get_dataset("made").location == "EU"


def test_a_table_has_its_datasets_location(client):
    client.query_and_wait("CREATE TABLE eu.made AS SELECT 1 AS n", location="EU")
    client.create_table("eu.empty")
    assert {client.get_table(f"eu.{name}").location for name in ("letters", "made", "empty")} == {"EU"}
    assert client.get_table("us.letters").location == "US"
