"""table$20260131 for load, query, copy, list and delete; the rules are those of BigQuery's documentation.

docs.cloud.google.com/bigquery/docs/managing-partitioned-table-data and .../partitioned-tables.
"""

import datetime
import io

import pytest
from google.api_core.exceptions import BadRequest, Conflict, GoogleAPICallError, NotFound
from google.cloud import bigquery
from google.cloud.bigquery import LoadJobConfig, QueryJobConfig, SchemaField

from components.shared.clients import bigquery_client

FIELDS = [SchemaField("d", "DATE"), SchemaField("x", "INTEGER")]
DAYS = [("2026-01-01", 1), ("2026-01-02", 2)]
OTHERS = "Some rows belong to different partitions rather than destination partition"


@pytest.fixture(scope="module")
def client(cloud) -> bigquery.Client:
    client = bigquery_client("partitions-project")
    client.create_dataset("parts")
    return client


@pytest.fixture
def table(client: bigquery.Client) -> str:
    client.query_and_wait("CREATE OR REPLACE TABLE parts.t (d DATE, x INT64) PARTITION BY d")
    client.query_and_wait("INSERT parts.t VALUES ('2026-01-01', 1), ('2026-01-02', 2), (NULL, 3)")
    return "partitions-project.parts.t"


def load(client: bigquery.Client, rows: list[dict], into: str, **settings) -> bigquery.LoadJob:
    return client.load_table_from_json(rows, into, job_config=LoadJobConfig(**settings)).result()


def rows(client: bigquery.Client, table: str = "parts.t") -> list[tuple]:
    found = client.query_and_wait(f"SELECT CAST(d AS STRING), x FROM {table} ORDER BY 1, 2")
    return [tuple(row) for row in found]


def test_a_load_replaces_one_partition(client, table):
    load(client, [{"d": "2026-01-01", "x": 9}], f"{table}$20260101", write_disposition="WRITE_TRUNCATE")
    assert rows(client) == [(None, 3), ("2026-01-01", 9), ("2026-01-02", 2)]
    assert [found.table_id for found in client.list_tables("parts")] == ["t"]


def test_a_load_appends_to_a_partition(client, table):
    load(client, [{"d": "2026-01-02", "x": 4}], f"{table}$20260102", schema=FIELDS)
    assert rows(client) == [(None, 3), ("2026-01-01", 1), ("2026-01-02", 2), ("2026-01-02", 4)]


def test_a_query_replaces_one_partition_and_lists_it(client, table):
    settings = QueryJobConfig(destination=f"{table}$20260102", write_disposition="WRITE_TRUNCATE")
    found = client.query("SELECT DATE '2026-01-02' AS d, 7 AS x", job_config=settings).result()
    assert [tuple(row) for row in found] == [(datetime.date(2026, 1, 2), 7)]
    assert rows(client) == [(None, 3), ("2026-01-01", 1), ("2026-01-02", 7)]


@pytest.mark.parametrize("disposition", ["WRITE_TRUNCATE", "WRITE_APPEND"])
def test_a_row_of_another_partition_is_an_error_and_nothing_changes(client, table, disposition):
    before = rows(client)
    settings = QueryJobConfig(destination=f"{table}$20260102", write_disposition=disposition)
    with pytest.raises(BadRequest, match=OTHERS):
        client.query("SELECT d, x FROM parts.t", job_config=settings).result()
    with pytest.raises(BadRequest, match=OTHERS):
        load(client, [{"d": None, "x": 1}], f"{table}$20260102", write_disposition=disposition)
    assert rows(client) == before


def test_a_partition_that_has_rows_is_not_empty(client, table):
    settings = QueryJobConfig(destination=f"{table}$20260102", write_disposition="WRITE_EMPTY")
    with pytest.raises(Conflict):
        client.query("SELECT DATE '2026-01-02' AS d, 7 AS x", job_config=settings).result()
    settings = QueryJobConfig(destination=f"{table}$20260103", write_disposition="WRITE_EMPTY")
    client.query("SELECT DATE '2026-01-03' AS d, 7 AS x", job_config=settings).result()
    assert rows(client)[-1] == ("2026-01-03", 7)


def test_an_extra_column_is_refused_unless_it_is_allowed(client, table):
    more = {
        "schema": [*FIELDS, SchemaField("y", "STRING")],
        "write_disposition": "WRITE_TRUNCATE",
    }
    row = {"d": "2026-01-01", "x": 9, "y": "new"}
    with pytest.raises(BadRequest, match="Cannot add fields"):
        load(client, [row], f"{table}$20260101", **more)
    load(client, [row], f"{table}$20260101", **more, schema_update_options=["ALLOW_FIELD_ADDITION"])
    assert [tuple(row) for row in client.query_and_wait("SELECT x, y FROM parts.t ORDER BY x")] == [
        (2, None),
        (3, None),
        (9, "new"),
    ]


def test_only_the_partition_is_listed_copied_counted_and_deleted(client, table):
    assert [row["x"] for row in client.list_rows(f"{table}$20260102", selected_fields=FIELDS)] == [2]
    assert [row["x"] for row in client.list_rows(client.get_table(f"{table}$__NULL__"))] == [3]
    assert client.get_table(f"{table}$20260102").num_rows == 1
    assert sorted(client.list_partitions(table)) == ["20260101", "20260102", "__NULL__"]
    client.copy_table(f"{table}$20260102", "partitions-project.parts.copied").result()
    assert rows(client, "parts.copied") == [("2026-01-02", 2)]
    client.delete_table("parts.copied")
    client.delete_table(f"{table}$20260101")
    assert rows(client) == [(None, 3), ("2026-01-02", 2)]


