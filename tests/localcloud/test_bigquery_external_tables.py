"""External tables through Google's own clients: rows, types, partitions, bad rows, and what is refused."""

import datetime as dt
import gzip
import io
import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from google.api_core import exceptions
from google.cloud import bigquery

from components.shared.clients import bigquery_client, bigquery_read_client, storage_client
from localcloud.bigquery import objects
from localcloud.bigquery.external_files import ReadFiles


@pytest.fixture
def client(cloud):
    with bigquery_client(cloud.project) as client:
        yield client


@pytest.fixture
def dataset(client):
    name = f"external_{uuid.uuid4().hex[:8]}"
    client.create_dataset(name)
    yield name
    client.delete_dataset(name, delete_contents=True)


@pytest.fixture
def bucket(cloud):
    return storage_client(cloud.project).create_bucket(f"bucket-{uuid.uuid4().hex[:8]}")


def put(bucket, name: str, *lines: object) -> None:
    text = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)
    bucket.blob(name).upload_from_string(text)


def parquet(**columns: object) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file)
    return file.getvalue()


def put_parquet(bucket, name: str, **columns: object) -> None:
    bucket.blob(name).upload_from_string(parquet(**columns))


def rows(client, sql: str) -> list[tuple]:
    return sorted(tuple(row) for row in client.query_and_wait(sql))


def create(
    client, dataset: str, bucket, columns: str, pattern="*", name="t", options="", more="", around="{}"
) -> None:
    client.query_and_wait(
        around.format(
            f"CREATE OR REPLACE EXTERNAL TABLE `{client.project}.{dataset}.{name}` ({columns}) {more} "
            f"OPTIONS (format = 'JSON', uris = ['gs://{bucket.name}/{pattern}']{options})"
        )
    )


def test_json_scalars_fill_string_columns_with_their_text(client, dataset, bucket):
    put(bucket, "a.jsonl", '{"a": 12.5, "b": true, "c": null, "d": "x"}', '{"a": 7, "d": {"k": [1]}}')
    create(client, dataset, bucket, "a STRING, b STRING, c STRING, d STRING")
    assert set(rows(client, f"SELECT IFNULL(a,'-'), IFNULL(b,'-'), IFNULL(c,'-'), d FROM {dataset}.t")) == {
        ("12.5", "true", "-", "x"),
        ("7", "-", "-", '{"k":[1]}'),
    }


def test_json_values_take_their_declared_types(client, dataset, bucket):
    put(
        bucket,
        "a.jsonl",
        {"i": "12", "f": 1, "b": True, "t": "2025-03-01T10:00:00+02:00", "d": "2025-03-01", "l": ["p", "q"]},
    )
    create(client, dataset, bucket, "i INT64, f FLOAT64, b BOOL, t TIMESTAMP, d DATE, l ARRAY<STRING>")
    (row,) = client.query_and_wait(f"SELECT i, f, b, t, d, l FROM {dataset}.t")
    eight = dt.datetime(2025, 3, 1, 8, tzinfo=dt.UTC)
    assert tuple(row) == (12, 1.0, True, eight, dt.date(2025, 3, 1), ["p", "q"])


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"i": 12.5}', "column i: cannot read 12.5 as INT64"),
        ('{"i": "many"}', "column i: cannot read many as INT64"),
        ('{"l": 3}', "column l: cannot read 3 as ARRAY<STRING>"),
        ('{"i": 1', "the line is not JSON"),
        ("[1]", "the line is not a JSON object"),
        ('{"i": 1, "unknown": 2}', "no such field: unknown"),
    ],
)
def test_a_bad_row_fails_and_is_named(client, dataset, bucket, line, reason):
    put(bucket, "a.jsonl", {"i": 1})
    put(bucket, "b.jsonl", line)
    with pytest.raises(exceptions.BadRequest) as failure:
        create(client, dataset, bucket, "i INT64, l ARRAY<STRING>")
    assert reason in failure.value.message
    assert f"gs://{bucket.name}/b.jsonl" in failure.value.message
    assert "Rows: 2; errors: 1" in failure.value.message


