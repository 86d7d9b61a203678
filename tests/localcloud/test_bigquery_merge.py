"""MERGE inside a transaction, which commits with it and is undone with it, as in BigQuery."""

import pytest

from components.shared.clients import bigquery_client

MERGE = """
MERGE merged.t AS t USING (SELECT 1 AS a, '{b}' AS b UNION ALL SELECT 3, 'y') AS s ON t.a = s.a
WHEN MATCHED THEN UPDATE SET b = s.b
WHEN NOT MATCHED THEN INSERT (a, b) VALUES (s.a, s.b)"""


@pytest.mark.parametrize(
    ("end", "rows"), [("COMMIT", [(1, "new"), (3, "y")]), ("ROLLBACK", [(1, "old"), (2, "old")])]
)
def test_a_merge_belongs_to_its_transaction(cloud, end, rows):
    with bigquery_client(cloud.project) as client:
        client.create_dataset("merged", exists_ok=True)
        client.query_and_wait(
            "CREATE OR REPLACE TABLE merged.t AS SELECT a, 'old' AS b FROM UNNEST([1, 2]) AS a"
        )
        client.query_and_wait(
            f"BEGIN TRANSACTION; DELETE FROM merged.t WHERE a = 2; {MERGE.format(b='new')}; {end} TRANSACTION"
        )
        found = client.query_and_wait("SELECT a, b FROM merged.t ORDER BY a")
        assert [tuple(row) for row in found] == rows


def test_a_merge_without_a_transaction(cloud):
    with bigquery_client(cloud.project) as client:
        client.create_dataset("merged", exists_ok=True)
        client.query_and_wait("CREATE OR REPLACE TABLE merged.t AS SELECT 1 AS a, 'old' AS b")
        assert client.query_and_wait(MERGE.format(b="x")).num_dml_affected_rows == 2


def test_a_merge_inserts_values_without_naming_columns(cloud):
    with bigquery_client(cloud.project) as client:
        client.create_dataset("merged", exists_ok=True)
        client.query_and_wait("CREATE OR REPLACE TABLE merged.t AS SELECT 1 AS a, 'old' AS b")
        client.query_and_wait(
            "MERGE merged.t USING (SELECT 2 AS x, 'new' AS y) ON a = x "
            "WHEN NOT MATCHED THEN INSERT VALUES (x, y)"
        )
        found = client.query_and_wait("SELECT a, b FROM merged.t ORDER BY a")
        assert [tuple(row) for row in found] == [(1, "old"), (2, "new")]
