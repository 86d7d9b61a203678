"""The rows of somebody's own CSV or Parquet file, in a stream, each with the place where it stands."""

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

SUFFIXES = (".csv", ".parquet")
DELIMITERS = ",;\t|"
BATCH_ROWS = 10_000

Place = str
Values = dict[str, Any]


class InvalidFileError(ValueError):
    """The file cannot become sales; the message says where and why, in one line."""


def header(path: Path) -> list[str]:
    """Return the names of the file's columns; InvalidFileError when it is no file of a kind known here."""
    if not path.exists():
        raise InvalidFileError(f"{path} does not exist")
    if not path.is_file():
        raise InvalidFileError(f"{path} is not a file")
    if path.suffix.lower() not in SUFFIXES:
        raise InvalidFileError(f"{path} is neither {' nor '.join(SUFFIXES)}")
    if path.stat().st_size == 0:
        raise InvalidFileError(f"{path} is empty")
    names = _csv_header(path) if path.suffix.lower() == ".csv" else _parquet(path).schema_arrow.names
    return list(names)


def rows(path: Path, columns: Mapping[str, str]) -> Iterator[tuple[Place, Values]]:
    """Yield each row as its place ("line 2") and the values of the columns, under the fields' names."""
    read = _csv_rows if path.suffix.lower() == ".csv" else _parquet_rows
    return read(path, columns)


def _csv_header(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        first = file.readline()
    delimiter = _delimiter(first)
    return [name.strip() for name in next(csv.reader([first], delimiter=delimiter), [])]


def _delimiter(line: str) -> str:
    return max(DELIMITERS, key=line.count)


def _csv_rows(path: Path, columns: Mapping[str, str]) -> Iterator[tuple[Place, Values]]:
    # Bytes that are not UTF-8 matter in the columns that are used alone: whoever parses those will say so.
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        delimiter = _delimiter(file.readline())
        file.seek(0)
        lines = csv.reader(file, delimiter=delimiter, strict=True)
        names = [name.strip() for name in next(lines)]
        positions = {field: names.index(column) for field, column in columns.items()}
        yield from _csv_lines(path, lines, len(names), positions)


def _csv_lines(
    path: Path, lines: Any, width: int, positions: Mapping[str, int]
) -> Iterator[tuple[Place, Values]]:
    while True:
        place = f"line {lines.line_num + 1}"
        try:
            cells = next(lines)
        except StopIteration:
            return
        except csv.Error as error:
            raise InvalidFileError(f"{path}, {place}: {error}") from None
        if not cells:
            continue
        if len(cells) != width:
            raise InvalidFileError(f"{path}, {place}: {len(cells)} values, but the first line names {width}")
        yield place, {field: cells[position] for field, position in positions.items()}


def _parquet(path: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path)
    except pa.ArrowInvalid as error:
        raise InvalidFileError(f"{path} is not a Parquet file: {' '.join(str(error).split())}") from None


def _parquet_rows(path: Path, columns: Mapping[str, str]) -> Iterator[tuple[Place, Values]]:
    row = 0
    with _parquet(path) as file:
        for batch in file.iter_batches(BATCH_ROWS, columns=sorted(set(columns.values()))):
            lists = [_to_list(batch.column(column)) for column in columns.values()]
            for values in zip(*lists, strict=True):
                row += 1
                yield f"row {row}", dict(zip(columns, values, strict=True))


def _to_list(column: pa.Array) -> list[Any]:
    # Python's timestamps end at microseconds.
    if pa.types.is_timestamp(column.type) and column.type.unit == "ns":
        column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
    return list(column.to_pylist())
