"""BIGNUMERIC with its 76 digits: how it is computed with, loaded, read and written, and what is refused.

Expected numbers are from decimal arithmetic in Python, and by hand where BigQuery's reference says more.
"""

import io
import json
from decimal import Context, Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from google.api_core.exceptions import BadRequest, MethodNotImplemented
from google.cloud import bigquery
from google.cloud.bigquery import LoadJobConfig, SchemaField

from components.shared.clients import bigquery_client, bigquery_read_client, storage_client
from localcloud.bigquery.googlesql.bignumeric import LEAST, MOST, from_scaled, to_scaled, to_struct

D = Decimal
WIDE = D("12345678901234567890123456789012345678.12345678901234567890123456789012345678")
LOW = WIDE.copy_negate()
TINY = D("1E-38")
EXACT = Context(prec=100)
CREATED = f"""
    CREATE OR REPLACE TABLE big.t AS
    SELECT 1 AS k, BIGNUMERIC '1.5' AS b, NUMERIC '2' AS n, 0.5 AS f,
      [BIGNUMERIC '1', 2.25] AS a, STRUCT(BIGNUMERIC '3' AS b) AS s
    UNION ALL SELECT 2, BIGNUMERIC '{LOW}', NUMERIC '1.5', 2, [], NULL
    UNION ALL SELECT 3, NULL, NULL, NULL, NULL, NULL
    UNION ALL SELECT 4, BIGNUMERIC '1.5', NUMERIC '1.5', 1.5, [], NULL
"""


@pytest.fixture(scope="module")
def client(cloud) -> bigquery.Client:
    client = bigquery_client("big-project")
    client.create_dataset("big")
    client.query_and_wait(CREATED)
    return client


def rows(client: bigquery.Client, sql: str, **settings: Any) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in client.query_and_wait(sql, **settings)]


def test_the_texts_sort_as_the_numbers_do():
    numbers = [LEAST, LEAST + 1, -(10**38), -1, 0, 1, 9, 10, 10**38, MOST]
    held = [from_scaled(number) for number in numbers]
    assert sorted(held, key=lambda each: each["__bignumeric"]) == held
    assert [to_scaled(each) for each in held] == numbers
    assert to_scaled(to_struct(TINY / 2)) == 1
    with pytest.raises(OverflowError):
        from_scaled(MOST + 1)


COMPUTED: dict[str, list[Any]] = {
    "b + 1": [D("2.5"), EXACT.add(LOW, D(1)), None, D("2.5")],
    "n - b": [D("0.5"), EXACT.add(WIDE, D("1.5")), None, D(0)],
    "b / 3": [
        D("0.5"),
        EXACT.divide(LOW, D(3)).quantize(TINY, context=EXACT),
        None,
        D("0.5"),
    ],
    "-b": [D("-1.5"), WIDE, None, D("-1.5")],
    "ROUND(b, 3)": [D("1.5"), EXACT.quantize(LOW, D("0.001")), None, D("1.5")],
    "b = n": [False, False, None, True],
    "n = b": [False, False, None, True],
    "b > 1": [True, False, None, True],
    "b < f": [False, True, None, False],
    "b > 0.1 AND b < BIGNUMERIC '1e3'": [True, False, None, True],
    "b BETWEEN 0 AND 2": [True, False, None, True],
    "b IN (1, 1.5, n)": [True, False, None, True],
    "b IS NOT DISTINCT FROM 1.5": [True, False, False, True],
    "COALESCE(b, n, 7)": [D("1.5"), LOW, D(7), D("1.5")],
    "CASE k WHEN 1 THEN n ELSE b END": [D(2), LOW, None, D("1.5")],
    "GREATEST(b, n)": [D(2), D("1.5"), None, D("1.5")],
    "GREATEST(b, f)": [1.5, 2.0, None, 1.5],
    "CAST(b AS STRING)": ["1.5", str(LOW), None, "1.5"],
    "CAST(b AS FLOAT64)": [1.5, float(LOW), None, 1.5],
    "CAST(k AS BIGNUMERIC)": [D(1), D(2), D(3), D(4)],
    "CAST(n AS BIGNUMERIC)": [D(2), D("1.5"), None, D("1.5")],
    "CAST(CAST(b AS STRING) AS BIGNUMERIC) = b": [True, True, None, True],
    "FORMAT('%t', b)": ["1.5", str(LOW), "NULL", "1.5"],
    "TO_JSON_STRING(s)": ['{"b":3}', "null", "null", "null"],
    "s.b + 1": [D(4), None, None, None],
    "a[SAFE_OFFSET(1)] * 2": [D("4.5"), None, None, None],
    "(SELECT SUM(e) FROM UNNEST(a) AS e)": [D("3.25"), None, None, None],
    "2.25 IN UNNEST(a)": [True, False, False, False],
    "SUM(b) OVER (ORDER BY k)": [
        D("1.5"),
        *[EXACT.add(LOW, D("1.5"))] * 2,
        EXACT.add(LOW, D(3)),
    ],
    "RANK() OVER (ORDER BY b)": [3, 2, 1, 3],
}


