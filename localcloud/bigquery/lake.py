"""DuckLake's metadata of a dataset's tables and views, read whole and kept until a schema changes.

The engine asks about each table of a statement up to ten times, at 1 to 3 ms each; reading the version of the
schemas takes half a millisecond, and is done once for a statement that is read and changes nothing meanwhile.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

from local_bigquery.catalog import tables
from local_bigquery.engine import database

SCHEMA = "SELECT schema_id FROM {lake}.ducklake_schema WHERE schema_name = $1 AND end_snapshot IS NULL"
CONTENT = f"""
WITH named AS ({SCHEMA}), made AS (
  SELECT table_id, table_name FROM {{lake}}.ducklake_table
  WHERE end_snapshot IS NULL AND schema_id IN (FROM named)
)
SELECT table_name, table_id, NULL,
  list((column_name, column_type, nulls_allowed, parent_column) ORDER BY column_order, column_id)
FROM made JOIN {{lake}}.ducklake_column USING (table_id) WHERE end_snapshot IS NULL GROUP BY ALL
UNION ALL
SELECT view_name, NULL, begin_snapshot, NULL FROM {{lake}}.ducklake_view
WHERE end_snapshot IS NULL AND schema_id IN (FROM named)
ORDER BY 1"""
VERSION = "SELECT max(schema_version) FROM {lake}.ducklake_snapshot"
# DuckLake's own count of a table's rows includes those that were deleted or replaced.
ROWS = """
WITH deleted AS (
  SELECT data_file_id, delete_count FROM {lake}.ducklake_delete_file WHERE end_snapshot IS NULL
)
SELECT coalesce(sum(record_count - coalesce(delete_count, 0)), 0)
FROM {lake}.ducklake_data_file LEFT JOIN deleted USING (data_file_id)
WHERE table_id = $1 AND end_snapshot IS NULL"""
IN_CATALOG = "SELECT count(*) > 0 FROM {lake}.ducklake_inlined_data_tables WHERE table_id = $1"

type Column = tuple[str, str, bool, int | None]  # name, type, whether it may be NULL, id of the struct


class CatalogEntry(NamedTuple):
    """A table with its id and columns, or a view with the snapshot in which it was created."""

    table_id: int | None
    view_snapshot: int | None
    columns: list[Column] | None


_cache: dict[tuple[str, str], tuple[int, dict[str, CatalogEntry]]] = {}
_versions: ContextVar[dict[str, int] | None] = ContextVar("versions", default=None)


@contextmanager
def one_look() -> Iterator[None]:
    """See all schemas as they are at the first look-up within, which must not change any."""
    token = None if _versions.get() is not None else _versions.set({})
    try:
        yield
    finally:
        if token:
            _versions.reset(token)


def catalog_entries(project: str, dataset: str) -> dict[str, CatalogEntry]:
    """Return a dataset's tables and views by name, in order; raises BigQueryError for an unknown project."""
    version, known = schema_version(project), _cache.get((project, dataset))
    if known is None or known[0] != version:
        rows = _fetch(project, CONTENT, [dataset])  # of this version or a newer one
        known = _cache[project, dataset] = version, {name: CatalogEntry(*rest) for name, *rest in rows}
    return known[1]


def schema_version(project: str) -> int:
    """Return the version of a project's schemas, which changes with the definition of any table or view."""
    if not is_lake(project):
        raise tables.not_found("Project", project)
    versions = _versions.get()
    if versions is None:
        return int(_fetch(project, VERSION)[0][0])
    if project not in versions:
        versions[project] = int(_fetch(project, VERSION)[0][0])
    return versions[project]


def row_count(project: str, dataset: str, table: str, table_id: int) -> int:
    """Return the number of rows of a table."""
    [[is_in_catalog]] = _fetch(project, IN_CATALOG, [table_id])
    if is_in_catalog:
        [[count]] = database.fetch(f"SELECT count(*) FROM {database.quote(project, dataset, table)}")
    else:
        [[count]] = _fetch(project, ROWS, [table_id])
    return int(count)


def table_signature(project: str, dataset: str, table: str) -> str | None:
    """Return a text that identifies a table's columns, or None if there is no table of that name."""
    found = catalog_entries(project, dataset).get(table)
    return str(found.columns) if found and found.columns else None


def view_snapshot(project: str, dataset: str, view: str) -> int | None:
    """Return the snapshot in which a view was created, which tells it apart from earlier versions."""
    found = catalog_entries(project, dataset).get(view)
    return found.view_snapshot if found else None


def is_lake(project: str) -> bool:
    """Return whether DuckLake keeps a project's tables."""
    return project in database._attached


def lake(project: str) -> str:
    """Return the name of the database with DuckLake's own tables for a project."""
    return str(database.quote(f"__ducklake_metadata_{project}"))


def _fetch(project: str, sql: str, values: list[Any] | None = None) -> list[tuple[Any, ...]]:
    return list(database.fetch(sql.format(lake=lake(project)), values))
