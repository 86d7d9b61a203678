"""A statement that differs only in its day is not analysed again, and still answers for its own day."""

import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from google.api_core.exceptions import BadRequest
from google.cloud import bigquery
from google.cloud.bigquery import QueryJobConfig, ScalarQueryParameter

from components.shared.clients import bigquery_client
from localcloud.bigquery.hidden_dates import Dates
from localcloud.supervisor import running
from tests.cloud import led_to

DAYS = ("2026-02-27", "2026-02-28")
SCRIPT = """
DECLARE first, last, middle DATE DEFAULT @day;
DECLARE fewest, most, usual INT64 DEFAULT 1;
SELECT COUNT(*) AS n FROM dated.sales
WHERE day IN (first, last, middle) AND n BETWEEN fewest AND most + usual
  AND DATE_SUB(day, INTERVAL 1 DAY) < @day
"""


def test_the_same_statement_for_two_days_is_one_text():
    texts = [f"SELECT DATE '{day}', TIMESTAMP \"{day} 01:00:00\", '2026-01-01' FROM t" for day in DAYS]
    hidden = [Dates(text).hide(text) for text in texts]
    assert hidden[0] == hidden[1]
    assert len(hidden[0]) == len(texts[0])
    assert [Dates(text).restore(hidden[0]) for text in texts] == texts


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("'2026-02-27' < '2026-02-28'", "'2026-02-27' < '2026-02-27'"),  # two different days, and one twice
        ("DATE '2026-02-28'", "DATE '2026-02-30'"),  # a day that exists, and one that does not
        ("`sales-2026-02-27`", "`sales-2026-02-28`"),  # names
        ("'since 2026-02-27'", "'since 2026-02-28'"),  # texts
        ("'2026-02-270'", "'2026-02-280'"),
        ("20260227", "20260228"),
    ],
)
def test_statements_that_differ_in_more_than_the_day_stay_apart(one, other):
    assert Dates(one).hide(one) != Dates(other).hide(other)


@pytest.mark.parametrize("text", ["'2001-01-01', '2026-02-27'", "'2026-02-27' x 2001-01-01"])
def test_no_date_is_hidden_where_one_could_be_mistaken(text):
    dates = Dates(text)
    assert dates.restore(dates.hide(text)) == text


def answers_of_a_day(state: Path, day: str) -> tuple[list[int], int]:
    """Return a new process's answers for a day, and how many texts it keeps by then."""
    settings = QueryJobConfig(query_parameters=[ScalarQueryParameter("day", "DATE", date.fromisoformat(day))])
    with running(state, ("bigquery",)) as endpoints, led_to(endpoints):
        client = bigquery_client("dated-project")
        client.create_dataset("dated", exists_ok=True)
        client.query_and_wait("CREATE OR REPLACE TABLE dated.sales (day DATE, n INT64) PARTITION BY day")
        client.query_and_wait("INSERT INTO dated.sales VALUES (DATE '2026-02-28', 2)")
        asked = (SCRIPT, "SELECT n FROM dated.sales WHERE day = @day")
        found = [n for sql in asked for (n,) in client.query_and_wait(sql, job_config=settings)]
    with closing(sqlite3.connect(state / "bigquery" / "statements.sqlite")) as kept:
        return found, kept.execute("SELECT COUNT(*) FROM kept").fetchone()[0]


def test_the_next_day_s_process_analyses_nothing_again(tmp_path, monkeypatch):
    """Neither values of parameters nor the order of a set, which is random, make another statement."""
    found = []
    for seed, day in enumerate(DAYS):
        monkeypatch.setenv("PYTHONHASHSEED", str(seed))
        found.append(answers_of_a_day(tmp_path, day))
    assert [answers for answers, _ in found] == [[0], [1, 2]]
    assert found[1][1] == found[0][1] > 0


@pytest.fixture(scope="module")
def client(cloud) -> bigquery.Client:
    client = bigquery_client("dated-project")
    client.create_dataset("dated")
    values = ", ".join(f"(DATE '{day}', {n})" for n, day in enumerate(DAYS, 1))
    client.query_and_wait(
        "CREATE TABLE dated.sales (day DATE, n INT64) PARTITION BY day;"
        f"INSERT INTO dated.sales VALUES {values}, (DATE '{DAYS[1]}', 3)"
    )
    return client


def test_each_day_has_its_own_answer_and_its_own_bytes(client):
    found = []
    for day in DAYS:
        sql = (
            f"SELECT FORMAT('%t|%s', day, '{day}') AS told, n FROM dated.sales WHERE day = '{day}' ORDER BY n"
        )
        job = client.query(sql)
        found.append(([tuple(row) for row in job.result()], job.total_bytes_processed))
    first, second = (f"{day}|{day}" for day in DAYS)
    assert found == [([(first, 1)], 16), ([(second, 2), (second, 3)], 32)]


def test_a_replaced_view_answers_for_its_own_day(client):
    for number, day in enumerate(DAYS, 1):
        client.query_and_wait(
            f"CREATE OR REPLACE VIEW dated.of_day AS SELECT n FROM dated.sales WHERE day = '{day}'"
        )
        job = client.query("SELECT COUNT(n) AS n FROM dated.of_day")
        assert [row.n for row in job.result()] == [number]
        assert job.total_bytes_processed == 16 * number
        assert day in client.get_table("dated.of_day").view_query


def test_an_error_is_reported_only_for_its_own_day(client):
    assert client.query("SELECT n FROM dated.sales WHERE day = DATE '2026-02-28'").result()
    with pytest.raises(BadRequest, match="Invalid DATE literal at"):
        client.query_and_wait("SELECT n FROM dated.sales WHERE day = DATE '2026-02-30'")
    with pytest.raises(BadRequest, match="Unrecognized name: nope at"):
        client.query_and_wait("SELECT nope FROM dated.sales WHERE day = DATE '2026-02-28'")
