"""What load jobs and insertAll refuse; the rules are those of BigQuery's documentation.

docs.cloud.google.com/bigquery/docs/loading-data-cloud-storage-json, ...-csv, ...-parquet and
docs.cloud.google.com/bigquery/docs/reference/rest/v2/tabledata/insertAll.
"""

import base64
import datetime
import decimal
import gzip
import io
import json
import math

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from google.api_core.exceptions import BadRequest
from google.cloud import bigquery
from google.cloud.bigquery import LoadJobConfig, SchemaField

from components.shared.clients import bigquery_client

UTC = datetime.UTC
FITTING = [
    ("INTEGER", 5, 5),
    ("INTEGER", "-9223372036854775808", -(2**63)),
    ("INTEGER", 2.0, 2),
    ("FLOAT", "NaN", math.nan),
    ("FLOAT", "-inf", -math.inf),
    ("NUMERIC", "1.005", decimal.Decimal("1.005")),
    ("NUMERIC", "1.0000000005", decimal.Decimal("1.000000001")),
    ("STRING", 5, "5"),
    ("STRING", True, "true"),
    ("STRING(3)", "äöü", "äöü"),
    ("BYTES(3)", base64.b64encode(b"\x00\xff1").decode(), b"\x00\xff1"),
    ("BOOLEAN", "yes", True),
    ("BOOLEAN", "F", False),
    ("DATE", "2026-1-5", datetime.date(2026, 1, 5)),
    ("TIME", "3:04:05.000006", datetime.time(3, 4, 5, 6)),
    ("DATETIME", "2026-01-05 03:04:05", datetime.datetime(2026, 1, 5, 3, 4, 5)),  # noqa: DTZ001
    ("TIMESTAMP", "2026/01/05 03:04:05+01:00", datetime.datetime(2026, 1, 5, 2, 4, 5, tzinfo=UTC)),
    ("TIMESTAMP", "2026-01-05T03:04:05Z", datetime.datetime(2026, 1, 5, 3, 4, 5, tzinfo=UTC)),
    ("TIMESTAMP", 86400, datetime.datetime(1970, 1, 2, tzinfo=UTC)),
    ("TIMESTAMP", -0.5, datetime.datetime(1969, 12, 31, 23, 59, 59, 500_000, UTC)),
    ("TIMESTAMP", "59.9999999", datetime.datetime(1970, 1, 1, 0, 0, 59, 999_999, UTC)),
]
UNFIT = [
    ("INTEGER", 2.7),
    ("INTEGER", "x"),
    ("INTEGER", "1e3"),
    ("INTEGER", "1_000"),
    ("INTEGER", True),
    ("INTEGER", 2**63),
    ("FLOAT", "1_0"),
    ("FLOAT", "one"),
    ("NUMERIC", "1e40"),
    ("NUMERIC", "abc"),
    ("STRING(3)", "abcd"),
    ("BYTES(2)", base64.b64encode(b"abc").decode()),
    ("BYTES", "not base64!"),
    ("BOOLEAN", "maybe"),
    ("BOOLEAN", 2),
    ("DATE", "2026-13-01"),
    ("DATE", "2026-02-30"),
    ("DATE", "2026/01/05"),
    ("DATE", 20260105),
    ("TIME", "24:00:00"),
    ("DATETIME", "2026-01-05 03:04:05Z"),
    ("TIMESTAMP", "epoch"),
    ("TIMESTAMP", "infinity"),
    ("TIMESTAMP", "NaN"),
    ("TIMESTAMP", 1e18),
    ("TIMESTAMP", "2026-01-02 03:04"),
    ("STRING", ["a"]),
    ("STRING", {"a": 1}),
]


@pytest.fixture(scope="module")
def client(cloud) -> bigquery.Client:
    client = bigquery_client("loads-project")
    client.create_dataset("loads")
    return client


def field(kind: str, name: str = "a", mode: str = "NULLABLE") -> SchemaField:
    base, _, length = kind.rstrip(")").partition("(")
    return SchemaField(name, base, mode=mode, max_length=int(length) if length else None)


def load_json(client: bigquery.Client, rows: list, fields: list[SchemaField], **settings) -> list[tuple]:
    settings.setdefault("write_disposition", "WRITE_TRUNCATE")
    config = LoadJobConfig(schema=fields, **settings)
    client.load_table_from_json(rows, "loads.j", job_config=config).result()
    return rows_of(client, "loads.j")


def load_csv(client: bigquery.Client, text: str, fields: list[SchemaField], **settings) -> list[tuple]:
    config = LoadJobConfig(schema=fields, source_format="CSV", write_disposition="WRITE_TRUNCATE", **settings)
    client.load_table_from_file(io.BytesIO(text.encode()), "loads.c", job_config=config).result()
    return rows_of(client, "loads.c")


