"""A source of JSON lines without files can still be read, and one with files is left as it is."""

import uuid

import pytest
from google.api_core.exceptions import BadRequest

from components.shared.clients import bigquery_client, storage_client
from components.shared.errors import StepError
from components.shared.sources import PLACEHOLDER, parse_sources, put_placeholder_files


def test_an_empty_source_is_read_as_no_rows(services: None) -> None:
    name = f"bare-{uuid.uuid4().hex[:8]}"
    bucket = storage_client("bare-shop").create_bucket(name)
    client = bigquery_client("bare-shop")
    client.create_dataset("bare", exists_ok=True)
    external = f"""
        CREATE OR REPLACE EXTERNAL TABLE bare.clicks (line STRING) WITH PARTITION COLUMNS (load_date DATE)
        OPTIONS (format = 'CSV', field_delimiter = '\\x01', quote = '', uris = ['gs://{name}/clickstream/*'],
          hive_partition_uri_prefix = 'gs://{name}/clickstream');
        SELECT COUNT(NULLIF(TRIM(line), '')) AS n FROM bare.clicks
    """
    with pytest.raises(BadRequest, match="without any associated files"):
        client.query_and_wait(external)
    put_placeholder_files(bucket, ["clickstream"])
    [[clicks]] = client.query_and_wait(external)
    assert clicks == 0


def test_existing_files_are_left_alone(services: None) -> None:
    bucket = storage_client("bare-shop").create_bucket(f"bare-{uuid.uuid4().hex[:8]}")
    bucket.blob(f"startups/{PLACEHOLDER}").upload_from_string("here before")
    put_placeholder_files(bucket, ["clickstream", "startups"])
    put_placeholder_files(bucket, ["clickstream", "startups"])
    assert bucket.blob(f"startups/{PLACEHOLDER}").download_as_text() == "here before"
    assert bucket.blob(f"clickstream/{PLACEHOLDER}").download_as_text() == "\n"


def test_an_unknown_source_is_refused() -> None:
    assert parse_sources("") == []
    assert parse_sources("clickstream,startups") == ["clickstream", "startups"]
    with pytest.raises(StepError, match="'weather' is not one of"):
        parse_sources("weather")
