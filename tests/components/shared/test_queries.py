"""SQL files, their identifiers and parameters, and results as Arrow."""

from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from google.cloud.bigquery import Client, ConnectionProperty, QueryJobConfig

from components.shared import retries
from components.shared.errors import StepError
from components.shared.queries import (
    MissingTableError,
    check_identifier,
    column_names,
    read_arrow,
    read_sql,
    run_query,
)

REPLACE = "DELETE FROM conflicts.days WHERE day = 1; INSERT conflicts.days SELECT 1 AS day;"
NUMBERS = "SELECT number FROM UNNEST(GENERATE_ARRAY(1, @last)) AS number ORDER BY number"


def test_identifiers_are_put_into_the_text(tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_text("SELECT '$$.a', @x FROM `${project}.${dataset}.t`")
    sql = read_sql(tmp_path / "a.sql", project="winter-days", dataset="gold")
    assert sql == "SELECT '$.a', @x FROM `winter-days.gold.t`"


def test_a_missing_identifier_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_text("SELECT 1 FROM `${project}.a.b`")
    with pytest.raises(KeyError, match="project"):
        read_sql(tmp_path / "a.sql")


@pytest.mark.parametrize("name", ["a`b", "a.b", "a b", "", "1a", "-a", "a;--", "a\n", "é"])
def test_an_invalid_identifier_is_refused(name: str) -> None:
    with pytest.raises(StepError, match="is not a valid name"):
        check_identifier(name)


def test_values_keep_their_type(client: Client) -> None:
    values = {
        "text": "it's `${x}` @y",
        "whole": 7,
        "real": 0.1,
        "yes": True,
        "day": date(2025, 11, 30),
        "time": datetime(2025, 11, 30, 2, tzinfo=UTC),
        "days": [date(2025, 1, 1), date(2025, 1, 2)],
    }
    [row] = run_query(client, "SELECT " + ", ".join(f"@{name} AS {name}" for name in values), values)
    assert dict(row) == values


@pytest.mark.parametrize(("last", "sizes"), [(25, [10, 10, 5]), (20, [10, 10]), (3, [3]), (0, [])])
def test_rows_come_in_order_and_in_tables_of_one_size(client: Client, last: int, sizes: list[int]) -> None:
    tables = list(read_arrow(client, NUMBERS, {"last": last}, batch_rows=10))
    assert [table.num_rows for table in tables] == sizes
    assert [n for table in tables for n in table["number"].to_pylist()] == list(range(1, last + 1))


@pytest.mark.parametrize(
    "ask",
    [
        lambda client: run_query(client, "SELECT 1 FROM nowhere.at_all", {}),
        lambda client: run_query(client, "SELECT 1; INSERT INTO nowhere.at_all (a) VALUES (1)", {}),
        lambda client: list(read_arrow(client, "SELECT 1 FROM nowhere.at_all", {})),
        lambda client: column_names(client, f"{client.project}.nowhere.at_all"),
    ],
)
def test_a_missing_table_is_named_in_one_line_with_what_creates_it(client: Client, ask: Any) -> None:
    client.create_dataset("nowhere", exists_ok=True)
    with pytest.raises(MissingTableError) as told:
        ask(client)
    assert str(told.value) == (
        f"{client.project}.nowhere.at_all does not exist: run_dataform creates the warehouse's tables, and "
        "make deploy STEP=apply those that steps write (on a laptop python -m laptop.provision)"
    )


def test_the_columns_of_a_table_are_named(client: Client) -> None:
    client.create_dataset("somewhere", exists_ok=True)
    client.query_and_wait("CREATE TABLE somewhere.table (b INT64, a STRING)")
    assert column_names(client, f"{client.project}.somewhere.table") == ["b", "a"]
    with pytest.raises(StepError, match="is not a valid name"):
        check_identifier("b, a")


def test_a_step_waits_for_a_transaction_that_changes_the_same_table(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the job of an attempt that was killed does: BigQuery refuses the second as a bad request."""
    client.create_dataset("conflicts")
    client.query_and_wait("CREATE TABLE conflicts.days (day INT64)")
    first = client.query("SELECT 1", QueryJobConfig(create_session=True))
    first.result()
    within = [ConnectionProperty("session_id", first.session_info.session_id)]

    pauses = []

    def killed(sql: str) -> None:
        client.query_and_wait(sql, job_config=QueryJobConfig(connection_properties=within))

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        killed("COMMIT TRANSACTION")

    killed(f"BEGIN TRANSACTION; {REPLACE}")
    monkeypatch.setattr(retries, "time", SimpleNamespace(monotonic=lambda: 0.0, sleep=sleep))
    replacing = f"BEGIN TRANSACTION; {REPLACE} COMMIT TRANSACTION; SELECT COUNT(*) AS n FROM conflicts.days"
    [row] = retries.retry_transient(run_query)(client, replacing, {})
    assert (row.n, pauses) == (1, [5.0])
