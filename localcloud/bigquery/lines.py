"""The rows of JSON-lines and CSV files, each as a dict, or as what is wrong with it."""

import csv
import gzip
import json
import zlib
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

from local_bigquery.errors import BigQueryError
from local_bigquery.models import JobConfigurationLoad
from local_bigquery.models import TableFieldSchema as Field

from localcloud.bigquery.values import UnfitError

type Row = dict[str, Any] | UnfitError

ENCODINGS = {"UTF-8": "utf-8-sig", "ISO-8859-1": "latin-1", "UTF-16LE": "utf-16-le", "UTF-16BE": "utf-16-be"}
GZIP = b"\x1f\x8b"
MOST_CHARACTERS = 100 * 2**20  # of a cell; BigQuery's limit for a row
TEXTS = {"STRING", "BYTES"}


def rows(file: Path, config: JobConfigurationLoad, fields: Sequence[Field]) -> Iterator[Row]:
    """Yield the rows of a file in the format and encoding that the job names; raises BigQueryError."""
    name = config.encoding or "UTF-8"
    if name not in ENCODINGS:
        raise BigQueryError("invalid", f"Unsupported encoding: {name}")
    with _open(file, ENCODINGS[name]) as stream:
        is_json = config.sourceFormat == "NEWLINE_DELIMITED_JSON"
        try:
            yield from _json(stream) if is_json else _csv(stream, config, fields)
        except UnicodeDecodeError as error:
            raise BigQueryError("invalid", f"Error while reading data, error message: {error}") from error
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            message = f"Error while reading data, error message: the file cannot be decompressed: {error}"
            raise BigQueryError("invalid", message) from error


def _open(file: Path, encoding: str) -> IO[str]:
    with file.open("rb") as raw:
        is_packed = raw.read(2) == GZIP
    if is_packed:
        return gzip.open(file, "rt", encoding=encoding, newline="")
    return file.open(encoding=encoding, newline="")


def _json(stream: IO[str]) -> Iterator[Row]:
    position = 0
    for line in stream:
        if line.strip():
            yield _parse_line(line, position)
        position += len(line.encode())


def _parse_line(line: str, position: int) -> Row:
    try:
        row = json.loads(line, parse_float=Decimal, parse_constant=_refuse_constant)
        if "\\ud" in line or "\\uD" in line:  # half of a pair that makes one character is no text
            json.dumps(row, ensure_ascii=False, default=str).encode()
    except (ValueError, RecursionError) as error:
        return UnfitError("", f"Parser terminated in row starting at position {position}: {error}")
    if not isinstance(row, dict):
        return UnfitError("", f"Expected an object in row starting at position {position}")
    return row


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not valid JSON")


def _csv(stream: IO[str], config: JobConfigurationLoad, fields: Sequence[Field]) -> Iterator[Row]:
    csv.field_size_limit(MOST_CHARACTERS)
    mark = '"' if config.quote is None else config.quote
    reader = csv.reader(
        stream,
        delimiter=(config.fieldDelimiter or ",").replace("\\t", "\t"),
        quotechar=mark or None,
        quoting=csv.QUOTE_NOTNULL if mark else csv.QUOTE_NONE,
        strict=True,
    )
    for _ in range(int(config.skipLeadingRows or 0)):
        next(reader, None)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield UnfitError("", f"Error detected while parsing row {reader.line_num}: {error}")
            continue
        if cells or len(fields) == 1:  # an empty line of a single column is NULL
            yield _row(cells or [None], config, fields, reader.line_num)


def _row(
    cells: Sequence[str | None], config: JobConfigurationLoad, fields: Sequence[Field], line: int
) -> Row:
    where = f"Error detected while parsing row {line}. Error: "
    if len(cells) > len(fields) and not config.ignoreUnknownValues:
        return UnfitError("", f"{where}Too many values in row: {len(cells)} for {len(fields)} columns.")
    if len(cells) < len(fields) and not config.allowJaggedRows:
        return UnfitError("", f"{where}Too few values in row: {len(cells)} for {len(fields)} columns.")
    if not config.allowQuotedNewlines and any(cell and ("\n" in cell or "\r" in cell) for cell in cells):
        return UnfitError("", f'{where}Missing close double quote (") character.')
    pairs = zip(fields, cells, strict=False)
    return {field.name: _cell(cell, config.nullMarker or "", field) for field, cell in pairs}


def _cell(text: str | None, marker: str, field: Field) -> str | None:
    """Return a cell's text: unquoted and empty, it is NULL, or an empty text if something else means NULL."""
    if text == marker and text:
        return None
    if text or (text == "" and field.type in TEXTS):
        return text
    return "" if marker else None