@pytest.mark.parametrize("expression", COMPUTED)
def test_an_expression_is_exact(client, expression):
    found = rows(client, f"SELECT {expression} FROM big.t ORDER BY k")
    assert [value for (value,) in found] == COMPUTED[expression]


AGGREGATED: dict[str, list[tuple[Any, ...]]] = {
    "SELECT SUM(b), AVG(b), MIN(b), COUNT(DISTINCT b) FROM big.t WHERE k <> 2": [
        (D(3), D("1.5"), D("1.5"), 1)
    ],
    "SELECT SUM(b), MAX(b), SUM(b + n) FROM big.t": [(EXACT.add(LOW, D(3)), D("1.5"), EXACT.add(LOW, D(8)))],
    "SELECT AVG(DISTINCT b) FROM big.t": [
        (EXACT.divide(EXACT.add(LOW, D("1.5")), D(2)).quantize(TINY, "ROUND_HALF_UP", EXACT),)
    ],
    "SELECT b, COUNT(*) FROM big.t GROUP BY b ORDER BY b DESC": [(D("1.5"), 2), (LOW, 1), (None, 1)],
    "SELECT b, SUM(b) FROM big.t GROUP BY b HAVING SUM(b) > 1 ORDER BY SUM(b)": [(D("1.5"), D(3))],
    "SELECT b + 1, COUNT(*) FROM big.t WHERE k IN (1, 4) GROUP BY b + 1 ORDER BY b + 1": [(D("2.5"), 2)],
    "SELECT t.k, u.k FROM big.t JOIN big.t AS u ON t.b = u.n ORDER BY 1, 2": [(1, 2), (1, 4), (4, 2), (4, 4)],
    "SELECT t.k, u.k FROM big.t JOIN big.t AS u USING (b) WHERE t.k < u.k": [(1, 4)],
    "SELECT IF(k = 1, b, 1) FROM big.t WHERE k < 3 ORDER BY 1": [(D(1),), (D("1.5"),)],
    "SELECT b FROM big.t WHERE k = 1 UNION ALL SELECT 1": [(D("1.5"),), (D(1),)],
    "SELECT k, e FROM big.t, UNNEST(a) AS e ORDER BY e DESC": [(1, D("2.25")), (1, D(1))],
    "SELECT k, e FROM big.t, t.a AS e WHERE e > 1": [(1, D("2.25"))],
    "DECLARE v BIGNUMERIC DEFAULT 1; SET v = v + 0.5; SELECT v, v + b FROM big.t WHERE k = 1": [
        (D("1.5"), D(3))
    ],
    "FROM big.t |> WHERE b > 0 |> AGGREGATE SUM(b) AS s GROUP BY n |> ORDER BY n": [
        (D("1.5"), D("1.5")),
        (D(2), D("1.5")),
    ],
}


@pytest.mark.parametrize("sql", AGGREGATED)
def test_a_query_is_exact(client, sql):
    found = rows(client, sql)
    assert found == AGGREGATED[sql] or sorted(found) == sorted(AGGREGATED[sql])


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT b * BIGNUMERIC '1e38' * 1e30 FROM big.t",
        "SELECT SUM(e) FROM UNNEST([BIGNUMERIC '5e38', BIGNUMERIC '5e38']) AS e, big.t WHERE k = 1",
    ],
)
def test_an_overflow_is_an_error(client, sql):
    with pytest.raises(BadRequest, match="overflow"):
        client.query_and_wait(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT STDDEV(b) FROM big.t",
        "SELECT b FROM big.t UNION ALL SELECT n FROM big.t",
        "CREATE TEMP FUNCTION f(x BIGNUMERIC) AS (x * 2); SELECT f(b) FROM big.t",
        "CREATE TEMP FUNCTION f(x BIGNUMERIC) RETURNS STRING LANGUAGE js AS 'return x'; SELECT f(1)",
        "SELECT CAST(b AS STRING) FROM `big.t*`",
        "SELECT TO_JSON_STRING(b) FROM `big.t*`",
        "SELECT SUM(b) FROM `big.t*`",
        "CREATE TABLE big.defaults (b BIGNUMERIC DEFAULT 1.5)",
    ],
)
def test_what_is_not_computed_is_refused(client, sql):
    with pytest.raises(MethodNotImplemented):
        client.query_and_wait(sql)