def told(client: bigquery.Client, rows: list, fields: list[SchemaField]) -> list[str]:
    """Return a failed load's messages about its rows."""
    job = client.load_table_from_json(rows, "loads.failed", job_config=LoadJobConfig(schema=fields))
    with pytest.raises(BadRequest, match=rf"Rows: {len(rows)}; errors: {len(rows)}\."):
        job.result()
    assert [error["reason"] for error in job.errors] == ["invalid"] * (len(rows) + 1)
    return [error["message"] for error in job.errors[1:]]


def rows_of(client: bigquery.Client, table: str) -> list[tuple]:
    return [tuple(row.values()) for row in client.list_rows(client.get_table(table))]


def same(value: object, wanted: object) -> bool:
    both_nan = value != value and wanted != wanted
    return both_nan or (value == wanted and type(value) is type(wanted))


@pytest.mark.parametrize(("kind", "value", "wanted"), FITTING)
def test_a_value_that_fits_is_kept(client, kind, value, wanted):
    [[found]] = load_json(client, [{"a": value}], [field(kind)])
    assert same(found, wanted)
    client.delete_table("loads.s", not_found_ok=True)
    client.create_table(bigquery.Table("loads-project.loads.s", schema=[field(kind)]))
    assert client.insert_rows_json("loads.s", [{"a": value}]) == []
    [[streamed]] = rows_of(client, "loads.s")
    assert same(streamed, wanted)


@pytest.mark.parametrize(("kind", "value"), UNFIT)
def test_a_value_that_does_not_fit_is_refused_by_a_load_and_a_stream(client, kind, value):
    assert "a" in told(client, [{"a": value}], [field(kind)])[0]
    client.delete_table("loads.s", not_found_ok=True)
    client.create_table(bigquery.Table("loads-project.loads.s", schema=[field(kind)]))
    [error] = client.insert_rows_json("loads.s", [{"a": value}])
    assert [told["location"] for told in error["errors"]] == ["a"]
    assert rows_of(client, "loads.s") == []


CSV_FITS = [
    ("true", "BOOLEAN", True),
    ("0", "BOOLEAN", False),
    (" 5", "INTEGER", 5),
    ("a b", "STRING", "a b"),
]


@pytest.mark.parametrize(("text", "kind", "wanted"), CSV_FITS)
def test_a_cell_that_fits(client, text, kind, wanted):
    assert load_csv(client, f"{text}\n", [field(kind)]) == [(wanted,)]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("2.7", "INTEGER"),
        ("1e3", "INTEGER"),
        ("0x1F", "INTEGER"),
        ("2026/01/05", "DATE"),
        ("abcd", "STRING(3)"),
    ],
)
def test_a_cell_that_does_not_fit(client, text, kind):
    with pytest.raises(BadRequest, match="CSV table encountered too many errors"):
        load_csv(client, f"{text}\n", [field(kind)])


def test_an_unknown_field_is_refused_unless_it_is_to_be_ignored(client):
    rows: list = [{"a": 1, "zz": 2}, {"a": 3, "r": {"x": 1, "y": 2}}]
    fields = [field("INTEGER"), SchemaField("r", "RECORD", fields=[field("INTEGER", "x")])]
    said = told(client, rows, fields)
    assert [message.rpartition(": ")[2] for message in said] == ["zz.", "r.y."]
    assert load_json(client, rows, fields, ignore_unknown_values=True) == [(1, None), (3, {"x": 1})]


def test_at_most_max_bad_records_rows_are_left_out(client):
    rows = [{"a": 1}, {"a": "x"}, {"a": "y"}, {"a": 2}]
    with pytest.raises(BadRequest, match=r"Rows: 4; errors: 2\."):
        load_json(client, rows, [field("INTEGER")], max_bad_records=1)
    assert load_json(client, rows, [field("INTEGER")], max_bad_records=2) == [(1,), (2,)]


def test_a_failed_load_leaves_the_table_as_it_was(client):
    load_json(client, [{"a": 1}], [field("INTEGER")])
    with pytest.raises(BadRequest):
        load_json(client, [{"a": 2}, {"a": "x"}], [field("INTEGER")])
    assert rows_of(client, "loads.j") == [(1,)]


def test_a_required_field_must_be_present(client):
    fields = [field("INTEGER", mode="REQUIRED"), field("STRING", "b")]
    for row in ({"b": "x"}, {"a": None}):
        assert "Missing required field: a." in told(client, [row], fields)[0]
    assert load_json(client, [{"a": 1}], fields) == [(1, None)]
    assert client.get_table("loads.j").schema[0].mode == "REQUIRED"


