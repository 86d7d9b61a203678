"""INTERVAL in tables: microseconds and negative parts are kept, however a table is written."""

import io

import pytest
from dateutil.relativedelta import relativedelta
from google.api_core.exceptions import BadRequest, MethodNotImplemented
from google.cloud import bigquery
from google.cloud.bigquery import LoadJobConfig, SchemaField

from components.shared.clients import bigquery_client

LONG = relativedelta(years=-10000, days=-3660000, hours=-87840000)
SHORT = relativedelta(microseconds=1)
BOTH = [(1, LONG), (2, SHORT)]
LITERALS = (
    "INTERVAL '-10000-0 -3660000 -87840000:0:0' YEAR TO SECOND",
    "INTERVAL '0:0:0.000001' HOUR TO SECOND",
)
SCHEMA = [SchemaField("k", "INTEGER"), SchemaField("i", "INTERVAL")]
LINES = b'{"k": 1, "i": "P-10000Y0M-3660000DT-87840000H0M0S"}\n{"k": 2, "i": "PT0.000001S"}\n'


@pytest.fixture(scope="module")
def client(cloud) -> bigquery.Client:
    client = bigquery_client("intervals-project")
    client.create_dataset("long")
    client.query_and_wait("CREATE TABLE long.t (k INT64, i INTERVAL)")
    client.query_and_wait(f"INSERT long.t VALUES (1, {LITERALS[0]}), (2, {LITERALS[1]})")
    return client


def rows(client: bigquery.Client, sql: str) -> list[tuple]:
    return [tuple(row.values()) for row in client.query_and_wait(sql)]


def test_inserted_intervals_are_kept(client):
    assert rows(client, "SELECT * FROM long.t ORDER BY k") == BOTH
    assert [tuple(row.values()) for row in client.list_rows("long.t")] == BOTH


@pytest.mark.parametrize("verb", ["CREATE TABLE long.made", "CREATE OR REPLACE TABLE long.made"])
def test_selected_intervals_are_kept(client, verb):
    client.query_and_wait(f"{verb} AS SELECT * FROM long.t")
    assert rows(client, "SELECT * FROM long.made ORDER BY k") == BOTH
    with pytest.raises(BadRequest, match="division by zero"):
        client.query_and_wait("CREATE OR REPLACE TABLE long.made AS SELECT i, 1 / (k - 1) AS x FROM long.t")
    assert rows(client, "SELECT * FROM long.made ORDER BY k") == BOTH


def test_intervals_selected_by_a_name_of_with_are_kept(client):
    sql = "WITH final AS (SELECT * FROM long.t) SELECT * FROM final"
    client.query_and_wait(f"CREATE OR REPLACE TABLE long.named AS {sql}")
    assert rows(client, "SELECT * FROM long.named ORDER BY k") == BOTH


def test_written_and_copied_intervals_are_kept(client):
    target = f"{client.project}.long.written"
    for disposition, count in (("WRITE_TRUNCATE", 2), ("WRITE_APPEND", 4), ("WRITE_TRUNCATE", 2)):
        config = bigquery.QueryJobConfig(destination=target, write_disposition=disposition)
        client.query("SELECT * FROM long.t", job_config=config).result()
        assert client.get_table(target).num_rows == count
    client.copy_table(target, f"{client.project}.long.copied").result()
    assert rows(client, "SELECT * FROM long.copied ORDER BY k") == BOTH
    assert {table.table_id for table in client.list_tables("long")} >= {"t", "written", "copied"}
    assert not [table for table in client.list_tables("long") if table.table_id.startswith("__")]


def test_loaded_and_streamed_intervals_are_kept(client):
    config = LoadJobConfig(source_format="NEWLINE_DELIMITED_JSON", schema=SCHEMA)
    client.load_table_from_file(io.BytesIO(LINES), "long.loaded", job_config=config).result()
    assert rows(client, "SELECT * FROM long.loaded ORDER BY k") == BOTH
    client.create_table(bigquery.Table(f"{client.project}.long.streamed", SCHEMA))
    assert client.insert_rows_json("long.streamed", [{"k": 2, "i": "PT0.000001S"}]) == []
    assert rows(client, "SELECT * FROM long.streamed") == BOTH[1:]


def test_changed_intervals_are_kept_and_counted(client):
    client.query_and_wait("CREATE OR REPLACE TABLE long.changed AS SELECT * FROM long.t")
    client.query_and_wait("UPDATE long.changed SET i = i - INTERVAL 3 MICROSECOND WHERE k = 2")
    client.query_and_wait("DELETE FROM long.changed WHERE i < INTERVAL -1 DAY")
    client.query_and_wait(
        "BEGIN TRANSACTION; INSERT long.changed VALUES (3, INTERVAL -1 MONTH); COMMIT TRANSACTION"
    )
    expected = [(2, relativedelta(microseconds=-2)), (3, relativedelta(months=-1))]
    assert rows(client, "SELECT * FROM long.changed ORDER BY k") == expected
    assert client.get_table("long.changed").num_rows == 2


def test_fractions_of_seconds_are_read_with_all_their_digits(client):
    [[found]] = rows(client, "SELECT INTERVAL '1:2:34.000005' HOUR TO SECOND FROM long.t WHERE k = 1")
    assert found == relativedelta(hours=1, minutes=2, seconds=34, microseconds=5)


def test_geographies_beside_intervals_are_kept(client):
    schema = [*SCHEMA, SchemaField("g", "GEOGRAPHY")]
    lines = b'{"k": 1, "i": "P-1Y", "g": "POINT(1 -2.5)"}\n{"k": 2, "i": "PT0.000001S"}\n'
    config = LoadJobConfig(source_format="NEWLINE_DELIMITED_JSON", schema=schema)
    for _ in range(2):  # the second time it is appended
        client.load_table_from_file(io.BytesIO(lines), "long.places", job_config=config).result()
    expected = [(1, relativedelta(years=-1), "POINT(1 -2.5)"), (2, SHORT, None)]
    assert rows(client, "SELECT * FROM long.places ORDER BY k") == [row for row in expected for _ in range(2)]
    kinds = [field.field_type for field in client.get_table("long.places").schema]
    assert kinds == ["INTEGER", "INTERVAL", "GEOGRAPHY"]
    assert client.query_and_wait("SELECT g FROM long.places").total_bytes_processed > 0
    with pytest.raises(MethodNotImplemented, match="GEOGRAPHY"):
        client.query_and_wait("SELECT ST_X(g) FROM long.places")
