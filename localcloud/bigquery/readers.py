"""The DuckDB queries that read external files: typed columns, the file's name, and what is wrong with a row."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from local_bigquery.engine.database import quote
from local_bigquery.engine.types import bigquery_type, duckdb_type
from local_bigquery.errors import not_implemented
from local_bigquery.jobs.storage import literal
from local_bigquery.models import TableFieldSchema

PROBLEM, FILE = "__problem", "__file"
# DuckDB would round 12.5 to an INT64 and take "on" for a BOOL; BigQuery refuses both.
STRICT_FORMS = {"INTEGER": r"[+-]?\d+(\.0*)?", "INT64": r"[+-]?\d+(\.0*)?"}


@dataclass(frozen=True)
class Cell:
    """One column's value as SQL, its text, and the condition under which the text does not fit the type."""

    field: TableFieldSchema
    value: str
    text: str
    bad: str

    @property
    def column(self) -> str:
        """The value under the column's name."""
        return f"{self.value} AS {quote(self.field.name)}"

    @property
    def problem(self) -> str:
        """A branch of CASE that says what does not fit."""
        start = literal(f"column {self.field.name}: cannot read ")
        return f"WHEN {self.bad} THEN {start} || {self.text} || {literal(f' as {bigquery_type(self.field)}')}"


def no_rows(fields: Sequence[TableFieldSchema]) -> str:
    """Return the query of an empty table with these columns."""
    columns = "".join(f"CAST(NULL AS {duckdb_type(field)}) AS {quote(field.name)}, " for field in fields)
    return f"SELECT {columns}NULL::VARCHAR AS {PROBLEM}, NULL::VARCHAR AS {FILE} WHERE false"


def rows(
    cursor: duckdb.DuckDBPyConnection,
    source_format: str,
    fields: Sequence[TableFieldSchema],
    files: Sequence[Path],
    options: dict[str, Any],
) -> str:
    """Return the query of the rows of `files`: the columns, what is wrong with the row or null, the file's name."""
    reader = READERS.get(source_format)
    if reader is None:
        raise not_implemented(f"External table format {source_format}")
    return reader(cursor, fields, f"[{', '.join(literal(str(file)) for file in files)}]", options)


def _json(
    _: duckdb.DuckDBPyConnection, fields: Sequence[TableFieldSchema], files: str, options: dict[str, Any]
) -> str:
    if not fields:
        raise not_implemented("An external table over JSON without declared columns")
    cells = [_json_cell(field) for field in fields]
    known = ", ".join(literal(field.name) for field in fields)
    unknown = f"list_filter(json_keys(json), key -> key NOT IN ({known}))"
    problems = [
        "WHEN json IS NULL THEN 'the line is not JSON'",
        "WHEN json_type(json) <> 'OBJECT' THEN 'the line is not a JSON object'",
        *(cell.problem for cell in cells),
    ]
    if not options.get("ignore_unknown_values"):
        problems.append(f"WHEN len({unknown}) > 0 THEN 'no such field: ' || {unknown}[1]")
    reader = f"read_ndjson_objects({files}, ignore_errors = true, filename = true, maximum_object_size = 104857600)"
    return _select(cells, problems, reader)


def _json_cell(field: TableFieldSchema) -> Cell:
    path = literal(f'$."{field.name}"')
    tree, text = f"(json->{path})", f"(json->>{path})"
    if field.mode == "REPEATED" or field.fields or field.type == "JSON":
        value = f"TRY_CAST({tree} AS {duckdb_type(field)})"
        return Cell(field, value, f"{tree}::VARCHAR", f"({text} IS NOT NULL AND {value} IS NULL)")
    return _text_cell(field, text)


def _text_cell(field: TableFieldSchema, text: str) -> Cell:
    if field.type == "STRING":
        return Cell(field, text, text, "false")
    source = f"from_base64({text})" if field.type == "BYTES" else text
    value = f"TRY(CAST({source} AS {duckdb_type(field)}))"
    bad = f"{value} IS NULL"
    if form := STRICT_FORMS.get(field.type):
        bad += f" OR NOT regexp_full_match({text}, {literal(form)})"
    return Cell(field, value, text, f"({text} IS NOT NULL AND ({bad}))")


def _csv(
    _: duckdb.DuckDBPyConnection, fields: Sequence[TableFieldSchema], files: str, options: dict[str, Any]
) -> str:
    if not fields:
        raise not_implemented("An external table over CSV without declared columns")
    columns = ", ".join(f"{literal(field.name)}: 'VARCHAR'" for field in fields)
    settings = {
        "columns": "{" + columns + "}",
        "auto_detect": "false",
        "header": "false",
        "skip": str(int(options.get("skip_leading_rows") or 0)),
        "delim": literal(options.get("field_delimiter") or ","),
        "quote": literal(options.get("quote", '"')),
        "escape": literal(options.get("quote", '"')),
        "nullstr": literal(options.get("null_marker") or ""),
        "null_padding": str(bool(options.get("allow_jagged_rows"))).lower(),
        "filename": "true",
    }
    given = ", ".join(f"{name} = {value}" for name, value in settings.items())
    cells = [_text_cell(field, quote(field.name)) for field in fields]
    return _select(cells, [cell.problem for cell in cells], f"read_csv({files}, {given})")


def _parquet(
    cursor: duckdb.DuckDBPyConnection, fields: Sequence[TableFieldSchema], files: str, _: dict[str, Any]
) -> str:
    reader = f"read_parquet({files}, union_by_name = true, filename = true, hive_partitioning = false)"
    if not fields:
        return f"SELECT * EXCLUDE (filename), NULL::VARCHAR AS {PROBLEM}, filename AS {FILE} FROM {reader}"
    found = {name.casefold() for name in cursor.sql(f"SELECT * FROM {reader} LIMIT 0").columns}
    cells = [_parquet_cell(field, found) for field in fields]
    return _select(cells, [], reader)


def _parquet_cell(field: TableFieldSchema, found: set[str]) -> Cell:
    source = quote(field.name) if field.name.casefold() in found else "NULL"
    return Cell(field, f"CAST({source} AS {duckdb_type(field)})", source, "false")


def _select(cells: Sequence[Cell], problems: Sequence[str], reader: str) -> str:
    columns = ", ".join(cell.column for cell in cells)
    problem = f"CASE {' '.join(problems)} END" if problems else "NULL::VARCHAR"
    return f"SELECT {columns}, {problem} AS {PROBLEM}, filename AS {FILE} FROM {reader}"


Reader = Callable[[duckdb.DuckDBPyConnection, Sequence[TableFieldSchema], str, dict[str, Any]], str]
READERS: dict[str, Reader] = {"NEWLINE_DELIMITED_JSON": _json, "CSV": _csv, "PARQUET": _parquet}