def test_nested_and_repeated_values(client):
    fields = [
        field("STRING(2)", "tags", "REPEATED"),
        SchemaField("r", "RECORD", mode="REPEATED", fields=[field("BYTES", "y"), field("NUMERIC", "n")]),
    ]
    row = {"tags": ["a", "bc"], "r": [{"y": "AP8=", "n": "1.25"}, {"y": None}]}
    assert load_json(client, [row, {}], fields) == [
        (["a", "bc"], [{"y": b"\x00\xff", "n": decimal.Decimal("1.25")}, {"y": None, "n": None}]),
        ([], []),
    ]
    for bad in ({"tags": ["abc"]}, {"tags": ["a", None]}, {"tags": "a"}, {"r": [{"y": "AP8=", "n": "x"}]}):
        with pytest.raises(BadRequest):
            load_json(client, [bad], fields)


def test_csv_handles_nulls_quotes_lines_and_columns(client):
    fields = [field("STRING"), field("INTEGER", "b")]
    assert load_csv(client, 'a,1\n"",\n,2\n', fields) == [("a", 1), ("", None), (None, 2)]
    assert load_csv(
        client, "k;v\nx;NA\n;1\n", fields, field_delimiter=";", null_marker="NA", skip_leading_rows=1
    ) == [
        ("x", None),
        ("", 1),
    ]
    assert load_csv(client, '"x\ny",1\n', fields, allow_quoted_newlines=True) == [("x\ny", 1)]
    assert load_csv(client, "x\n", fields, allow_jagged_rows=True) == [("x", None)]
    assert load_csv(client, "x,1,more\n", fields, ignore_unknown_values=True) == [("x", 1)]
    assert load_csv(client, "ok,1\nx\n", fields, max_bad_records=1) == [("ok", 1)]
    for text in ('"x\ny",1\n', "x\n", "x,1,more\n", 'x,"1\n'):
        with pytest.raises(BadRequest, match="CSV table encountered too many errors"):
            load_csv(client, text, fields)


def test_a_compressed_file_and_another_encoding(client):
    config = LoadJobConfig(schema=[field("STRING")], source_format="CSV", write_disposition="WRITE_TRUNCATE")
    client.load_table_from_file(io.BytesIO(gzip.compress(b"x\n")), "loads.c", job_config=config).result()
    assert rows_of(client, "loads.c") == [("x",)]
    config.encoding = "ISO-8859-1"
    client.load_table_from_file(io.BytesIO("é\n".encode("latin-1")), "loads.c", job_config=config).result()
    assert rows_of(client, "loads.c") == [("é",)]


PACKED = gzip.compress(b'{"a": "1"}\n' * 1000)
DAMAGED = {
    "cut short": PACKED[: len(PACKED) // 2],
    "another checksum": PACKED[:-8] + bytes(8),
    "only a head": PACKED[:10],
    "no stream": b"\x1f\x8bnot packed at all",
    "overwritten": PACKED[:20] + b"\xff" * 20 + PACKED[40:],
}


@pytest.mark.parametrize("damage", DAMAGED)
@pytest.mark.parametrize("kind", ["CSV", "NEWLINE_DELIMITED_JSON"])
def test_a_damaged_compressed_file_is_an_error_of_the_load(client, kind, damage):
    config = LoadJobConfig(schema=[field("STRING")], source_format=kind, max_bad_records=9)
    job = client.load_table_from_file(io.BytesIO(DAMAGED[damage]), "loads.c", job_config=config)
    with pytest.raises(BadRequest, match="the file cannot be decompressed"):
        job.result()


@pytest.mark.parametrize(
    "line",
    [
        b'{"a":' + b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"a": "\\ud800"}',
        b'{"a": 1}{"a": 2}',
        b'{"a": NaN}',
        b"\0",
    ],
    ids=["lists", "maps", "half a character", "two objects", "no number", "NUL"],
)
def test_a_line_that_is_no_json_is_one_bad_row(client, line):
    config = LoadJobConfig(schema=[field("STRING")], write_disposition="WRITE_TRUNCATE", max_bad_records=1)
    config.source_format = "NEWLINE_DELIMITED_JSON"
    lines = io.BytesIO(b'{"a": "good"}\n' + line + b'\n{"a": "\\ud83d\\ude00"}\n')
    client.load_table_from_file(lines, "loads.j", job_config=config).result()
    assert rows_of(client, "loads.j") == [("good",), ("😀",)]


def test_the_tables_schema_is_the_default_and_without_both_it_is_an_error(client):
    load_json(client, [{"a": 1}], [field("INTEGER")])
    config = LoadJobConfig(source_format="NEWLINE_DELIMITED_JSON")
    line = json.dumps({"a": "2"}).encode()
    client.load_table_from_file(io.BytesIO(line), "loads.j", job_config=config).result()
    assert rows_of(client, "loads.j") == [(1,), (2,)]
    with pytest.raises(BadRequest, match="No schema specified on job or table"):
        client.load_table_from_file(io.BytesIO(line), "loads.none", job_config=config).result()


