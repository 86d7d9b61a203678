"""Transactions that change one table at once: the second fails, whatever rows either has found.

docs.cloud.google.com/bigquery/docs/transactions#transaction_concurrency.
"""

from collections.abc import Callable

import pytest
from google.api_core.exceptions import BadRequest
from google.cloud.bigquery import Client, ConnectionProperty, QueryJobConfig

from components.shared.clients import bigquery_client

REPLACE = ("DELETE FROM conflicts.t WHERE day = 1", "INSERT conflicts.t SELECT 1 AS day")
ABORTED = "Transaction is aborted due to concurrent update against table conflicts-project:conflicts.t"
NOT_ALONE = "Could not serialize access to table conflicts-project:conflicts.t due to concurrent update"

type Run = Callable[..., None]


@pytest.fixture(scope="module")
def client(cloud) -> Client:
    client = bigquery_client("conflicts-project")
    client.create_dataset("conflicts")
    return client


@pytest.fixture(autouse=True)
def table(client) -> None:
    client.query_and_wait("CREATE OR REPLACE TABLE conflicts.t (day INT64)")


def session(client: Client) -> Run:
    """Return a function that runs statements in a session of its own."""
    first = client.query("SELECT 1", QueryJobConfig(create_session=True))
    first.result()
    within = [ConnectionProperty("session_id", first.session_info.session_id)]

    def run(*statements: str) -> None:
        for sql in statements:
            client.query_and_wait(sql, job_config=QueryJobConfig(connection_properties=within))

    return run


def days(client: Client) -> int:
    [row] = client.query_and_wait("SELECT COUNT(*) AS n FROM conflicts.t")
    return int(row.n)


@pytest.mark.parametrize("is_first_done", [False, True])
def test_the_second_of_two_transactions_that_replace_a_day_fails(client: Client, is_first_done: bool) -> None:
    first, second = session(client), session(client)
    for each in (first, second):
        each("BEGIN TRANSACTION")
    first(*REPLACE, *(["COMMIT TRANSACTION"] if is_first_done else []))
    with pytest.raises(BadRequest, match=ABORTED):
        second(*REPLACE)
    second("ROLLBACK TRANSACTION")
    if not is_first_done:
        first("COMMIT TRANSACTION")
    assert days(client) == 1
    second("BEGIN TRANSACTION", *REPLACE, "COMMIT TRANSACTION")
    assert days(client) == 1


def test_a_statement_outside_a_transaction_conflicts_with_one_that_is_open(client: Client) -> None:
    first = session(client)
    first("BEGIN TRANSACTION", *REPLACE)
    with pytest.raises(BadRequest, match=NOT_ALONE):
        client.query_and_wait("DELETE FROM conflicts.t WHERE TRUE")
    client.query_and_wait("INSERT conflicts.t SELECT 2 AS day")
    first("COMMIT TRANSACTION")
    assert days(client) == 2
    client.query_and_wait("DELETE FROM conflicts.t WHERE TRUE")
    assert days(client) == 0


@pytest.mark.parametrize("end", ["ROLLBACK TRANSACTION", "CALL BQ.ABORT_SESSION()"])
def test_a_transaction_that_is_given_up_conflicts_with_nothing(client: Client, end: str) -> None:
    session(client)("BEGIN TRANSACTION", *REPLACE, end)
    client.query_and_wait(";".join(["BEGIN TRANSACTION", *REPLACE, "COMMIT TRANSACTION"]))
    assert days(client) == 1


def test_a_script_that_ends_within_its_transaction_gives_it_up(client: Client) -> None:
    with pytest.raises(BadRequest):
        client.query_and_wait(";".join(["BEGIN TRANSACTION", *REPLACE, "SELECT ERROR('no')"]))
    client.query_and_wait(";".join(["BEGIN TRANSACTION", *REPLACE, "COMMIT TRANSACTION"]))
    assert days(client) == 1