def test_max_bad_records_skips_at_most_that_many_bad_rows(client, dataset, bucket):
    put(bucket, "a.jsonl", {"i": 1}, "not json", {"i": "x"}, {"i": 2})
    create(client, dataset, bucket, "i INT64", options=", max_bad_records = 2")
    assert rows(client, f"SELECT i FROM {dataset}.t") == [(1,), (2,)]
    with pytest.raises(exceptions.BadRequest, match="errors: 2"):
        create(client, dataset, bucket, "i INT64", options=", max_bad_records = 1")


def test_ignore_unknown_values_reads_the_known_ones(client, dataset, bucket):
    put(bucket, "a.jsonl", {"i": 1, "unknown": 2})
    create(client, dataset, bucket, "i INT64", options=", ignore_unknown_values = true")
    assert rows(client, f"SELECT * FROM {dataset}.t") == [(1,)]


def test_partition_columns_come_from_the_folders(client, dataset, bucket):
    put(bucket, "clicks/load_date=2025-01-01/a.jsonl", {"x": "1"})
    put(bucket, "clicks/load_date=2025-01-02/a.jsonl", {"x": "2"})
    put(bucket, "clicks/load_date=2025-01-02/b.jsonl", {"x": "3"})
    prefix = f", hive_partition_uri_prefix = 'gs://{bucket.name}/clicks'"
    partition = "WITH PARTITION COLUMNS (load_date DATE)"
    create(client, dataset, bucket, "x STRING", "clicks/*.jsonl", options=prefix, more=partition)
    assert rows(client, f"SELECT load_date, COUNT(*) FROM {dataset}.t GROUP BY 1") == [
        (dt.date(2025, 1, 1), 1),
        (dt.date(2025, 1, 2), 2),
    ]
    create(client, dataset, bucket, "x STRING", "clicks/*", "inferred", prefix, "WITH PARTITION COLUMNS")
    assert client.get_table(f"{dataset}.inferred").schema[-1].field_type == "DATE"


@pytest.mark.parametrize(
    ("where", "rows_read"),
    [
        ("TRUE", 3),
        ("load_date = '2025-01-01'", 1),
        ("load_date >= day", 2),
        ("load_date >= '2025-01-03'", 0),
        ("x = '1'", 3),
    ],
)
def test_only_the_selected_days_folders_are_read(client, dataset, bucket, where, rows_read):
    for day, name in (("01", "a"), ("02", "a"), ("02", "b")):
        put(bucket, f"clicks/load_date=2025-01-{day}/{name}.jsonl", {"x": "1"})
    prefix = f", hive_partition_uri_prefix = 'gs://{bucket.name}/clicks'"
    partition = "WITH PARTITION COLUMNS (load_date DATE)"
    create(client, dataset, bucket, "x STRING", "clicks/*.jsonl", options=prefix, more=partition)
    client.query_and_wait(f"CREATE VIEW {dataset}.seen AS SELECT x, load_date FROM {dataset}.t")
    for name in ("t", "seen"):
        script = f"DECLARE day DATE DEFAULT DATE '2025-01-02'; SELECT x FROM {dataset}.{name} WHERE {where}"
        job = client.query(script)
        assert job.result().total_rows == rows_read
        text, day = 2 + 1, 8 if "load_date" in where else 0
        assert job.total_bytes_processed == rows_read * (text + day)


def test_a_file_outside_the_partition_folders_is_an_error(client, dataset, bucket):
    put(bucket, "clicks/a.jsonl", {"x": "1"})
    prefix = f", hive_partition_uri_prefix = 'gs://{bucket.name}/clicks'"
    with pytest.raises(exceptions.BadRequest, match=r"clicks/a.jsonl has partition keys \[\]"):
        create(
            client,
            dataset,
            bucket,
            "x STRING",
            options=prefix,
            more="WITH PARTITION COLUMNS (load_date DATE)",
        )


