"""A result is complete in its first page, so that to_dataframe() does not need Google's Storage API."""

from datetime import UTC, datetime

import pytest
from google.cloud import bigquery

from components.shared.clients import bigquery_client

DAYS = "SELECT TIMESTAMP_ADD(TIMESTAMP '2026-01-01 00:00:00.000001+00', INTERVAL n DAY) AS moment"
FIRST = datetime(2026, 1, 1, 0, 0, 0, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def client(cloud) -> bigquery.Client:
    return bigquery_client("paged-project")


def days(count: int) -> str:
    return f"{DAYS} FROM UNNEST(GENERATE_ARRAY(0, {count - 1})) AS n ORDER BY moment"


@pytest.mark.parametrize("ask", ["query", "query_and_wait"])
def test_all_rows_are_in_the_first_page(client: bigquery.Client, ask: str) -> None:
    asked = getattr(client, ask)(days(120_000))
    rows = asked.result() if ask == "query" else asked
    assert not rows._should_use_bqstorage(None, create_bqstorage_client=True)
    read = list(rows)
    assert len(read) == rows.total_rows == 120_000
    assert read[0].moment == FIRST


def test_only_the_rows_asked_for_are_returned(client: bigquery.Client) -> None:
    job = client.query(days(9))
    assert list(job.result(max_results=0)) == []
    assert [row.moment.day for row in client.get_job(job.job_id).result(start_index=7)] == [8, 9]
    assert [row.moment.day for row in client.get_job(job.job_id).result(max_results=2)] == [1, 2]
    pages = [len(list(page)) for page in client.get_job(job.job_id).result(page_size=4).pages]
    assert pages == [4, 4, 1]


def test_more_than_fits_a_page_comes_in_pages(client: bigquery.Client) -> None:
    numbers = "SELECT 1 AS n FROM UNNEST(GENERATE_ARRAY(1, 501)), UNNEST(GENERATE_ARRAY(1, 1000))"
    rows = client.query(numbers).result()
    assert rows._should_use_bqstorage(None, create_bqstorage_client=True)
    assert sum(row.n for row in rows) == 501_000
