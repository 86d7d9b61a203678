"""insertAll: each row is checked against the columns, and the response reports all that is wrong with it."""

import itertools
from collections.abc import Callable
from typing import Any

from local_bigquery.catalog import tabledata, tables
from local_bigquery.engine import database
from local_bigquery.engine.database import quote
from local_bigquery.models import TableDataInsertAllRequest

from localcloud.bigquery.values import problems, record

type Row = tuple[int, str | None, dict[str, Any]]


def stream_strictly() -> None:
    """Patch insertAll accordingly. Call once per process."""
    tabledata.insert_all = _wrap_insert_all(tabledata.insert_all)
    tabledata._spec_type, tabledata._select = _json_type, _read_column


def _wrap_insert_all(_: Callable[..., Any]) -> Callable[..., Any]:
    def insert_all(project: str, dataset: str, table: str, body: TableDataInsertAllRequest) -> dict[str, Any]:
        if suffix := body.templateSuffix:
            table = tabledata._template(project, dataset, table, suffix)
        fields = tables.fields(tables.load(project, dataset, table))
        errors, fitting = [], list[Row]()
        for index, row in enumerate(body.rows or []):
            values = row.json_.model_dump() if row.json_ else {}
            lenient = bool(body.ignoreUnknownValues)
            if found := list(problems(values, fields, lenient=lenient)):
                messages = [tabledata._problem(error.column, str(error)) for error in found]
                errors.append({"index": index, "errors": messages})
            else:
                fitting.append((index, row.insertId, record(values, fields, lenient=lenient)))
        if errors and not body.skipInvalidRows:
            errors += [{"index": index, "errors": [STOPPED]} for index, _, _ in fitting]
        else:
            errors += _insert(tables.name(project, dataset, table), fitting)
        return {"insertErrors": sorted(errors, key=lambda error: error["index"])} if errors else {}

    return insert_all


def _json_type(kind: Any) -> str:
    """Return the type to read a value from JSON as: types without a JSON form, at any depth, become text."""
    if kind.id in ("list", "array"):
        return f"{_json_type(kind.children[0][1])}[]"
    if kind.id == "struct":
        parts = ", ".join(f"{quote(name)} {_json_type(part)}" for name, part in kind.children)
        return f"STRUCT({parts})"
    return "VARCHAR" if str(kind) in ("JSON", "BLOB", "GEOMETRY") else str(kind)


def _read_column(column: str, kind: Any) -> str:
    return _converted(f"r.{column}", kind, 0)


def _converted(sql: str, kind: Any, depth: int) -> str:
    """Return the SQL that converts a value read as such a type."""
    if _json_type(kind) == str(kind):
        return sql
    if kind.id in ("list", "array"):
        return f"list_transform({sql}, e{depth} -> {_converted(f'e{depth}', kind.children[0][1], depth + 1)})"
    if kind.id == "struct":
        parts = (
            f"{quote(name)} := {_converted(f'{sql}.{quote(name)}', part, depth)}"
            for name, part in kind.children
        )
        return f"CASE WHEN {sql} IS NOT NULL THEN struct_pack({', '.join(parts)}) END"
    return f"from_base64({sql})" if str(kind) == "BLOB" else f"CAST({sql} AS {kind})"


STOPPED = {"reason": "stopped", "location": "", "message": ""}


def _insert(table: str, rows: list[Row]) -> list[dict[str, Any]]:
    """Write rows, those with the same columns together: a column that a row lacks gets its default."""
    with database.cursor() as cursor:
        relation = cursor.sql(f"SELECT * FROM {table} LIMIT 0")
        names = zip(relation.columns, relation.types, strict=True)
        kinds = {name.casefold(): (name, kind) for name, kind in names}
    errors: list[dict[str, Any]] = []
    fresh = tabledata._deduplicate(table, rows)
    for _, alike in itertools.groupby(fresh, key=lambda row: frozenset(row[1])):
        errors += tabledata._insert(table, kinds, list(alike))
    return errors
