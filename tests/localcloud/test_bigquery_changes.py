"""Which statements that change tables are refused, and what their jobs report about the changes.

docs.cloud.google.com/bigquery/docs/reference/standard-sql/dml-syntax and
.../data-types#parameterized_data_types.
"""

import pytest
from google.api_core.exceptions import BadRequest
from google.cloud import bigquery

from components.shared.clients import bigquery_client

SEVERAL = "UPDATE/MERGE must match at most one source row for each target row"
UNQUALIFIED = r'"nods" must be qualified with a dataset'
COLUMNS = "s STRING(3), y BYTES(2), r STRUCT<z STRING(2)>, tags ARRAY<STRING(2)>"


@pytest.fixture(scope="module")
def client(cloud) -> bigquery.Client:
    client = bigquery_client("changes-project")
    client.create_dataset("changes")
    return client


@pytest.fixture
def pairs(client) -> None:
    client.query_and_wait(
        "CREATE OR REPLACE TABLE changes.t AS SELECT a, 'old' AS b FROM UNNEST([1, 2]) AS a"
    )


def rows(client: bigquery.Client, sql: str) -> list[tuple]:
    return [tuple(row.values()) for row in client.query_and_wait(sql)]


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE changes.t SET b = s.b FROM (SELECT 1 AS a, 'x' AS b UNION ALL SELECT 1, 'x') AS s "
        "WHERE t.a = s.a",
        "UPDATE changes.t AS u SET b = s.b FROM UNNEST([STRUCT(1 AS a, 'x' AS b), (1, 'y')]) AS s "
        "WHERE u.a = s.a",
        "MERGE changes.t USING (SELECT 1 AS x UNION ALL SELECT 1) ON a = x WHEN MATCHED THEN DELETE",
        "MERGE changes.t USING (SELECT 1 AS x, b FROM UNNEST(['x', 'y']) AS b) AS s ON a = x "
        "WHEN MATCHED AND s.b > 'w' THEN UPDATE SET b = s.b",
    ],
)
def test_a_row_that_matches_several_is_an_error_and_unchanged(client, pairs, sql):
    with pytest.raises(BadRequest, match=SEVERAL):
        client.query_and_wait(sql)
    assert rows(client, "SELECT * FROM changes.t ORDER BY a") == [(1, "old"), (2, "old")]


@pytest.mark.parametrize(
    ("sql", "wanted"),
    [
        (
            "UPDATE changes.t SET b = s.b FROM (SELECT 1 AS a, 'x' AS b UNION ALL SELECT 7, 'y') AS s "
            "WHERE t.a = s.a",
            1,
        ),
        (
            "MERGE changes.t USING (SELECT 1 AS x, b FROM UNNEST(['x', 'y']) AS b) AS s ON a = x "
            "WHEN MATCHED AND s.b = 'x' THEN UPDATE SET b = s.b",
            1,
        ),
        ("MERGE changes.t USING (SELECT 3 AS a, 'x' AS b) ON FALSE WHEN NOT MATCHED THEN INSERT ROW", 1),
        (
            "MERGE changes.t USING (SELECT 1 AS x) ON a = x "
            "WHEN NOT MATCHED BY SOURCE AND b = 'old' THEN UPDATE SET b = 'x'",
            1,
        ),
    ],
)
def test_a_row_that_matches_one_is_changed(client, pairs, sql, wanted):
    assert client.query_and_wait(sql).num_dml_affected_rows == wanted
    assert rows(client, "SELECT COUNT(*) FROM changes.t WHERE b = 'x'") == [(1,)]


@pytest.mark.parametrize(
    ("sql", "column"),
    [
        ("INSERT changes.short (s) VALUES ('abcd')", "s: STRING(3)"),
        ("INSERT changes.short (y) VALUES (b'abc')", "y: BYTES(2)"),
        ("INSERT changes.short (r) VALUES (STRUCT('abc'))", "r.z: STRING(2)"),
        ("INSERT changes.short (tags) VALUES (['ab', 'abc'])", "tags: STRING(2)"),
        ("UPDATE changes.short SET s = CONCAT(s, 'd') WHERE TRUE", "s: STRING(3)"),
        (
            "MERGE changes.short USING (SELECT 'abcd' AS x) ON FALSE "
            "WHEN NOT MATCHED THEN INSERT (s) VALUES (x)",
            "s: STRING(3)",
        ),
        ("CREATE TABLE changes.never (a STRING(3)) AS SELECT 'abcd'", "a: STRING(3)"),
        ("CREATE TEMP TABLE t (a STRING(3)); INSERT t VALUES ('abcd')", "a: STRING(3)"),
        ("CREATE TEMP TABLE t (a STRING(3)) AS SELECT 'abcd'", "a: STRING(3)"),
        ("BEGIN TRANSACTION; INSERT changes.short (s) VALUES ('abcd'); COMMIT TRANSACTION", "s: STRING(3)"),
    ],
)
def test_a_value_over_its_columns_length_is_refused_and_not_kept(client, sql, column):
    client.query_and_wait(f"CREATE OR REPLACE TABLE changes.short ({COLUMNS})")
    client.query_and_wait("INSERT changes.short (s, y, r, tags) VALUES ('äöü', b'ab', STRUCT('ab'), ['ab'])")
    with pytest.raises(BadRequest) as refused:
        client.query_and_wait(sql)
    assert f"Field {column} has maximum length" in refused.value.message
    assert rows(client, "SELECT s FROM changes.short") == [("äöü",)]