def test_a_required_partition_filter_is_required(client, dataset, bucket):
    put(bucket, "load_date=2025-01-01/a.jsonl", {"x": "1"})
    options = f", hive_partition_uri_prefix = 'gs://{bucket.name}', require_hive_partition_filter = true"
    create(
        client, dataset, bucket, "x STRING", options=options, more="WITH PARTITION COLUMNS (load_date DATE)"
    )
    with pytest.raises(exceptions.BadRequest, match="without a filter"):
        client.query_and_wait(f"SELECT x FROM {dataset}.t")
    assert rows(client, f"SELECT x FROM {dataset}.t WHERE load_date = '2025-01-01'") == [("1",)]


def test_no_matching_file_fails_the_creation_of_a_partitioned_table(client, dataset, bucket):
    put(bucket, "elsewhere/load_date=2025-01-01/a.jsonl", {"x": "1"})
    prefix = f", hive_partition_uri_prefix = 'gs://{bucket.name}/clicks'"
    partition = "WITH PARTITION COLUMNS (load_date DATE)"
    message = f"hive partitioned data for table {client.project}.{dataset}.t without any associated files"
    with pytest.raises(exceptions.BadRequest, match=message):
        create(client, dataset, bucket, "x STRING", "clicks/*", options=prefix, more=partition)
    with pytest.raises(exceptions.NotFound):
        client.get_table(f"{dataset}.t")
    put(bucket, "clicks/load_date=1970-01-01/empty", "")
    create(client, dataset, bucket, "x STRING", "clicks/*", options=prefix, more=partition)
    assert rows(client, f"SELECT * FROM {dataset}.t") == []


def test_no_matching_file_fails_the_queries_of_a_table_without_partitions(client, dataset, bucket):
    create(client, dataset, bucket, "x STRING, n INT64", "in/*")
    kinds = [(field.name, field.field_type) for field in client.get_table(f"{dataset}.t").schema]
    assert kinds == [("x", "STRING"), ("n", "INTEGER")]
    message = (
        rf"Failed to expand table {dataset}.t with file pattern gs://{bucket.name}/in/\*: matched no files"
    )
    for sql in (f"SELECT * FROM {dataset}.t", f"SELECT 1 IN (SELECT n FROM {dataset}.t)"):
        with pytest.raises(exceptions.BadRequest, match=message):
            client.query_and_wait(sql)


def test_each_of_several_patterns_must_match(client, dataset, bucket):
    put(bucket, "in/a.jsonl", {"x": "1"})
    client.query_and_wait(
        f"CREATE EXTERNAL TABLE {dataset}.t (x STRING) OPTIONS (format = 'JSON', "
        f"uris = ['gs://{bucket.name}/in/*', 'gs://{bucket.name}/gone/*'])"
    )
    with pytest.raises(exceptions.BadRequest, match=r"gone/\*: matched no files"):
        client.query_and_wait(f"SELECT x FROM {dataset}.t")


@pytest.mark.parametrize("option", ["labels = [('layer', 'bronze')]", "require_partition_filter = true"])
def test_an_option_that_google_does_not_list_is_refused(client, dataset, bucket, option):
    put(bucket, "a.jsonl", {"x": "1"})
    with pytest.raises(exceptions.BadRequest, match=f"Unknown option: {option.split()[0]}"):
        create(client, dataset, bucket, "x STRING", options=f", {option}")


def test_creating_again_reads_the_current_files(client, dataset, bucket):
    put(bucket, "a.jsonl", {"x": "1"})
    create(client, dataset, bucket, "x STRING")
    bucket.blob("a.jsonl").delete()
    put(bucket, "b.jsonl", {"x": "2"})
    create(client, dataset, bucket, "x STRING")
    assert rows(client, f"SELECT x FROM {dataset}.t") == [("2",)]


def test_creating_again_reads_what_is_new_changed_or_gone(client, dataset, bucket):
    for name in "abcdefg":
        put(bucket, f"{name}.jsonl", {"x": name}, {"x": f"{name}2"})
    create(client, dataset, bucket, "x STRING")
    put(bucket, "a.jsonl", {"x": "changed"})
    bucket.blob("b.jsonl").delete()
    put(bucket, "h.jsonl", {"x": "h"})
    create(client, dataset, bucket, "x STRING")
    stayed = [(name + again,) for name in "cdefg" for again in ("", "2")]
    assert rows(client, f"SELECT x FROM {dataset}.t") == sorted([("changed",), ("h",), *stayed])
    create(client, dataset, bucket, "x STRING")
    assert len(rows(client, f"SELECT x FROM {dataset}.t")) == 12