def test_changes_convert_integers_and_decimals(client):
    client.query_and_wait("CREATE OR REPLACE TABLE big.changed (k INT64, b BIGNUMERIC, n NUMERIC)")
    client.query_and_wait(f"INSERT big.changed VALUES (1, 42e30, 7), (2, {TINY:f}, 0.5), (3, NULL, 1)")
    client.query_and_wait("INSERT big.changed (k, b) SELECT 4, n FROM big.changed WHERE k = 1")
    client.query_and_wait("UPDATE big.changed SET b = n + 1 WHERE k = 3")
    client.query_and_wait(
        "MERGE big.changed AS c USING (SELECT 1 AS k, NUMERIC '7.5' AS v UNION ALL SELECT 5, 2) AS s "
        "ON c.k = s.k WHEN MATCHED THEN UPDATE SET b = s.v WHEN NOT MATCHED THEN INSERT (k, b) VALUES (k, v)"
    )
    expected = [(1, D("7.5")), (2, TINY), (3, D(2)), (4, D(7)), (5, D(2))]
    assert rows(client, "SELECT k, b FROM big.changed ORDER BY k") == expected


def test_parameters(client):
    config = bigquery.QueryJobConfig(
        query_parameters=[
            bigquery.ScalarQueryParameter("p", "BIGNUMERIC", -TINY),
            bigquery.ArrayQueryParameter("a", "BIGNUMERIC", [D("1.5"), WIDE]),
            bigquery.ScalarQueryParameter("none", "BIGNUMERIC", None),
        ]
    )
    found = rows(client, "SELECT @p, @a, @none, b + @p FROM big.t WHERE b IN UNNEST(@a)", job_config=config)
    assert found == [(-TINY, [D("1.5"), WIDE], None, EXACT.subtract(D("1.5"), TINY))] * 2


SCHEMA = [
    SchemaField("k", "INTEGER"),
    SchemaField("b", "BIGNUMERIC"),
    SchemaField("s", "RECORD", fields=[SchemaField("b", "BIGNUMERIC", mode="REPEATED")]),
]
LOADED = [(1, WIDE, {"b": [D("1.5"), -TINY]}), (2, None, None), (3, D(1500), {"b": []})]


def _load(
    client: bigquery.Client, content: bytes, source: str, schema: list[SchemaField]
) -> list[tuple[Any, ...]]:
    config = LoadJobConfig(source_format=source, schema=schema, write_disposition="WRITE_TRUNCATE")
    client.load_table_from_file(io.BytesIO(content), "big.loaded", job_config=config).result()
    return rows(client, "SELECT * FROM big.loaded ORDER BY k")


def test_json_lines_are_loaded(client):
    lines = [
        {"k": 1, "b": str(WIDE), "s": {"b": [1.5, str(-TINY)]}},
        {"k": 2},
        {"k": 3, "b": "1.5e3", "s": {"b": []}},
    ]
    content = "\n".join(map(json.dumps, lines)).encode()
    assert _load(client, content, "NEWLINE_DELIMITED_JSON", SCHEMA) == LOADED
    with pytest.raises(BadRequest, match="Could not convert value to bignumeric"):
        _load(client, b'{"b": "6e38"}', "NEWLINE_DELIMITED_JSON", SCHEMA)


def test_csv_is_loaded(client):
    content = f"1,{WIDE}\n2,\n3,1.5e3\n".encode()
    assert _load(client, content, "CSV", SCHEMA[:2]) == [row[:2] for row in LOADED]


@pytest.mark.parametrize("schema", [[], SCHEMA])
def test_parquet_is_loaded(client, schema):
    wide = pa.decimal256(76, 38)
    s = pa.struct([("b", pa.list_(wide))])
    columns = [
        pa.array(column, kind)
        for column, kind in zip(zip(*LOADED, strict=True), (pa.int64(), wide, s), strict=True)
    ]
    pq.write_table(pa.table(columns, ["k", "b", "s"]), content := io.BytesIO())
    assert _load(client, content.getvalue(), "PARQUET", schema) == [
        *LOADED[:1],
        (2, None, LOADED[1][2]),
        LOADED[2],
    ]
    assert client.get_table("big.loaded").schema[1].field_type == "BIGNUMERIC"


