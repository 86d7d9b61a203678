"""What columns are filled with by default: declared defaults, and _PARTITIONTIME with the ingestion time."""

from collections.abc import Callable
from typing import Any

import duckdb
import sqlglot
from local_bigquery.catalog import metadata, tables
from local_bigquery.engine import database, types
from local_bigquery.engine.database import quote
from local_bigquery.models import Table
from local_bigquery.models import TableFieldSchema as Field
from local_bigquery.sql.dialect import BigQueryDialect
from local_bigquery.sql.translate import Context, translate

from localcloud.bigquery.catalog import has_ingestion_time
from localcloud.bigquery.partitions import Partitioning, Reference, partitioning


def create_ingestion_times() -> None:
    """Patch the API to create tables with them, as the engine does in SQL only. Call once per process."""
    tables.create = _wrap_create(tables.create)


def create_table(
    cursor: duckdb.DuckDBPyConnection, table: Reference, by: Partitioning | None, fields: list[Field]
) -> None:
    """Create a table; its ingestion time, if any, defaults to the start of the hour, day, month or year.

    DuckLake accepts a default that is not a literal when a table is created, and nowhere else.
    """
    columns = [_column(field, table) for field in fields]
    if by and by.is_ingestion:
        columns.append(f"{quote(tables.INGESTION_TIME)} TIMESTAMPTZ DEFAULT {_current_time(by)}")
    cursor.execute(f"CREATE OR REPLACE TABLE {tables.name(*table)} ({', '.join(columns)})")


def _column(field: Field, table: Reference) -> str:
    made = str(types.column(field))
    if not field.defaultValueExpression:
        return made
    tree = sqlglot.parse_one(f"SELECT {field.defaultValueExpression}", dialect=BigQueryDialect)
    sql, _ = translate(tree, Context(table[0], table[1]))
    value = sqlglot.parse_one(sql, dialect="duckdb").expressions[0]
    return f"{made} DEFAULT {value.unalias().sql(dialect='duckdb')}"


def restore_time(table: Reference) -> None:
    """Restore the ingestion-time column of a table that was overwritten, as all of its rows came now."""
    by = partitioning(metadata.load(Table, *table))
    if by is None or not by.is_ingestion or has_ingestion_time(*table):
        return
    with database.writing(*table), database.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE __came AS FROM {tables.name(*table)}")
        create_table(cursor, table, by, tables.columns(*table))
        cursor.execute(f"INSERT INTO {tables.name(*table)} BY NAME FROM temp.main.__came")


def _current_time(by: Partitioning) -> str:
    return f"CAST(date_trunc('{by.span.lower()}', CURRENT_TIMESTAMP) AS TIMESTAMPTZ)"


def _wrap_create(create: Callable[..., Table]) -> Callable[..., Table]:
    def create_with_time(project: str, dataset: str, body: Table, *rest: Any) -> Table:
        made = create(project, dataset, body, *rest)
        by, fields = partitioning(body), tables.fields(body)
        has_defaults = any(field.defaultValueExpression for field in fields)
        if fields and not body.view and (has_defaults or (by and by.is_ingestion)):
            with database.cursor() as cursor:
                create_table(cursor, (project, dataset, made.tableReference.tableId), by, fields)
        return made

    return create_with_time