def test_a_file_changed_while_it_is_read_and_restored_is_another(cloud, bucket, monkeypatch):
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://{cloud.address('storage')}")
    seen = []
    for value in ("first", "other", "first"):
        put(bucket, "a.jsonl", {"x": value})
        seen += objects.list_matching(f"gs://{bucket.name}/*").values()
    assert len(set(seen)) == 3


def test_only_changed_files_are_read_unless_they_are_most_or_parts_are_many():
    read = {name: f"generation of {name}" for name in "abcd"}
    found = {"a": read["a"], "b": "changed", "c": read["c"], "d": read["d"], "e": "new"}
    assert ReadFiles(read).unchanged(found) == {"a", "c", "d"}
    assert ReadFiles(read).unchanged(found | {"f": "new"}) == set()
    assert ReadFiles(read, parts=29).unchanged(found) == {"a", "c", "d"}
    assert ReadFiles(read, parts=30).unchanged(found) == set()


def test_another_definition_reads_the_unchanged_files_again(client, dataset, bucket):
    for name in "abc":
        put(bucket, f"{name}.jsonl", {"x": "1", "y": name})
    create(client, dataset, bucket, "x STRING", options=", ignore_unknown_values = true")
    create(client, dataset, bucket, "x INT64, y STRING")
    assert rows(client, f"SELECT x, y FROM {dataset}.t") == [(1, "a"), (1, "b"), (1, "c")]


def test_a_table_dropped_or_made_by_others_is_read_anew(client, dataset, bucket):
    for name in "abc":
        put(bucket, f"{name}.jsonl", {"x": name})
    for other in ("", f"CREATE TABLE {dataset}.t AS SELECT 'other' AS x; DROP TABLE {dataset}.t;"):
        create(client, dataset, bucket, "x STRING")
        client.query_and_wait(f"DROP EXTERNAL TABLE {dataset}.t; {other}")
    create(client, dataset, bucket, "x STRING")
    assert rows(client, f"SELECT x FROM {dataset}.t") == [("a",), ("b",), ("c",)]


@pytest.mark.parametrize("is_there", [True, False])
@pytest.mark.parametrize("end", ["COMMIT TRANSACTION", "ROLLBACK TRANSACTION", "SELECT ERROR('no')"])
def test_a_table_created_in_a_transaction_is_read_anew_however_that_ends(
    client, dataset, bucket, is_there, end
):
    for name in "abc":
        put(bucket, f"{name}.jsonl", {"x": name})
    if is_there:
        create(client, dataset, bucket, "x STRING")
    put(bucket, "a.jsonl", {"x": "changed"})
    with suppress(exceptions.BadRequest):
        create(client, dataset, bucket, "x STRING", around=f"BEGIN TRANSACTION; {{}}; {end}")
    create(client, dataset, bucket, "x STRING")
    assert rows(client, f"SELECT x FROM {dataset}.t") == [("b",), ("c",), ("changed",)]


@pytest.mark.parametrize(
    "change", ["DROP COLUMN y", "RENAME COLUMN y TO z", "ALTER COLUMN y SET DATA TYPE FLOAT64"]
)
def test_a_table_altered_meanwhile_is_read_anew(client, dataset, bucket, change):
    for name in "abc":
        put(bucket, f"{name}.jsonl", {"x": name, "y": 1})
    create(client, dataset, bucket, "x STRING, y INT64")
    client.query_and_wait(f"ALTER TABLE {dataset}.t {change}")
    create(client, dataset, bucket, "x STRING, y INT64")
    assert rows(client, f"SELECT x, y FROM {dataset}.t") == [("a", 1), ("b", 1), ("c", 1)]
    assert [field.field_type for field in client.get_table(f"{dataset}.t").schema] == ["STRING", "INTEGER"]


