"""What the local BigQuery looks up about a table: its hidden column, its rows, and who else may see it."""

from typing import Any

import pytest
from google.api_core.exceptions import Conflict, MethodNotImplemented, NotFound
from google.cloud import bigquery
from google.cloud.bigquery.enums import TimestampPrecision

from components.shared.clients import bigquery_client
from localcloud.bigquery import lake

PROJECT = "looked-up"


@pytest.fixture(scope="module")
def client(cloud: Any) -> bigquery.Client:
    client = bigquery_client(PROJECT)
    client.create_dataset("shop")
    return client


def rows(client: bigquery.Client, sql: str, **settings: Any) -> list[dict[str, Any]]:
    return [dict(row) for row in client.query(sql, bigquery.QueryJobConfig(**settings)).result()]


def test_the_ingestion_time_is_hidden_from_stars_and_can_be_selected(client):
    rows(client, "CREATE TABLE shop.arrivals (n INT64 NOT NULL) PARTITION BY _PARTITIONDATE")
    rows(client, "INSERT INTO shop.arrivals (n) VALUES (1), (2)")
    rows(client, "CREATE VIEW shop.by_day AS SELECT *, _PARTITIONTIME IS NULL AS unknown FROM shop.arrivals")
    assert rows(client, "SELECT * FROM shop.arrivals ORDER BY n") == [{"n": 1}, {"n": 2}]
    assert rows(client, "SELECT * FROM shop.by_day WHERE n = 2") == [{"n": 2, "unknown": False}]
    today = rows(client, "SELECT COUNT(*) AS n FROM shop.arrivals WHERE _PARTITIONDATE = CURRENT_DATE()")
    assert today == [{"n": 2}]
    table = client.get_table("shop.arrivals")
    assert [(field.name, field.mode) for field in table.schema] == [("n", "REQUIRED")]
    assert table.num_rows == 2


def test_rows_that_were_changed_or_deleted_are_not_counted(client):
    rows(client, "CREATE TABLE shop.counted AS SELECT n FROM UNNEST([1, 2, 3]) AS n")
    for change, left in (
        ("UPDATE shop.counted SET n = n + 1 WHERE n > 1", 3),
        ("DELETE FROM shop.counted WHERE n = 1", 2),
        ("MERGE shop.counted USING (SELECT 3 AS m) ON n = m WHEN MATCHED THEN UPDATE SET n = 5", 2),
        ("DELETE FROM shop.counted WHERE TRUE", 0),
    ):
        rows(client, change)
        assert client.get_table("shop.counted").num_rows == left


def test_a_temporary_table_is_seen_only_in_its_script_or_session(client):
    made = "CREATE TEMP TABLE mine AS SELECT 1 AS n; CREATE TEMP TABLE next AS SELECT n + 1 AS n FROM mine;"
    assert rows(client, f"{made} SELECT n FROM next") == [{"n": 2}]
    with pytest.raises(Exception, match="mine"):
        rows(client, "SELECT n FROM mine")
    started = client.query(
        "CREATE TEMP TABLE kept AS SELECT 3 AS n", bigquery.QueryJobConfig(create_session=True)
    )
    started.result()
    session = [bigquery.ConnectionProperty("session_id", started.session_info.session_id)]
    found = rows(
        client, "SELECT n FROM kept", connection_properties=session, default_dataset=f"{PROJECT}.shop"
    )
    assert found == [{"n": 3}]
    with pytest.raises(Exception, match="kept"):
        rows(client, "SELECT n FROM kept")


def test_within_one_look_the_version_of_a_projects_schemas_is_read_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    versions = iter([7, 8, 9])
    monkeypatch.setattr(lake, "is_lake", lambda _: True)
    monkeypatch.setattr(lake, "_fetch", lambda *_: [(next(versions),)])
    with lake.one_look():
        assert lake.schema_version("p") == 7
        with lake.one_look():
            assert lake.schema_version("p") == 7
        assert (lake.schema_version("p"), lake.schema_version("another")) == (7, 8)
    assert lake.schema_version("p") == 9


def test_a_statement_sees_what_the_statements_before_it_changed(client):
    for made, read in (("1 AS n", "n + 1"), ("'a' AS n", "UPPER(n)"), ("'a' AS s", "LENGTH(s)")):
        rows(client, f"CREATE OR REPLACE TABLE shop.changing AS SELECT {made}")
        rows(client, f"SELECT {read} FROM shop.changing")
    script = (
        "CREATE OR REPLACE TABLE shop.changing AS SELECT 2 AS n;"
        "CREATE OR REPLACE VIEW shop.summed AS SELECT n FROM shop.changing;"
        "CREATE OR REPLACE TABLE shop.changing AS SELECT [3] AS n, 4 AS m;"
        "CREATE OR REPLACE VIEW shop.summed AS SELECT m, ARRAY_LENGTH(n) AS k FROM shop.changing;"
        "SELECT k + m AS total FROM shop.summed"
    )
    assert rows(client, script) == [{"total": 5}]


