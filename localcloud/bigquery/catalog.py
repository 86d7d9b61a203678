"""The engine's look-ups of tables and columns, answered from DuckLake's metadata.

Many times per statement the engine queries duckdb_tables() and duckdb_columns(), which load everything in
every project: 19 ms with ten projects.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, NamedTuple

import duckdb
from local_bigquery.catalog import tabledata, tables
from local_bigquery.engine import database, types
from local_bigquery.errors import BigQueryError
from local_bigquery.jobs import merge, query
from local_bigquery.models import TableFieldSchema
from local_bigquery.sql import script
from local_bigquery.sql.rules import partitions
from sqlglot import exp

from localcloud.bigquery.lake import Column, catalog_entries, is_lake, one_look, row_count, schema_version

TEMPORARY = "SELECT table_name FROM duckdb_tables() WHERE temporary"  # as jobs.query asks
NONE = "SELECT '' WHERE false"


def narrow_lookups() -> None:
    """Patch the engine to look only where it needs to. Call once per process."""
    listed, described, hidden = database.objects, tables.columns, partitions._hidden

    def objects(project: str, dataset: str, table: str | None = None) -> list[tuple[str, str, int]]:
        if is_lake(project):
            return list(_lake_objects(project, dataset, table))
        if dataset == tables.RESULTS and table:
            return _result_table(table)
        return list(listed(project, dataset, table))

    def columns(project: str, dataset: str, table: str) -> list[TableFieldSchema]:
        if dataset == tables.RESULTS:
            return [types.field(*column) for column in _bound_columns(project, dataset, table)]
        if not is_lake(project):
            return list(described(project, dataset, table))
        return list(_cached_table(project, dataset, table).columns)

    def is_hidden(table: exp.Table) -> bool:
        if not (table.db and isinstance(table.this, exp.Identifier) and is_lake(table.catalog)):
            return bool(hidden(table))
        return has_ingestion_time(table.catalog, table.db, table.name)

    database.objects, tables.columns, partitions._hidden = objects, columns, is_hidden
    tabledata.columns = columns  # which it imports by name
    query.execute = _wrap_execute(query.execute)
    for module in (query, script, merge):  # which import it by name
        module.translate = one_look()(module.translate)


class _SessionlessCursor:
    """The cursor of a job without a session, which has no temporary tables to look for."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection) -> None:
        self._cursor = cursor

    def sql(self, query: str, **arguments: Any) -> duckdb.DuckDBPyRelation:
        return self._cursor.sql(NONE if query == TEMPORARY else query, **arguments)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)


def _wrap_execute(execute: Callable[..., Any]) -> Callable[..., Any]:
    def execute_without_session(cursor: Any, *arguments: Any, session: Any = None, **settings: Any) -> Any:
        own = cursor if session else _SessionlessCursor(cursor)
        return execute(own, *arguments, session=session, **settings)

    return execute_without_session


def _result_table(table: str) -> list[tuple[str, str, int]]:
    """Return a list with a result table's name, type and row count; it is empty if there is no such table."""
    with database.cursor() as cursor:
        try:
            [[count]] = cursor.execute(
                f"SELECT count(*) FROM {database.quote('emulator', tables.RESULTS, table)}"
            ).fetchall()
        except duckdb.CatalogException:
            return []
    return [(table, "TABLE", count)]


class _CachedTable(NamedTuple):
    """A table's columns and whether it has ingestion times, at a schema version of its project."""

    version: int
    lake_columns: list[Column] | None  # as DuckLake has them; None for a view
    columns: list[TableFieldSchema]
    has_times: bool


_cache: dict[tuple[str, str, str], _CachedTable] = {}


def _lake_objects(project: str, dataset: str, table: str | None) -> Iterator[tuple[str, str, int]]:
    """Yield name, type and row count of one table, or of all but with a count of 0, as no list shows it."""
    found = catalog_entries(project, dataset)
    for name in found if table is None else found.keys() & {table}:
        number = found[name].table_id
        rows = row_count(project, dataset, name, number) if table and number is not None else 0
        yield name, "VIEW" if number is None else "TABLE", rows


@one_look()
def _cached_table(project: str, dataset: str, name: str) -> _CachedTable:
    """Return what is known of a table, looked up again when it may have changed; binding takes 2 ms."""
    table = project, dataset, name
    version, known = schema_version(project), _cache.get(table)
    if known is None or known.version != version:
        entry = catalog_entries(project, dataset).get(name)
        columns = entry and entry.columns
        is_same = known is not None and columns is not None and known.lake_columns == columns
        found = (
            known._replace(version=version) if known and is_same else _describe_table(table, version, columns)
        )
        known = _cache[table] = found
    return known


def _describe_table(table: tuple[str, str, str], version: int, columns: list[Column] | None) -> _CachedTable:
    required = {name for name, _, is_nullable, parent in columns or () if not (is_nullable or parent)}
    fields = [types.field(name, kind, name in required) for name, kind in _bound_columns(*table)]
    shown = [field for field in fields if field.name != tables.INGESTION_TIME]
    return _CachedTable(version, columns, shown, has_times=len(shown) < len(fields))


def has_ingestion_time(project: str, dataset: str, table: str) -> bool:
    """Return whether a table or view has ingestion times; one that does not exist has none."""
    with suppress(duckdb.Error, BigQueryError):
        return _cached_table(project, dataset, table).has_times
    return False


def _bound_columns(project: str, dataset: str, table: str) -> list[tuple[str, Any]]:
    """Return the names and types of a relation's columns; raises BigQueryError if it does not exist."""
    with database.cursor() as cursor:
        try:
            relation = cursor.sql(f"SELECT * FROM {tables.name(project, dataset, table)} LIMIT 0")
        except duckdb.CatalogException:
            raise tables.not_found("Table", tables.names.label(project, dataset, table)) from None
        return list(zip(relation.columns, relation.types, strict=True))