def test_creations_at_once_give_the_rows_of_the_files(client, dataset, bucket):
    for name in "abc":
        put(bucket, f"{name}.jsonl", {"x": name})
    create(client, dataset, bucket, "x STRING")
    for number in "12345":
        put(bucket, "a.jsonl", {"x": number})
        with ThreadPoolExecutor(4) as pool:
            for done in [pool.submit(create, client, dataset, bucket, "x STRING") for _ in range(4)]:
                done.result()
        assert rows(client, f"SELECT x FROM {dataset}.t") == [(number,), ("b",), ("c",)]


def test_a_bad_row_in_a_new_file_is_counted_with_those_of_all_files(client, dataset, bucket):
    for name in "abc":
        put(bucket, f"{name}.jsonl", {"i": 1})
    create(client, dataset, bucket, "i INT64")
    put(bucket, "d.jsonl", {"i": "x"})
    with pytest.raises(exceptions.BadRequest, match="Rows: 4; errors: 1"):
        create(client, dataset, bucket, "i INT64")
    assert rows(client, f"SELECT i FROM {dataset}.t") == [(1,)] * 3
    put(bucket, "e.jsonl", "{")
    create(client, dataset, bucket, "i INT64", options=", max_bad_records = 2")
    with pytest.raises(exceptions.BadRequest, match="Rows: 5; errors: 2"):
        create(client, dataset, bucket, "i INT64")


def test_if_not_exists_keeps_the_table_and_a_plain_create_fails(client, dataset, bucket):
    put(bucket, "a.jsonl", {"x": "1"})
    statement = f"`{dataset}.t` (x STRING) OPTIONS (format = 'JSON', uris = ['gs://{bucket.name}/*'])"
    client.query_and_wait(f"CREATE EXTERNAL TABLE {statement}")
    put(bucket, "b.jsonl", {"x": "2"})
    client.query_and_wait(f"CREATE EXTERNAL TABLE IF NOT EXISTS {statement}")
    assert rows(client, f"SELECT x FROM {dataset}.t") == [("1",)]
    with pytest.raises(exceptions.Conflict, match="Already Exists"):
        client.query_and_wait(f"CREATE EXTERNAL TABLE {statement}")


def test_a_script_creates_and_reads_in_order(client, dataset, bucket):
    put(bucket, "a.jsonl", {"x": "1"})
    script = f"""
        -- CREATE EXTERNAL TABLE in a comment, and 'a ; in a string', change nothing
        DECLARE seen INT64;
        CREATE OR REPLACE EXTERNAL TABLE {dataset}.t (x STRING)
        OPTIONS (format = 'NEWLINE_DELIMITED_JSON', uris = ['gs://{bucket.name}/*'], description = "a ; b");
        SET seen = (SELECT COUNT(*) FROM {dataset}.t);
        DROP EXTERNAL TABLE {dataset}.t;
        SELECT seen;
    """
    assert rows(client, script) == [(1,)]
    with pytest.raises(exceptions.NotFound):
        client.get_table(f"{dataset}.t")


def test_several_tables_are_created_at_once(client, dataset, bucket):
    for i in range(4):
        put(bucket, f"{i}/a.jsonl", {"x": str(i)})
    with ThreadPoolExecutor(4) as pool:
        made = [pool.submit(create, client, dataset, bucket, "x STRING", f"{i}/*", f"t{i}") for i in range(4)]
        for future in made:
            future.result()
    assert [rows(client, f"SELECT x FROM {dataset}.t{i}") for i in range(4)] == [
        [(str(i),)] for i in range(4)
    ]


def test_a_dry_run_creates_nothing(client, dataset, bucket):
    sql = (
        f"CREATE EXTERNAL TABLE {dataset}.t (x STRING) OPTIONS (format='JSON', uris=['gs://{bucket.name}/*'])"
    )
    job = client.query(sql, bigquery.QueryJobConfig(dry_run=True))
    assert job.statement_type == "CREATE_EXTERNAL_TABLE"
    with pytest.raises(exceptions.NotFound):
        client.get_table(f"{dataset}.t")


