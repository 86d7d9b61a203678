"""insertAll: each row is judged by its columns, and the answer tells all that is wrong with it."""

from collections.abc import Callable
from typing import Any

from local_bigquery.catalog import tabledata, tables
from local_bigquery.engine import database
from local_bigquery.models import TableDataInsertAllRequest

from localcloud.bigquery.values import problems, record

type Row = tuple[int, str | None, dict[str, Any]]


def stream_strictly() -> None:
    """Have insertAll go so; once a process."""
    tabledata.insert_all = _inserting(tabledata.insert_all)


def _inserting(_: Callable[..., Any]) -> Callable[..., Any]:
    def insert_all(project: str, dataset: str, table: str, body: TableDataInsertAllRequest) -> dict[str, Any]:
        if suffix := body.templateSuffix:
            table = tabledata._template(project, dataset, table, suffix)
        fields = tables.fields(tables.load(project, dataset, table))
        errors, fitting = [], list[Row]()
        for index, row in enumerate(body.rows or []):
            values = row.json_.model_dump() if row.json_ else {}
            lenient = bool(body.ignoreUnknownValues)
            if found := list(problems(values, fields, lenient=lenient)):
                told = [tabledata._problem(error.column, str(error)) for error in found]
                errors.append({"index": index, "errors": told})
            else:
                fitting.append((index, row.insertId, record(values, fields, lenient=lenient)))
        if errors and not body.skipInvalidRows:
            errors += [{"index": index, "errors": [STOPPED]} for index, _, _ in fitting]
        else:
            errors += _insert(tables.name(project, dataset, table), fitting)
        return {"insertErrors": sorted(errors, key=lambda error: error["index"])} if errors else {}

    return insert_all


STOPPED = {"reason": "stopped", "location": "", "message": ""}


def _insert(table: str, rows: list[Row]) -> list[dict[str, Any]]:
    with database.cursor() as cursor:
        relation = cursor.sql(f"SELECT * FROM {table} LIMIT 0")
        kinds = {
            name.casefold(): (name, kind) for name, kind in zip(relation.columns, relation.types, strict=True)
        }
    return list(tabledata._insert(table, kinds, tabledata._deduplicate(table, rows)))
