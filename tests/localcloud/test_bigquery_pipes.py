"""Pipe syntax: each operator applies to the result of those before it."""

from typing import Any

import pytest
from google.api_core.exceptions import MethodNotImplemented
from google.cloud import bigquery

from components.shared.clients import bigquery_client
from tests.fuzz.engines import Google

ROWS = "SELECT n, IF(n > 2, 'b', 'a') AS s, n * 10 AS v FROM UNNEST([1, 2, 3, 4]) AS n"
# Each ends in one row, or in an order. Worked out by hand, and as GoogleSQL's engine answers.
PIPES: dict[str, list[list[Any]]] = {
    "|> SELECT DISTINCT s |> AGGREGATE COUNT(*) AS c": [[2]],
    "|> SELECT n, v |> SET v = v + n, n = -n |> ORDER BY v": [[-1, 11], [-2, 22], [-3, 33], [-4, 44]],
    "|> DROP s, v |> ORDER BY n DESC": [[4], [3], [2], [1]],
    "|> DROP s |> RENAME v AS w, n m |> WHERE w = 20 |> SELECT w, m": [[20, 2]],
    "|> ORDER BY n |> LIMIT 2 |> AGGREGATE SUM(n) AS s": [[3]],
    "|> ORDER BY n |> LIMIT 3 |> WHERE n > 1 |> AGGREGATE COUNT(*) AS c": [[2]],
    "|> ORDER BY n |> LIMIT 3 |> ORDER BY n DESC |> LIMIT 1 |> SELECT n": [[3]],
    "|> ORDER BY n |> LIMIT 2 |> JOIN (SELECT 2 AS n, 'x' AS x) USING (n) |> AGGREGATE MAX(x) AS x": [["x"]],
    "|> ORDER BY n |> AGGREGATE COUNT(*) AS c": [[4]],
    "|> SELECT s, n |> SELECT s |> DISTINCT |> AGGREGATE COUNT(*) AS c": [[2]],
    "|> SELECT s, n |> DISTINCT |> SELECT s |> AGGREGATE COUNT(*) AS c": [[4]],
}


@pytest.fixture(scope="module")
def client(cloud) -> bigquery.Client:
    client = bigquery_client("pipes-project")
    client.create_dataset("pipes")
    client.query_and_wait(f"CREATE TABLE pipes.t AS {ROWS}")
    return client


@pytest.fixture(scope="module")
def google() -> Google:
    return Google()


@pytest.mark.parametrize("pipe", PIPES)
def test_operators_apply_in_turn(client: bigquery.Client, google: Google, pipe: str) -> None:
    assert google.ask(f"FROM ({ROWS}) {pipe}") == PIPES[pipe]
    assert [list(row.values()) for row in client.query_and_wait(f"FROM pipes.t {pipe}")] == PIPES[pipe]


@pytest.mark.parametrize(
    "sql",
    [
        "FROM pipes.t |> AGGREGATE SUM(n) AS n GROUP BY GROUPING SETS (s, ())",
        "SELECT n FROM pipes.t FULL OUTER UNION ALL BY NAME SELECT s FROM pipes.t",
        "SELECT n, s FROM pipes.t INNER UNION ALL BY NAME SELECT s, v FROM pipes.t",
        "SELECT n, s FROM pipes.t UNION ALL CORRESPONDING SELECT s, v FROM pipes.t",
        "SELECT * FROM pipes.t UNPIVOT((x, y) FOR name IN ((n, v)))",
        "SELECT PERCENTILE_CONT(n, 0.5 RESPECT NULLS) OVER () FROM pipes.t",
        "SELECT ARRAY_CONCAT_AGG([n] LIMIT 1) FROM pipes.t",
        "SELECT n FROM pipes.t WHERE (n, v) IN (SELECT AS STRUCT n, v FROM pipes.t)",
    ],
)
def test_what_is_valid_but_not_supported_is_a_501(client: bigquery.Client, sql: str) -> None:
    with pytest.raises(MethodNotImplemented):
        client.query_and_wait(sql, retry=None, job_retry=None)