def test_the_table_says_what_it_is(client, dataset, bucket):
    put(bucket, "a.jsonl", {"x": "1"})
    create(
        client, dataset, bucket, "x STRING OPTIONS (description = 'an x')", options=", description = 'all x'"
    )
    table = client.get_table(f"{dataset}.t")
    assert (table.table_type, table.description) == ("EXTERNAL", "all x")
    assert table.schema[0].description == "an x"
    assert table.external_data_configuration.source_uris == [f"gs://{bucket.name}/*"]
    assert [item.table_type for item in client.list_tables(dataset)] == ["EXTERNAL"]


def test_parquet_columns_are_matched_by_name_and_absent_ones_are_null(client, dataset, bucket):
    noon = dt.datetime(2025, 1, 1, 12, tzinfo=dt.UTC)
    times = pa.array([noon], pa.timestamp("us", "UTC"))
    put_parquet(bucket, "sales/export_date=2025-01-01/a.parquet", n=[1], seen=times, extra=["e"])
    put_parquet(bucket, "sales/export_date=2025-01-02/a.parquet", seen=times, n=[2])
    client.query_and_wait(f"""
        CREATE EXTERNAL TABLE {dataset}.sales (n INT64, seen TIMESTAMP, absent STRING)
        WITH PARTITION COLUMNS (export_date DATE)
        OPTIONS (format = 'PARQUET', uris = ['gs://{bucket.name}/sales/*'],
                 hive_partition_uri_prefix = 'gs://{bucket.name}/sales')""")
    assert [tuple(row) for row in client.query_and_wait(f"SELECT * FROM {dataset}.sales ORDER BY n")] == [
        (1, noon, None, dt.date(2025, 1, 1)),
        (2, noon, None, dt.date(2025, 1, 2)),
    ]


def test_parquet_without_declared_columns_has_those_of_its_files(client, dataset, bucket):
    put_parquet(bucket, "a.parquet", n=[1], s=["x"])
    client.query_and_wait(
        f"CREATE EXTERNAL TABLE {dataset}.t OPTIONS (format = 'PARQUET', uris = ['gs://{bucket.name}/*'])"
    )
    assert rows(client, f"SELECT * FROM {dataset}.t") == [(1, "x")]


def test_a_parquet_column_of_another_type_is_an_error(client, dataset, bucket):
    put_parquet(bucket, "a.parquet", n=["1"])
    with pytest.raises(exceptions.BadRequest, match="n has type STRING, but is declared INT64"):
        client.query_and_wait(
            f"CREATE EXTERNAL TABLE {dataset}.t (n INT64) "
            f"OPTIONS (format = 'PARQUET', uris = ['gs://{bucket.name}/*'])"
        )


def test_a_broken_parquet_file_is_named(client, dataset, bucket):
    put(bucket, "a.parquet", "this is not Parquet, though it is long enough")
    with pytest.raises(exceptions.BadRequest, match=f"gs://{bucket.name}/a.parquet"):
        client.query_and_wait(
            f"CREATE EXTERNAL TABLE {dataset}.t (n INT64) "
            f"OPTIONS (format = 'PARQUET', uris = ['gs://{bucket.name}/*'])"
        )


