"""Routines through Google's client: table functions, with and without brackets and declared columns."""

import pytest
from google.cloud import bigquery
from google.cloud.bigquery import StandardSqlDataType, StandardSqlField, StandardSqlTableType
from google.cloud.bigquery.enums import StandardSqlTypeNames

from components.shared.clients import bigquery_client

INT64, STRING = (
    StandardSqlDataType(type_kind=kind) for kind in StandardSqlTypeNames if kind in ("INT64", "STRING")
)
BODY = "SELECT n, s FROM UNNEST([STRUCT(1 AS n, 'a' AS s), (2, 'b'), (3, 'c')]) WHERE n > least"
MADE = {
    "brackets": f"AS ({BODY})",
    "none": f"AS {BODY}",
    "columns": f"RETURNS TABLE<n INT64, s STRING> AS {BODY}",
}
COLUMNS = StandardSqlTableType([StandardSqlField("n", INT64), StandardSqlField("s", STRING)])


@pytest.fixture(scope="module")
def client(cloud) -> bigquery.Client:
    client = bigquery_client("routines-project")
    client.create_dataset("routines")
    return client


def rows(client: bigquery.Client, sql: str) -> list[tuple]:
    return [tuple(row) for row in client.query_and_wait(sql, retry=None, job_retry=None)]


@pytest.mark.parametrize("how", MADE)
def test_a_table_function_is_created_and_queried(client, how):
    rows(client, f"CREATE OR REPLACE TABLE FUNCTION routines.f(least INT64) {MADE[how]}")
    for name in ("routines.f", "`routines.f`", f"`{client.project}.routines.f`"):
        assert rows(client, f"SELECT n, s FROM {name}(1) ORDER BY n DESC") == [(3, "c"), (2, "b")]
    routine = client.get_routine("routines.f")
    assert routine.type_ == "TABLE_VALUED_FUNCTION"
    assert routine.return_table_type == (COLUMNS if how == "columns" else None)


def test_one_created_through_the_api_keeps_what_it_was_given(client):
    routine = bigquery.Routine(
        f"{client.project}.routines.given",
        type_="TABLE_VALUED_FUNCTION",
        arguments=[bigquery.RoutineArgument(name="least", data_type=INT64)],
        return_table_type=COLUMNS,
        body=BODY,
    )
    made = client.create_routine(routine)
    assert (made.body, made.return_table_type, made.arguments) == (BODY, COLUMNS, routine.arguments)
    assert rows(client, "SELECT * FROM routines.given(2)") == [(3, "c")]