def test_a_result_table_reports_its_columns_and_rows(client):
    job = client.query("SELECT n, CAST(n AS STRING) AS text FROM UNNEST([1, 2, 3]) AS n")
    job.result()
    table = client.get_table(job.destination)
    assert [(field.name, field.field_type) for field in table.schema] == [
        ("n", "INTEGER"),
        ("text", "STRING"),
    ]
    assert table.num_rows == 3


def test_a_tables_description_is_the_last_one_written(client):
    rows(client, "CREATE TABLE shop.noted (n INT64)")
    for words in ("first", "second"):
        table = client.get_table("shop.noted")
        table.description = words
        client.update_table(table, ["description"])
        assert client.get_table("shop.noted").description == words
    rows(client, "ALTER TABLE shop.noted SET OPTIONS (description = 'third')")
    assert client.get_table("shop.noted").description == "third"
    rows(client, "DROP TABLE shop.noted")
    rows(client, "CREATE TABLE shop.noted (n INT64)")
    assert client.get_table("shop.noted").description is None


def test_a_row_access_policy_holds_until_it_is_dropped(client):
    rows(client, "CREATE TABLE shop.seen AS SELECT n FROM UNNEST([1, 2, 3]) AS n")
    assert len(rows(client, "SELECT n FROM shop.seen")) == 3
    rows(
        client,
        "CREATE ROW ACCESS POLICY small ON shop.seen GRANT TO ('allAuthenticatedUsers') FILTER USING (n < 2)",
    )
    assert rows(client, "SELECT n FROM shop.seen") == [{"n": 1}]
    rows(client, "DROP ALL ROW ACCESS POLICIES ON shop.seen")
    assert len(rows(client, "SELECT n FROM shop.seen")) == 3


def test_no_description_outlives_its_dataset(client):
    table = bigquery.Table(f"{PROJECT}.passing.noted", [bigquery.SchemaField("n", "INT64")])
    table.description = "of the first"
    client.create_dataset("passing")
    assert client.create_table(table).description == "of the first"
    client.delete_dataset("passing", delete_contents=True)
    client.create_dataset("passing")
    rows(client, "CREATE TABLE passing.noted (n INT64)")
    assert client.get_table("passing.noted").description is None


def test_table_names_fold_in_a_case_insensitive_dataset(client):
    folding = bigquery.Dataset(f"{PROJECT}.folding")
    folding.is_case_insensitive = True
    client.create_dataset(folding)
    rows(client, "CREATE TABLE folding.Arrivals AS SELECT 1 AS n")
    table = client.get_table("folding.aRRIVALS")
    table.description = "those who came"
    client.update_table(table, ["description"])
    found = client.get_table("folding.ARRIVALS")
    assert (found.table_id, found.description, found.num_rows) == ("Arrivals", "those who came", 1)
    with pytest.raises(Conflict):
        client.create_table(f"{PROJECT}.folding.ARRIVALS")
    client.delete_table("folding.arrivals")
    assert list(client.list_tables("folding")) == []


def test_table_names_are_case_sensitive_otherwise(client):
    rows(client, "CREATE TABLE shop.Kept AS SELECT 1 AS n")
    assert client.get_table("shop.Kept").num_rows == 1
    with pytest.raises(NotFound):
        client.get_table("shop.KEPT")


def test_every_permission_is_granted_even_in_a_nested_list(client):
    rows(client, "CREATE OR REPLACE TABLE shop.asked AS SELECT 1 AS n")
    wanted = ["bigquery.tables.get", "bigquery.tables.update"]
    for asked in (wanted, [wanted]):
        assert client.test_iam_permissions("shop.asked", asked)["permissions"] == wanted


def test_a_column_of_picoseconds_is_refused_and_one_of_microseconds_created(client):
    for precision, name in ((None, "usual"), (TimestampPrecision.MICROSECOND, "micro")):
        moment = bigquery.SchemaField("moment", "TIMESTAMP", timestamp_precision=precision)
        client.create_table(bigquery.Table(f"{PROJECT}.shop.{name}", [moment]))
    fine = bigquery.SchemaField("fine", "TIMESTAMP", timestamp_precision=TimestampPrecision.PICOSECOND)
    for field in (fine, bigquery.SchemaField("both", "RECORD", fields=[fine])):
        with pytest.raises(MethodNotImplemented, match=r"with picosecond precision \(column fine\)"):
            client.create_table(bigquery.Table(f"{PROJECT}.shop.fine", [field]))