DAMAGE = {
    "cut short": lambda whole: whole[: len(whole) // 2],
    "empty": lambda _: b"",
    "a page overwritten": lambda whole: whole[:4] + b"\xff" * 60 + whole[64:],
    "the footer overwritten": lambda whole: whole[:-60] + b"\xff" * 52 + whole[-8:],
    "a footer longer than the file": lambda whole: whole[:-8] + b"\xff\xff\xff\x7f" + whole[-4:],
    "another type": lambda _: parquet(n=["x"]),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_the_damaged_one_of_many_parquet_files_is_named(client, dataset, bucket, damage):
    for name in "abc":
        put_parquet(bucket, f"{name}.parquet", n=[1] * 100)
    bucket.blob("b.parquet").upload_from_string(DAMAGE[damage](parquet(n=[*range(100)])))
    with pytest.raises(exceptions.BadRequest, match=f"gs://{bucket.name}/b.parquet"):
        client.query_and_wait(
            f"CREATE EXTERNAL TABLE {dataset}.t (n INT64) "
            f"OPTIONS (format = 'PARQUET', uris = ['gs://{bucket.name}/*'])"
        )


def test_csv_skips_its_header_and_gzip_is_unpacked(client, dataset, bucket):
    bucket.blob("a.csv.gz").upload_from_string(gzip.compress(b'id;name\n1;"a;b"\n2;\n'))
    client.query_and_wait(
        f"CREATE EXTERNAL TABLE {dataset}.t (id INT64, name STRING) OPTIONS "
        f"(format = 'CSV', uris = ['gs://{bucket.name}/*'], skip_leading_rows = 1, field_delimiter = ';')"
    )
    assert [tuple(row) for row in client.query_and_wait(f"SELECT * FROM {dataset}.t ORDER BY id")] == [
        (1, "a;b"),
        (2, None),
    ]


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("(x STRING) OPTIONS (format = 'ORC', uris = ['gs://{bucket}/*'])", "format ORC"),
        (
            "(x STRING) OPTIONS (format = 'JSON', uris = ['gs://{bucket}/*'], compression = 'GZIP')",
            "compression",
        ),
        ("OPTIONS (format = 'JSON', uris = ['gs://{bucket}/*'])", "without declared columns"),
        (
            "(x STRING) WITH CONNECTION `us.c` OPTIONS (format = 'JSON', uris = ['gs://{bucket}/*'])",
            "connection",
        ),
    ],
)
def test_what_is_not_supported_is_refused(client, dataset, bucket, statement, reason):
    put(bucket, "a.jsonl", {"x": "1"})
    with pytest.raises(exceptions.MethodNotImplemented, match=reason):
        client.query_and_wait(f"CREATE EXTERNAL TABLE {dataset}.t {statement.format(bucket=bucket.name)}")


def test_wrong_uris_and_datasets_are_named(client, dataset, bucket):
    def attempt(name: str, uri: str) -> None:
        client.query_and_wait(
            f"CREATE EXTERNAL TABLE {name} (x STRING) OPTIONS (format = 'JSON', uris = ['{uri}'])"
        )

    with pytest.raises(exceptions.NotFound, match="bucket no-such-bucket"):
        attempt(f"{dataset}.t", "gs://no-such-bucket/*")
    with pytest.raises(exceptions.BadRequest, match=r"at most one '\*'"):
        attempt(f"{dataset}.t", "gs://b/*/x/*")
    with pytest.raises(exceptions.NotFound, match="no_such_dataset"):
        attempt("no_such_dataset.t", f"gs://{bucket.name}/*")


def test_writing_to_an_external_table_is_refused(client, dataset, bucket):
    put(bucket, "a.jsonl", {"x": "1"})
    create(client, dataset, bucket, "x STRING")
    with pytest.raises(exceptions.BadRequest, match="DML over it is not allowed"):
        client.query_and_wait(f"INSERT INTO {dataset}.t (x) VALUES ('2')")


def test_a_table_made_through_the_api_cannot_be_external(client, dataset, bucket):
    table = bigquery.Table(f"{client.project}.{dataset}.t")
    table.external_data_configuration = bigquery.ExternalConfig("PARQUET")
    table.external_data_configuration.source_uris = [f"gs://{bucket.name}/*"]
    with pytest.raises(exceptions.MethodNotImplemented, match="CREATE EXTERNAL TABLE"):
        client.create_table(table)


def test_a_load_job_s_wildcard_crosses_slashes(client, dataset, bucket):
    put(bucket, "in/a/1.jsonl", {"x": "1"})
    put(bucket, "in/b/2.jsonl", {"x": "2"})
    configuration = bigquery.LoadJobConfig(
        source_format="NEWLINE_DELIMITED_JSON", schema=[bigquery.SchemaField("x", "STRING")]
    )
    client.load_table_from_uri(
        f"gs://{bucket.name}/in/*.jsonl", f"{dataset}.t", job_config=configuration
    ).result()
    assert rows(client, f"SELECT x FROM {dataset}.t") == [("1",), ("2",)]


