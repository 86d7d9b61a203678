from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from generators.own_files import InvalidFileError, header, rows

CsvFile = Callable[[str], Path]


def test_a_csv_row_carries_the_line_it_begins_on(csv_file: CsvFile) -> None:
    path = csv_file('who,note,much\na,"two\nlines",1\n\nb,"a ""word"", and more",2\n')
    assert header(path) == ["who", "note", "much"]
    assert list(rows(path, {"customer": "who", "amount": "much"})) == [
        ("line 2", {"customer": "a", "amount": "1"}),
        ("line 5", {"customer": "b", "amount": "2"}),
    ]


def test_a_byte_order_mark_other_delimiters_and_line_ends_are_read(csv_file: CsvFile) -> None:
    path = csv_file("\ufeffwho ; much\r\na;1,5\r\n")
    assert header(path) == ["who", "much"]
    assert list(rows(path, {"amount": "much"})) == [("line 2", {"amount": "1,5"})]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n1,2,3\n", "line 3: 3 values, but the first line names 2"),
        ("a,b\n1\n", "line 2: 1 values"),
        ('a,b\n1,2\n1,"never closed\n', "line 3: unexpected end of data"),
    ],
)
def test_a_broken_line_is_named(csv_file: CsvFile, text: str, message: str) -> None:
    with pytest.raises(InvalidFileError, match=message):
        list(rows(csv_file(text), {"customer": "a"}))


def test_a_parquet_row_carries_its_number_across_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("generators.own_files.BATCH_ROWS", 2)
    times = pa.array([1_000_000_001, None, 3_000_000_000], pa.timestamp("ns"))
    pq.write_table(pa.table({"b": times, "a": [1, 2, 3], "c": [0, 0, 0]}), tmp_path / "own.parquet")
    assert header(tmp_path / "own.parquet") == ["b", "a", "c"]
    assert list(rows(tmp_path / "own.parquet", {"customer": "a", "time": "b"})) == [
        ("row 1", {"customer": 1, "time": datetime(1970, 1, 1, 0, 0, 1)}),  # noqa: DTZ001
        ("row 2", {"customer": 2, "time": None}),
        ("row 3", {"customer": 3, "time": datetime(1970, 1, 1, 0, 0, 3)}),  # noqa: DTZ001
    ]


def test_what_is_no_file_of_these_kinds_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.csv").touch()
    (tmp_path / "own.xlsx").write_bytes(b"PK")
    (tmp_path / "own.parquet").write_bytes(b"no parquet at all")
    for name, message in {
        "absent.csv": "absent.csv does not exist",
        "empty.csv": "empty.csv is empty",
        "own.xlsx": "own.xlsx is neither .csv nor .parquet",
        "own.parquet": "own.parquet is not a Parquet file",
        ".": "is not a file",
    }.items():
        with pytest.raises(InvalidFileError, match=message):
            header(tmp_path / name)