@pytest.mark.parametrize(
    ("span", "kind", "value", "id_", "another"),
    [
        ("TIMESTAMP_TRUNC(d, HOUR)", "TIMESTAMP", "2026-01-31 23:59:59+00", "2026013123", "2026013122"),
        ("DATE_TRUNC(d, MONTH)", "DATE", "2026-01-31", "202601", "202602"),
        ("DATE_TRUNC(d, YEAR)", "DATE", "2026-12-31", "2026", "2025"),
        ("DATETIME_TRUNC(d, DAY)", "DATETIME", "2026-01-31 10:00:00", "20260131", "20260201"),
        ("RANGE_BUCKET(d, GENERATE_ARRAY(0, 100, 10))", "INT64", "19", "10", "20"),
    ],
)
def test_each_kind_of_partition_has_its_ids(client, span, kind, value, id_, another):
    name = "partitions-project.parts.kinds"
    client.query_and_wait(f"CREATE OR REPLACE TABLE parts.kinds (d {kind}, x INT64) PARTITION BY {span}")
    load(client, [{"d": value, "x": 1}], f"{name}${id_}", write_disposition="WRITE_TRUNCATE")
    assert client.list_partitions(name) == [id_]
    with pytest.raises(BadRequest, match=OTHERS):
        load(client, [{"d": value, "x": 1}], f"{name}${another}", write_disposition="WRITE_TRUNCATE")
    with pytest.raises(BadRequest, match="Invalid partition id"):
        load(client, [{"d": value, "x": 1}], f"{name}$77", write_disposition="WRITE_TRUNCATE")
    client.delete_table(name)


def test_rows_partitioned_by_ingestion_go_where_the_decorator_says(client):
    name = "partitions-project.parts.came"
    table = bigquery.Table(name, schema=[SchemaField("x", "INTEGER")])
    table.time_partitioning = bigquery.TimePartitioning(type_="DAY")
    client.create_table(table)
    load(client, [{"x": 1}], f"{name}$20260101", write_disposition="WRITE_TRUNCATE")
    load(client, [{"x": 2}], name, write_disposition="WRITE_APPEND")
    today = f"{datetime.datetime.now(datetime.UTC):%Y%m%d}"
    assert sorted(client.list_partitions(name)) == ["20260101", today]
    found = client.query_and_wait("SELECT x, DATE(_PARTITIONTIME) FROM parts.came WHERE x = 1")
    assert [tuple(row) for row in found] == [(1, datetime.date(2026, 1, 1))]
    load(client, [{"x": 3}], name, write_disposition="WRITE_TRUNCATE")
    assert client.list_partitions(name) == [today]
    client.delete_table(name)


def test_a_first_partition_creates_its_table_where_the_job_says_how(client):
    name = "partitions-project.parts.fresh"
    day = bigquery.TimePartitioning(type_="DAY", field="d")
    with pytest.raises(BadRequest, match="Partitioning specification must be provided"):
        load(client, [{"d": "2026-01-01", "x": 1}], f"{name}$20260101", schema=FIELDS)
    load(client, [{"d": "2026-01-01", "x": 1}], f"{name}$20260101", schema=FIELDS, time_partitioning=day)
    assert client.get_table(name).time_partitioning == day
    assert rows(client, "parts.fresh") == [("2026-01-01", 1)]
    client.delete_table(name)


def test_a_table_without_partitions_has_none(client):
    client.query_and_wait("CREATE OR REPLACE TABLE parts.plain AS SELECT 1 AS x")
    name = "partitions-project.parts.plain$20260101"
    with pytest.raises(BadRequest, match="Cannot add storage to a non-partitioned table"):
        load(client, [{"x": 1}], name, schema=FIELDS[1:])
    with pytest.raises(BadRequest, match="Cannot read partition information from a table that is not"):
        list(client.list_rows(name, selected_fields=FIELDS))
    client.delete_table("parts.plain")
    with pytest.raises(NotFound):
        client.delete_table("parts.missing$20260101")


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT * FROM `parts.t$20260101`", 'Table "parts.t$20260101" cannot include decorator'),
        ("INSERT INTO `parts.t$20260101` VALUES (NULL, 1)", "cannot include decorator"),
        ("DELETE FROM parts.`t$20260101` WHERE TRUE", "cannot include decorator"),
        ("SELECT * FROM parts.t$20260101", "Syntax error"),
    ],
)
def test_googlesql_knows_no_decorators(client, table, sql, said):
    with pytest.raises(BadRequest) as refused:
        client.query_and_wait(sql)
    assert said in refused.value.message
    assert rows(client)[1:] == DAYS


def test_streaming_into_a_partition_is_refused(client, table):
    with pytest.raises(GoogleAPICallError, match="insertAll into the partition"):
        client.insert_rows_json(f"{table}$20260101", [{"d": "2026-01-01", "x": 1}], retry=None)


def test_a_csv_file_is_loaded_into_a_partition(client, table):
    settings = LoadJobConfig(source_format="CSV", write_disposition="WRITE_TRUNCATE")
    client.load_table_from_file(
        io.BytesIO(b"2026-01-01,5\n"), f"{table}$20260101", job_config=settings
    ).result()
    assert rows(client) == [(None, 3), ("2026-01-01", 5), ("2026-01-02", 2)]