def test_the_storage_api_reads_an_external_table_as_arrow(client, dataset, bucket):
    put(bucket, "a.jsonl", *({"x": str(i)} for i in range(1000)))
    create(client, dataset, bucket, "x STRING")
    reader = bigquery_read_client()
    table = f"projects/{client.project}/datasets/{dataset}/tables/t"
    session = reader.create_read_session(
        parent=f"projects/{client.project}", read_session={"table": table, "data_format": "ARROW"}
    )
    schema = pa.ipc.read_schema(pa.py_buffer(session.arrow_schema.serialized_schema))
    batches = [
        pa.ipc.read_record_batch(pa.py_buffer(answer.arrow_record_batch.serialized_record_batch), schema)
        for answer in reader.read_rows(read_stream=session.streams[0].name)
    ]
    assert sorted(int(x) for batch in batches for x in batch["x"].to_pylist()) == list(range(1000))


def test_the_file_of_a_row_is_selectable_and_hidden_otherwise(client, dataset, bucket):
    put(bucket, "a.jsonl", {"x": "1"})
    put(bucket, "b.jsonl", {"x": "2"})
    create(client, dataset, bucket, "x STRING")
    assert rows(client, f"SELECT x, _FILE_NAME AS file FROM {dataset}.t") == [
        ("1", f"gs://{bucket.name}/a.jsonl"),
        ("2", f"gs://{bucket.name}/b.jsonl"),
    ]
    assert rows(client, f"SELECT * FROM {dataset}.t") == [("1",), ("2",)]
    assert [field.name for field in client.get_table(f"{dataset}.t").schema] == ["x"]


def test_a_whole_row_does_not_have_its_file(client, dataset, bucket):
    put(bucket, "a.jsonl", {"x": 1, "y": 2.5})
    create(client, dataset, bucket, "x INT64, y FLOAT64")
    assert rows(client, f"SELECT TO_JSON_STRING(t) FROM {dataset}.t") == [('{"x":1,"y":2.5}',)]


def test_csv_with_a_delimiter_that_never_occurs_reads_lines_unchanged(client, dataset, bucket):
    bucket.blob("a.jsonl").upload_from_string('{"a": "x, y"}\n"quo"ted"\n{"cut": \x01off\n')
    bucket.blob("empty.jsonl").upload_from_string("")
    client.query_and_wait(
        f"CREATE EXTERNAL TABLE `{client.project}.{dataset}.t` (line STRING) OPTIONS (format = 'CSV', "
        "field_delimiter = '\\x01', quote = '', ignore_unknown_values = TRUE, "
        f"preserve_ascii_control_characters = TRUE, uris = ['gs://{bucket.name}/*'])"
    )
    assert rows(client, f"SELECT line FROM {dataset}.t") == [
        ('"quo"ted"',),
        ('{"a": "x, y"}',),
        ('{"cut": ',),
    ]


@pytest.mark.parametrize(
    "text", ["it's", 'a "b"', "back\\slash \\' --", "two\nlines", "$text @text ?", "Ä 雪"]
)
def test_parameters_come_back_as_they_are(client, text):
    values = [
        bigquery.ScalarQueryParameter("text", "STRING", text),
        bigquery.ArrayQueryParameter("texts", "STRING", [text, "b"]),
        bigquery.ScalarQueryParameter("nothing", "STRING", None),
        bigquery.ScalarQueryParameter("day", "DATE", dt.date(2026, 3, 2)),
        bigquery.ScalarQueryParameter("share", "FLOAT64", 0.1),
        bigquery.ScalarQueryParameter("sure", "BOOL", True),
        bigquery.ScalarQueryParameter("bytes", "BYTES", b"\x00'"),
    ]
    sql = "SELECT @text, @texts, @nothing, @day, @share, @sure, @bytes"
    [row] = client.query(sql, job_config=bigquery.QueryJobConfig(query_parameters=values)).result()
    assert row.values() == (text, [text, "b"], None, dt.date(2026, 3, 2), 0.1, True, b"\x00'")