def test_rows_are_streamed(client):
    client.query_and_wait("CREATE OR REPLACE TABLE big.streamed (b BIGNUMERIC, a ARRAY<BIGNUMERIC>)")
    assert client.insert_rows_json("big.streamed", [{"b": str(WIDE), "a": [1.5]}, {"b": None}]) == []
    [error] = client.insert_rows_json("big.streamed", [{"b": "x"}])
    assert error["errors"][0]["message"] == "Could not convert value to bignumeric. Field: b; Value: x"
    assert rows(client, "SELECT * FROM big.streamed ORDER BY b DESC") == [
        (WIDE, [D("1.5")]),
        (None, []),
    ]


def test_the_storage_api_sends_decimals_of_256_bits(client):
    read = bigquery_read_client()
    asked = {"table": client.get_table("big.t").path.removeprefix("/"), "data_format": "ARROW"}
    request = {"parent": f"projects/{client.project}", "read_session": asked, "max_stream_count": 1}
    session = read.create_read_session(request)
    schema = pa.ipc.read_schema(pa.py_buffer(session.arrow_schema.serialized_schema))
    [answer] = read.read_rows({"read_stream": session.streams[0].name})
    batch = pa.ipc.read_record_batch(pa.py_buffer(answer.arrow_record_batch.serialized_record_batch), schema)
    sent = pa.table(batch).sort_by("k")
    assert sent.schema.field("b").type == pa.decimal256(76, 38)
    assert sent.column("b").to_pylist() == [D("1.5"), LOW, None, D("1.5")]
    assert sent.column("a").to_pylist()[0] == [D(1), D("2.25")]
    assert sent.column("s").to_pylist()[0] == {"b": D(3)}


def test_extracts_are_texts_or_decimals(client):
    bucket = storage_client(client.project).create_bucket("big-extracts")
    client.query_and_wait("CREATE OR REPLACE TABLE big.plain AS SELECT b, a FROM big.t WHERE k IN (1, 2)")
    for form, file in (("PARQUET", "t.parquet"), ("CSV", "t.csv")):
        config = bigquery.ExtractJobConfig(destination_format=form)
        source = "big.plain" if form == "PARQUET" else "big.flat"
        client.query_and_wait("CREATE OR REPLACE TABLE big.flat AS SELECT b FROM big.plain ORDER BY b")
        client.extract_table(source, f"gs://{bucket.name}/{file}", job_config=config).result()
    found = pq.read_table(io.BytesIO(bucket.blob("t.parquet").download_as_bytes()))
    assert sorted(found.column("b").to_pylist()) == [LOW, D("1.5")]
    assert sorted(found.column("a").to_pylist()) == [[], [D(1), D("2.25")]]
    assert bucket.blob("t.csv").download_as_text() == f"b\n{LOW}\n1.5\n"
    with pytest.raises(MethodNotImplemented, match="within an array"):
        config = bigquery.ExtractJobConfig(destination_format="NEWLINE_DELIMITED_JSON")
        client.extract_table("big.plain", f"gs://{bucket.name}/t.json", job_config=config).result()


def test_external_tables_are_read(client):
    bucket = storage_client(client.project).create_bucket("big-external")
    bucket.blob("t.csv").upload_from_string(f"1,{WIDE}\n2,\n")
    made = "CREATE OR REPLACE EXTERNAL TABLE big.outside (k INT64, b BIGNUMERIC)"
    client.query_and_wait(f"{made} OPTIONS (format = 'CSV', uris = ['gs://big-external/t.csv'])")
    assert rows(client, "SELECT * FROM big.outside ORDER BY k") == [(1, WIDE), (2, None)]


def test_declared_digits_are_checked(client):
    client.query_and_wait("CREATE OR REPLACE TABLE big.sized (b BIGNUMERIC(5, 2), c BIGNUMERIC(3))")
    client.query_and_wait("INSERT big.sized VALUES (999.99, 999)")
    with pytest.raises(BadRequest, match=r"Field c: BIGNUMERIC\(3, 0\) has a maximum number of digits"):
        client.query_and_wait("INSERT big.sized VALUES (1, 1000)")
    with pytest.raises(MethodNotImplemented, match=r"Field b: BIGNUMERIC\(5, 2\) is not rounded here"):
        client.query_and_wait("INSERT big.sized VALUES (0.125, 1)")
    config = LoadJobConfig(source_format="CSV")
    client.load_table_from_file(io.BytesIO(b"0.125,1\n"), "big.sized", job_config=config).result()
    expected = [(D("0.13"), D(1)), (D("999.99"), D(999))]
    assert rows(client, "SELECT * FROM big.sized ORDER BY b") == expected
