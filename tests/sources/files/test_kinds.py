"""Workbooks, Parquet, JSON, compressed files, and files that are none of these."""

import bz2
import decimal
import gzip
import io
import json
import lzma
import uuid
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sources.errors import UnreadableError
from sources.files import open_files
from tests.sources.files.conftest import Open, rows_of
from tests.sources.files.sheets import workbook

CSV = "who,much\na,1\nb,2\n"
GZIPPED = gzip.compress(CSV.encode(), mtime=0)
ROWS = [("a", "1"), ("b", "2")]


def zipped(members: dict[str, str | bytes]) -> bytes:
    """Return a zip."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()


def parquet(columns: dict[str, pa.Array]) -> bytes:
    """Return a Parquet file."""
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("own.csv.gz", GZIPPED),
        ("own.csv", GZIPPED),
        ("own.csv", bz2.compress(CSV.encode())),
        ("own.csv", lzma.compress(CSV.encode())),
        ("own.csv", zipped({"shop/own.csv": CSV})),
        (
            "own.zip",
            zipped({"own.csv.gz": GZIPPED, "__MACOSX/own.csv": b"\0\5"}),
        ),
        ("own.txt", CSV.replace(",", "\t")),
    ],
)
def test_compressed_files_are_unpacked_whatever_their_name(opened: Open, name: str, content: bytes) -> None:
    raw = opened(files={name: content})
    assert rows_of(raw) == ROWS
    assert raw.con.execute("select distinct file from raw").fetchall() == [(name,)]


def test_the_files_of_a_zip_are_read_one_after_the_other(opened: Open) -> None:
    raw = opened(files={"own.zip": zipped({"b.csv": "who,much\nc,3\n", "a.csv": CSV})})
    assert rows_of(raw) == [*ROWS, ("c", "3")]
    assert [raw.place(n) for n in (1, 3)] == ["line 2 of own.zip/a.csv", "line 2 of own.zip/b.csv"]


@pytest.mark.parametrize("name", ["readme.txt", "README.md", "LICENSE", "data/Readme"])
def test_what_explains_the_data_of_a_zip_is_not_read(opened: Open, name: str) -> None:
    raw = opened(files={"own.zip": zipped({"data/orders.csv": CSV, name: "see https://example.org\n"})})
    assert rows_of(raw) == rows_of(opened(files={"own.csv": CSV}))


def test_several_files_a_folder_and_a_pattern_are_one_table(opened: Open) -> None:
    files: dict[str, str | bytes] = {
        "shop/jan.csv": CSV,
        "shop/feb.csv": "much,Who\n3,c\n",
        "shop/.hidden": "x",
        "shop/_SUCCESS": "",
    }
    assert rows_of(opened("shop/jan.csv", "shop/feb.csv", files=files)) == [*ROWS, ("c", "3")]
    in_order = [("3", "c"), ("1", "a"), ("2", "b")]
    for way in ("shop", "shop/*.csv", "sh?p/*.csv"):
        raw = opened(way, files=files)
        assert rows_of(raw) == in_order
        assert (raw.place(1), raw.place(3)) == ("line 2 of feb.csv", "line 3 of jan.csv")


def test_two_files_with_one_name_are_told_apart(opened: Open) -> None:
    raw = opened(files={"shop1/own.csv": CSV, "shop2/own.csv": CSV})
    assert raw.place(1).endswith("shop1/own.csv")
    assert raw.place(3).endswith("shop2/own.csv")


def test_files_with_other_columns_are_refused_by_name(opened: Open) -> None:
    with pytest.raises(
        UnreadableError, match=r"b\.csv has different columns from a\.csv: it lacks much and also has many"
    ):
        opened(files={"a.csv": CSV, "b.csv": "who,many\na,1\n"})
    with pytest.raises(UnreadableError, match=r"b\.json and a\.csv cannot be one source"):
        opened(files={"a.csv": CSV, "b.json": '{"who": "a"}'})
    with pytest.raises(UnreadableError, match=r"a\.csv is given twice"):
        opened("a.csv", "*.csv", files={"a.csv": CSV})


def test_a_spark_folder_is_one_table_with_its_partition_columns(opened: Open) -> None:
    part = parquet({"who": pa.array(["a"])})
    files = {
        "orders.parquet/year=2025/part-0.parquet": part,
        "orders.parquet/year=2026/part-0.parquet": part,
        "orders.parquet/year=__HIVE_DEFAULT_PARTITION__/part-0.parquet": part,
        "orders.parquet/_SUCCESS": b"",
        "orders.parquet/year=2025/.part-0.parquet.crc": b"crc",
    }
    assert rows_of(opened("orders.parquet", files=files)) == [("a", "2025"), ("a", "2026"), ("a", None)]


@pytest.mark.parametrize("zone", ["UTC", "utc", "Z", "GMT+1", "UTC+08:00", "Europe/Berlin", "+02:00"])
def test_a_parquet_instant_is_in_utc_whatever_its_zones_name(opened: Open, zone: str) -> None:
    instants = pa.array([1_767_261_600_000_000, None], pa.timestamp("us", zone))
    raw = opened(files={"own.parquet": parquet({"time": instants, "who": pa.array(["a", "b"])})})
    assert rows_of(raw) == [("2026-01-01 10:00:00+00", "a"), (None, "b")]


def test_parquet_values_become_text_as_a_person_writes_it(opened: Open) -> None:
    identifier = uuid.UUID(int=1)
    columns = {
        "decimal": pa.array([decimal.Decimal("1250.50")], pa.decimal128(12, 2)),
        "whole": pa.array([12346.0], pa.float64()),
        "gap": pa.array([float("nan")], pa.float64()),
        "part": pa.array([12.5], pa.float64()),
        "day": pa.array([date(2026, 1, 1)]),
        "local": pa.array([datetime(2026, 1, 1, 10, 0, 0, 250_000)]),  # noqa: DTZ001
        "nano": pa.array([1_000_000_001], pa.timestamp("ns")),
        "words": pa.array([b"17850"], pa.binary()),
        "bytes": pa.array([b"\x00\xff"], pa.binary()),
        "uuid": pa.array([identifier.bytes], pa.binary(16)),
        "kind": pa.array(["x"]).dictionary_encode(),
        "yes": pa.array([True]),
    }
    raw = opened(files={"own.parquet": parquet(columns)})
    assert raw.columns == list(columns)
    assert rows_of(raw) == [
        (
            *("1250.50", "12346", None, "12.5", "2026-01-01", "2026-01-01 10:00:00.25"),
            *("1970-01-01 00:00:01.000000001", "17850", "00ff", identifier.hex, "x", "true"),
        )
    ]
    assert raw.place(1) == "row 1"


def test_a_parquet_file_with_lists_holds_documents(opened: Open) -> None:
    items = pa.array([[{"sku": "M", "price": 10.0}]])
    raw = opened(files={"own.parquet": parquet({"id": pa.array(["a1"]), "items": items})})
    assert (raw.nested, raw.columns, raw.lists) == (True, ["id", "items"], ["items"])
    [(doc,)] = raw.con.execute("select doc from raw").fetchall()
    assert json.loads(doc) == {"id": "a1", "items": [{"sku": "M", "price": 10.0}]}


DOCUMENTS: list[dict[str, Any]] = [{"id": "1", "who": {"name": "ä"}, "total": 10.5}, {"id": "2", "items": []}]


@pytest.mark.parametrize(
    "content",
    [
        "\n".join(map(json.dumps, DOCUMENTS)).encode(),
        json.dumps(DOCUMENTS).encode(),
        json.dumps(DOCUMENTS, indent=2).encode(),
        json.dumps({"orders": DOCUMENTS}).encode(),
        json.dumps({"object": "list", "has_more": False, "data": DOCUMENTS}).encode(),
        json.dumps(DOCUMENTS, ensure_ascii=False).encode("utf-8-sig"),
        json.dumps(DOCUMENTS, ensure_ascii=False).encode("utf-16"),
        gzip.compress(json.dumps(DOCUMENTS).encode(), mtime=0),
    ],
)
def test_documents_are_rows(opened: Open, content: bytes) -> None:
    raw = opened(files={"own.json": content})
    assert (raw.nested, raw.lists) == (True, ["items"])
    assert raw.columns == ["id", "who.name", "total", "items"]
    found = raw.con.execute("select doc from raw order by n").fetchall()
    assert [json.loads(doc) for (doc,) in found] == DOCUMENTS
    assert raw.place(2) == "row 2"


def test_one_order_with_its_items_is_one_document(opened: Open) -> None:
    order = {"id": "1", "total": 10, "items": [{"sku": "M"}, {"sku": "P"}]}
    raw = opened(files={"own.json": json.dumps(order)})
    assert (raw.count(), raw.columns) == (1, ["id", "total", "items"])


def test_a_workbook_s_dates_are_iso_and_its_whole_numbers_whole(opened: Open) -> None:
    rows = [["Sales of all shops"], [], ["Order", "Date", "Amount"]]
    rows += [[1001, datetime(2026, 1, 5, 14, 30), 12.5], [], [1002, date(2026, 1, 6), "1.5"]]  # noqa: DTZ001
    raw = opened(files={"own.xlsx": workbook({"Orders": rows, "Notes": [["nothing"]]})})
    assert raw.columns == ["Order", "Date", "Amount"]
    assert rows_of(raw) == [("1001", "2026-01-05 14:30:00", "12.5"), ("1002", "2026-01-06", "1.5")]
    assert [raw.place(1), raw.place(2)] == ["row 4", "row 6"]
    assert "own.xlsx is a workbook; read: 'Orders'" in raw.notes


def test_sheets_with_the_same_columns_are_read_together_and_others_named(opened: Open) -> None:
    head = ["Order", "Amount"]
    book = workbook(
        {
            "2025": [head, ["a", 1]],
            "2026": [head, ["b", 2], ["c", 3]],
            "Stock": [["Item", "Pieces"], ["x", 9]],
        }
    )
    raw = opened(files={"sales.csv": book})
    assert rows_of(raw) == [("a", "1"), ("b", "2"), ("c", "3")]
    assert raw.place(3) == "row 3 of sales.csv/2026"
    assert "sales.csv: skipped because of other columns: 'Stock'" in raw.notes


SOLD = ["Order", "Date", "Customer", "Amount"]
FIRST, SECOND = ["a", date(2026, 1, 5), "ann", 1], ["b", date(2026, 2, 5), "bob", 2]


def test_sheets_with_the_same_names_are_read_whatever_their_order_and_case(opened: Open) -> None:
    book = {"Jan": [SOLD, FIRST], "Feb": [[name.upper() for name in reversed(SOLD)], SECOND[::-1]]}
    raw = opened(files={"own.xlsx": workbook(book)})
    assert rows_of(raw) == [("a", "2026-01-05", "ann", "1"), ("b", "2026-02-05", "bob", "2")]


def test_a_sheet_may_have_a_further_column(opened: Open) -> None:
    book = {"Jan": [SOLD, FIRST], "Feb": [[*SOLD, "Note"], [*SECOND, "late"]], "Mar": [SOLD, FIRST]}
    raw = opened(files={"own.xlsx": workbook(book)})
    assert [row[-1] for row in rows_of(raw)] == [None, "late", None]
    assert "own.xlsx/Feb also has Note, blank in the rows of own.xlsx/Jan" in raw.notes
    assert "own.xlsx/Mar lacks Note, blank in the rows of this file" in raw.notes


def test_the_sheet_that_is_most_like_sales_is_read(opened: Open) -> None:
    people = [["Customer", "Since", "Total"], *(["c", date(2026, 1, 1), 9] for _ in range(9))]
    raw = opened(files={"own.xlsx": workbook({"People": people, "Orders": [SOLD, FIRST]})})
    assert rows_of(raw) == [("a", "2026-01-05", "ann", "1")]


@pytest.mark.parametrize(
    ("sheet", "head", "problem"),
    [
        ("Returns", SOLD, "'Returns' may be no sales, but has the columns of 'Jan'"),
        ("Plan 2026", SOLD, "'Plan 2026' may be no sales, but has the columns of 'Jan'"),
        ("Feb", ["Order", "Date", "Client", "Total"], "'Feb' may be sales, but has other columns than 'Jan'"),
    ],
)
def test_a_sheet_that_may_be_sales_or_not_is_asked_about(
    opened: Open, sheet: str, head: list[str], problem: str
) -> None:
    book = workbook({"Jan": [SOLD, FIRST, FIRST], sheet: [head, SECOND]})
    with pytest.raises(UnreadableError, match=problem) as asked:
        opened(files={"own.xlsx": book})
    assert "--set source.sheets=[Jan]" in str(asked.value).replace("'", "")
    assert len(rows_of(opened(files={"own.xlsx": book}, sheets=["Jan"]))) == 2
    with pytest.raises(UnreadableError, match="has no sheet 'March' with a table; it has Jan, "):
        opened(files={"own.xlsx": book}, sheets=["March"])


def test_a_hidden_sheet_is_not_read(opened: Open) -> None:
    book = workbook({"Jan": [SOLD, FIRST], "draft": [SOLD, SECOND]}, hidden=["draft"])
    raw = opened(files={"own.xlsx": book})
    assert rows_of(raw) == [("a", "2026-01-05", "ann", "1")]
    assert "own.xlsx: skipped because hidden: 'draft'" in raw.notes


def test_numbers_beside_texts_with_a_decimal_comma_are_written_alike(opened: Open) -> None:
    rows = [["Order", "Date", "Amount"], [1, date(2026, 1, 5), "10,50"], [2, date(2026, 1, 6), 20.825]]
    assert [row[2] for row in rows_of(opened(files={"own.xlsx": workbook({"a": rows})}))] == [
        "10,50",
        "20,825",
    ]


def test_cells_that_are_merged_downwards_have_the_value_of_the_first(opened: Open) -> None:
    rows = [["Customer", "Date", "Amount"], ["ann", date(2026, 1, 5), 1], ["", date(2026, 1, 6), 2]]
    rows += [["bob", date(2026, 1, 7), 3], ["", date(2026, 1, 8), 4]]
    raw = opened(files={"own.xlsx": workbook({"a": rows}, merged=["A2:A3"])})
    assert [row[0] for row in rows_of(raw)] == ["ann", "ann", "bob", None]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"%PDF-1.7 x", "own.csv is a PDF: export the table as CSV"),
        (b"<html><table><tr><td>1</td></tr></table>", "own.csv is a web page or XML"),
        (b"<orders>\n <order id='1'><total>1</total></order></orders>", "own.csv is a web page or XML"),
        (b"--\n-- PostgreSQL database dump\n--\n\nSET x = 0;\n", "own.csv is a dump of a database"),
        (b"-- Host: a\nINSERT INTO `orders` (a) VALUES (1);\n", "own.csv is a dump of a database"),
        (b"COPY public.orders (a, b) FROM stdin;\n1\t2\n", "own.csv is a dump of a database"),
        (b'[["id", "total"], [1, 2.5]]', "own.csv has lists without names: make each a map"),
        (b"Obj\x01avro", "own.csv is an Avro file"),
        (b"SQLite format 3\x00", "own.csv is a SQLite database"),
        (b"PAR1 and no more", "own.csv is a Parquet file that cannot be read"),
        (b"PK\x03\x04 and no more", "own.csv is zip that cannot be unpacked"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 no more", "own.csv is a workbook that cannot be read"),
        (GZIPPED[:-9], "own.csv is gzip that cannot be unpacked"),
        (b'{"a": 1}\n{"a": \n', "own.csv looks like JSON, but is not valid"),
        (b'{"a": "\x90"}', "own.csv is neither UTF-8 nor cp1252"),
        (b"\xff\xfea\0,\0b\0\n\0001", "own.csv is not text in utf-16"),
        (b"\xef\xbb\xbfa,b\n1,\xe9\n", "own.csv is not text in utf-8-sig"),
        (b"PAR1" + bytes(30) + b"\x01\0\0\0PAR1", "own.csv is a Parquet file that cannot be read"),
        (b"PK\x05\x06" + bytes(18), "own.csv is a zip with nothing in it"),
    ],
)
def test_an_unreadable_file_is_explained_in_one_line(opened: Open, content: bytes, message: str) -> None:
    with pytest.raises(UnreadableError, match=message) as caught:
        opened(files={"own.csv": content})
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_reported(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for name, message in {
        "absent.csv": "absent.csv does not exist",
        "no-*.csv": r"no-\*.csv matches no file",
        "empty": "empty is an empty folder",
    }.items():
        with pytest.raises(UnreadableError, match=message):
            open_files([tmp_path / name], tmp_path / "empty")


@pytest.mark.parametrize("name", ["z2.parquet", "z4.parquet", "z7.parquet"])
def test_time_zones_of_third_party_files(opened: Open, case: Callable[[str], Path], name: str) -> None:
    raw = opened(files={name: case(f"parquet_time_zone_names/{name}").read_bytes()})
    assert rows_of(raw) == [("a", "2026-01-01 10:00:00+00", "1")]


@pytest.mark.parametrize("name", ["binary_ids.parquet", "binary_all.parquet"])
def test_binary_ids_of_third_party_files_are_text(
    opened: Open, case: Callable[[str], Path], name: str
) -> None:
    raw = opened(files={name: case(f"parquet_binary_ids/{name}").read_bytes()})
    assert [row[:2] for row in rows_of(raw)] == [("1", "17850"), ("2", "13047"), ("3", "17850")]


def test_uuids_of_a_third_party_file_are_in_hexadecimal(opened: Open, case: Callable[[str], Path]) -> None:
    raw = opened(files={"own.parquet": case("parquet_binary_ids/fsb_uuid.parquet").read_bytes()})
    assert [row[1] for row in rows_of(raw)] == [f"{number:032x}" for number in (1, 2, 1)]


def test_the_machines_time_zone_does_not_matter(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    instant = pa.array([datetime(2026, 1, 1, 10, tzinfo=UTC)])
    assert rows_of(opened(files={"own.parquet": parquet({"time": instant, "a": instant})})) == [
        ("2026-01-01 10:00:00+00",) * 2
    ]