def test_declared_lengths_are_reported(client):
    client.query_and_wait(f"CREATE OR REPLACE TABLE changes.short ({COLUMNS})")
    s, y, r, tags = client.get_table("changes.short").schema
    assert (s.max_length, y.max_length, r.fields[0].max_length, tags.max_length) == (3, 2, 2, 2)


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE nods (a INT64)",
        "CREATE VIEW nods AS SELECT 1 AS a",
        "INSERT INTO nods VALUES (1)",
        "DROP TABLE nods",
        "TRUNCATE TABLE nods",
        "ALTER TABLE nods ADD COLUMN a INT64",
    ],
)
def test_a_name_without_a_dataset_is_refused(client, sql):
    with pytest.raises(BadRequest, match=UNQUALIFIED):
        client.query_and_wait(sql)


@pytest.mark.parametrize(
    "sql", ["CREATE TABLE changes.a.b.c (x INT64)", "CREATE PROCEDURE p() BEGIN SELECT 1; END", "CALL p()"]
)
def test_other_invalid_names_are_bad_requests(client, sql):
    with pytest.raises(BadRequest):
        client.query_and_wait(sql)


def test_a_safe_division_by_zero_is_null(client):
    assert rows(client, "SELECT SAFE.DIV(1, 0), DIV(7, 2)") == [(None, 3)]


def test_the_job_of_create_table_as_names_its_table(client):
    job = client.query("CREATE OR REPLACE TABLE changes.made AS SELECT x FROM UNNEST([1, 2, 3]) AS x")
    assert list(job.result()) == []
    again = client.get_job(job.job_id)
    for found in (job, again):
        assert found.destination == bigquery.TableReference.from_string("changes-project.changes.made")
        assert found.ddl_target_table == found.destination
    assert again.num_dml_affected_rows is None
    assert client.get_table(again.destination).num_rows == 3


def test_a_job_reports_how_many_rows_it_changed(client, pairs):
    merge = (
        "MERGE changes.t USING (SELECT x FROM UNNEST([1, 7, 8]) AS x) ON a = x WHEN MATCHED THEN DELETE "
        "WHEN NOT MATCHED THEN INSERT (a, b) VALUES (x, 'new') "
        "WHEN NOT MATCHED BY SOURCE THEN UPDATE SET b = 'gone'"
    )
    told = []
    for sql in (
        "INSERT changes.t (a) SELECT 5 FROM UNNEST([1, 2])",
        "DELETE FROM changes.t WHERE a = 5",
        merge,
        "TRUNCATE TABLE changes.t",
    ):
        job = client.query(sql)
        job.result()
        stats = job.dml_stats
        told.append(
            (
                job.num_dml_affected_rows,
                stats.inserted_row_count,
                stats.updated_row_count,
                stats.deleted_row_count,
            )
        )
    assert told == [(2, 2, 0, 0), (2, 0, 0, 2), (4, 2, 1, 1), (3, 0, 0, 3)]


@pytest.mark.parametrize(
    ("sql", "wanted"),
    [
        (
            "DECLARE a ARRAY<INT64>;"
            " SET (a) = (SELECT AS STRUCT ARRAY_AGG(n) FROM UNNEST([1]) AS n); SELECT a",
            [1],
        ),
        ("DECLARE a, b INT64; SET (a, b) = (SELECT AS STRUCT 1, 2); SELECT a + 10 * b", 21),
        ("DECLARE a, b INT64; SET (a, b) = (1, 2); SELECT a + 10 * b", 21),
    ],
)
def test_variables_are_set_from_a_struct(client, sql, wanted):
    assert rows(client, sql) == [(wanted,)]