def test_a_schema_that_is_not_the_tables_is_refused_unless_it_may_grow(client):
    load_json(client, [{"a": 1}], [field("INTEGER")])
    append = {"write_disposition": "WRITE_APPEND"}
    with pytest.raises(BadRequest, match="Field a has changed type from INTEGER to STRING"):
        load_json(client, [{"a": "x"}], [field("STRING")], **append)
    more = [field("INTEGER"), field("STRING", "b")]
    with pytest.raises(BadRequest, match=r"Cannot add fields \(field: b\)"):
        load_json(client, [{"a": 2, "b": "x"}], more, **append)
    grown = load_json(
        client, [{"a": 2, "b": "x"}], more, schema_update_options=["ALLOW_FIELD_ADDITION"], **append
    )
    assert grown == [(1, None), (2, "x")]


def test_a_required_column_may_be_relaxed_where_that_is_allowed(client):
    load_json(client, [{"a": 1}], [field("INTEGER", mode="REQUIRED")])
    append = {"write_disposition": "WRITE_APPEND"}
    with pytest.raises(BadRequest, match="Field a has changed mode from REQUIRED to NULLABLE"):
        load_json(client, [{"a": None}], [field("INTEGER")], **append)
    relaxed = ["ALLOW_FIELD_RELAXATION"]
    assert load_json(client, [{"a": None}], [field("INTEGER")], schema_update_options=relaxed, **append) == [
        (1,),
        (None,),
    ]


def parquet(**columns) -> io.BytesIO:
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file)
    file.seek(0)
    return file


def test_parquet_has_the_declared_types(client):
    config = LoadJobConfig(
        schema=[field("INTEGER")], source_format="PARQUET", write_disposition="WRITE_TRUNCATE"
    )
    client.load_table_from_file(parquet(a=[1, None]), "loads.p", job_config=config).result()
    assert rows_of(client, "loads.p") == [(1,), (None,)]
    with pytest.raises(BadRequest, match="column 'a' has type FLOAT64 which does not match"):
        client.load_table_from_file(parquet(a=[2.7]), "loads.p", job_config=config).result()
    assert rows_of(client, "loads.p") == [(1,), (None,)]
    config = LoadJobConfig(source_format="PARQUET")
    with pytest.raises(BadRequest, match="Field a has changed type from INTEGER to FLOAT"):
        client.load_table_from_file(parquet(a=[2.7]), "loads.p", job_config=config).result()
    with pytest.raises(BadRequest, match="Cannot add fields"):
        client.load_table_from_file(parquet(a=[1], b=["x"]), "loads.p", job_config=config).result()


def test_an_overlong_text_from_parquet_or_a_query_is_refused(client):
    client.query_and_wait("CREATE OR REPLACE TABLE loads.short (s STRING(3))")
    with pytest.raises(
        BadRequest, match=r"Field s: STRING\(3\) has maximum length 3 but got a value with length 4"
    ):
        config = LoadJobConfig(source_format="PARQUET")
        client.load_table_from_file(parquet(s=["abcd"]), "loads.short", job_config=config).result()
    append = bigquery.QueryJobConfig(
        destination="loads-project.loads.short", write_disposition="WRITE_APPEND"
    )
    with pytest.raises(BadRequest, match="has maximum length 3"):
        client.query("SELECT 'abcd' AS s", job_config=append).result()
    client.query("SELECT 'abc' AS s", job_config=append).result()
    assert rows_of(client, "loads.short") == [("abc",)]


def test_a_stream_reports_each_bad_row_and_stops_or_skips(client):
    client.query_and_wait(
        "CREATE OR REPLACE TABLE loads.st (a INT64 NOT NULL, s STRING(2), r STRUCT<x INT64>)"
    )
    rows = [{"a": 1}, {"a": "x", "zz": 1}, {"s": "abc"}, {"a": 4, "r": {"x": 1.5}}]
    errors = client.insert_rows_json("loads.st", rows)
    assert {error["index"]: [told["location"] for told in error["errors"]] for error in errors} == {
        0: [""],
        1: ["a", "zz"],
        2: ["s", "a"],
        3: ["r.x"],
    }
    assert [told["reason"] for error in errors for told in error["errors"]] == ["stopped", *["invalid"] * 5]
    assert rows_of(client, "loads.st") == []
    errors = client.insert_rows_json("loads.st", rows, skip_invalid_rows=True)
    assert [error["index"] for error in errors] == [1, 2, 3]
    assert rows_of(client, "loads.st") == [(1, None, None)]
    assert client.insert_rows_json("loads.st", [{"a": 2, "zz": 1}], ignore_unknown_values=True) == []
