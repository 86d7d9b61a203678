"""The DuckDB queries that read external files: typed columns, what is wrong with a row, the file's name."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from local_bigquery.engine import types
from local_bigquery.engine.database import quote
from local_bigquery.errors import BigQueryError, not_implemented
from local_bigquery.jobs.storage import literal
from local_bigquery.models import TableFieldSchema

from localcloud.bigquery import bignumeric

PROBLEM, FILE = "__problem", "__file"
MAXIMUM_LINE_BYTES = 100 * 2**20
# DuckDB would round 12.5 to an integer, which BigQuery refuses.
INTEGER = r"[+-]?\d+(\.0*)?"
PARQUET_ALSO = {"TIMESTAMP": {"DATETIME"}, "STRING": {"BYTES"}}

Options = dict[str, Any]
Reader = Callable[[duckdb.DuckDBPyConnection, Sequence[TableFieldSchema], str, Options], str]


@dataclass(frozen=True)
class Cell:
    """A column of a row as SQL: its value, its text, and whether the text does not fit the type."""

    field: TableFieldSchema
    value: str
    text: str
    bad: str = "false"

    @property
    def column(self) -> str:
        """The value under the column's name."""
        return f"{self.value} AS {quote(self.field.name)}"

    @property
    def problem(self) -> str:
        """The branch of a CASE that says what does not fit."""
        start = literal(f"column {self.field.name}: cannot read ")
        return f"WHEN {self.bad} THEN {start} || {self.text} || {literal(f' as {kind_of(self.field)}')}"


def kind_of(field: TableFieldSchema) -> str:
    """Return the column's type as GoogleSQL writes it."""
    return str(types.bigquery_type(field))


def rows(
    cursor: duckdb.DuckDBPyConnection,
    source_format: str,
    fields: Sequence[TableFieldSchema],
    files: Sequence[Path],
    options: Options,
) -> str:
    """Return the query for the rows of `files`: the fields, PROBLEM (text or null) and FILE.

    Without files there are no rows; without fields the columns are those of Parquet files.
    """
    if source_format not in READERS:
        raise not_implemented(f"External table format {source_format}")
    if not files:
        columns = "".join(f"CAST(NULL AS {types.duckdb_type(f)}) AS {quote(f.name)}, " for f in fields)
        return f"SELECT {columns}NULL::VARCHAR AS {PROBLEM}, NULL::VARCHAR AS {FILE} WHERE false"
    if not fields and source_format != "PARQUET":
        raise not_implemented(f"External table over {source_format} without declared columns")
    return READERS[source_format](
        cursor, fields, f"[{', '.join(literal(str(file)) for file in files)}]", options
    )


def _json(
    _: duckdb.DuckDBPyConnection, fields: Sequence[TableFieldSchema], files: str, options: Options
) -> str:
    cells = [_json_cell(field) for field in fields]
    problems = [
        "WHEN json IS NULL THEN 'the line is not JSON'",
        "WHEN json_type(json) <> 'OBJECT' THEN 'the line is not a JSON object'",
        *(cell.problem for cell in cells),
    ]
    if not options.get("ignore_unknown_values"):
        known = ", ".join(literal(field.name) for field in fields)
        unknown = f"list_filter(json_keys(json), key -> key NOT IN ({known}))"
        problems.append(f"WHEN len({unknown}) > 0 THEN 'no such field: ' || {unknown}[1]")
    settings = f"ignore_errors = true, filename = true, maximum_object_size = {MAXIMUM_LINE_BYTES}"
    return _select(cells, problems, f"read_ndjson_objects({files}, {settings})")


def _json_cell(field: TableFieldSchema) -> Cell:
    path = literal(f'$."{field.name}"')
    text = f"(json->>{path})"
    if field.mode != "REPEATED" and field.type not in ("RECORD", "STRUCT", "JSON"):
        return _text_cell(field, text)
    value = f"TRY_CAST((json->{path}) AS {types.duckdb_type(field)})"
    return Cell(field, value, text, f"({text} IS NOT NULL AND {value} IS NULL)")


def _text_cell(field: TableFieldSchema, text: str) -> Cell:
    if field.type == "STRING":
        return Cell(field, text, text)
    source = f"from_base64({text})" if field.type == "BYTES" else text
    value = bignumeric.convert_text(source, field)
    bad = f"{value} IS NULL"
    if field.type == "INTEGER":
        bad += f" OR NOT regexp_full_match({text}, {literal(INTEGER)})"
    return Cell(field, value, text, f"({text} IS NOT NULL AND ({bad}))")


def _csv(
    _: duckdb.DuckDBPyConnection, fields: Sequence[TableFieldSchema], files: str, options: Options
) -> str:
    mark = literal(options.get("quote", '"'))
    settings = {
        "columns": "{" + ", ".join(f"{literal(field.name)}: 'VARCHAR'" for field in fields) + "}",
        "auto_detect": "false",
        "header": "false",
        "skip": int(options.get("skip_leading_rows") or 0),
        "delim": literal(options.get("field_delimiter") or ","),
        "quote": mark,
        "escape": mark,
        "nullstr": literal(options.get("null_marker") or ""),
        "null_padding": bool(options.get("allow_jagged_rows")),
        "filename": "true",
        "strict_mode": not options.get("ignore_unknown_values"),
        "max_line_size": MAXIMUM_LINE_BYTES,
    }
    given = ", ".join(f"{name} = {value}" for name, value in settings.items())
    cells = [_text_cell(field, quote(field.name)) for field in fields]
    return _select(cells, [cell.problem for cell in cells], f"read_csv({files}, {given})")


def _parquet(
    cursor: duckdb.DuckDBPyConnection, fields: Sequence[TableFieldSchema], files: str, _: Options
) -> str:
    reader = f"read_parquet({files}, union_by_name = true, filename = true, hive_partitioning = false)"
    if not fields:
        return f"SELECT * EXCLUDE (filename), NULL::VARCHAR AS {PROBLEM}, filename AS {FILE} FROM {reader}"
    relation = cursor.sql(f"SELECT * FROM {reader} LIMIT 0")
    stored = map(types.field, relation.columns, relation.types)
    found = {field.name.casefold(): field for field in stored}
    return _select([_parquet_cell(field, found.get(field.name.casefold())) for field in fields], [], reader)


def _parquet_cell(field: TableFieldSchema, stored: TableFieldSchema | None) -> Cell:
    kind = types.duckdb_type(field)
    if stored is None:
        return Cell(field, f"CAST(NULL AS {kind})", "NULL")
    if stored.type not in {field.type, *PARQUET_ALSO.get(field.type, ())} or stored.mode != field.mode:
        message = f"Parquet column {field.name} has type {kind_of(stored)}, but is declared {kind_of(field)}"
        raise BigQueryError("invalid", f"Error while reading data, error message: {message}")
    return Cell(field, bignumeric.convert(quote(stored.name), field), quote(stored.name))


def _select(cells: Sequence[Cell], problems: Sequence[str], reader: str) -> str:
    columns = ", ".join(cell.column for cell in cells)
    problem = f"CASE {' '.join(problems)} END" if problems else "NULL::VARCHAR"
    return f"SELECT {columns}, {problem} AS {PROBLEM}, filename AS {FILE} FROM {reader}"


READERS: dict[str, Reader] = {"NEWLINE_DELIMITED_JSON": _json, "CSV": _csv, "PARQUET": _parquet}
