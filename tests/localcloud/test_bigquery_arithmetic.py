"""Integer division through Google's client, as in BigQuery: of entire argument expressions, towards zero."""

import pytest
from google.api_core import exceptions

from components.shared.clients import bigquery_client


@pytest.mark.parametrize(
    ("expression", "quotient"),
    [
        ("DIV(a - 1, 7)", 2),
        ("DIV(a, 7 - 2)", 4),
        ("2 * DIV(27, 7)", 6),
        ("DIV(a, 7) * 2", 6),
        ("100 - DIV(a - 1, 7) - 1", 97),
        ("DIV(-a, 6)", -3),
        ("DIV(CAST(a AS NUMERIC) - 0.5, 7)", 2),
        ("DIV(a, DIV(a - 1, 7))", 10),
    ],
)
def test_integer_division(cloud, expression, quotient):
    with bigquery_client(cloud.project) as client:
        [[value]] = client.query_and_wait(f"SELECT {expression} FROM (SELECT 21 AS a)")
    assert value == quotient


def test_integer_division_in_a_script(cloud):
    with bigquery_client(cloud.project) as client:
        made = "CREATE TEMP TABLE made AS SELECT 2 * DIV(a - 1, 7) AS value FROM (SELECT 21 AS a);"
        [[value]] = client.query_and_wait(f"{made} SELECT value FROM made")
    assert value == 4


def test_division_by_zero_is_an_error(cloud):
    with bigquery_client(cloud.project) as client, pytest.raises(exceptions.BadRequest, match="zero"):
        client.query_and_wait("SELECT DIV(a - 1, b) FROM (SELECT 21 AS a, 0 AS b)")
