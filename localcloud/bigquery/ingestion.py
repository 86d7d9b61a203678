"""_PARTITIONTIME: the hidden column of tables that are partitioned by when their rows came."""

from collections.abc import Callable
from typing import Any

import duckdb
from local_bigquery.catalog import metadata, tables
from local_bigquery.engine import database, types
from local_bigquery.engine.database import quote
from local_bigquery.models import Table
from local_bigquery.models import TableFieldSchema as Field

from localcloud.bigquery.catalog import has_ingestion_time
from localcloud.bigquery.partitions import Partitioning, Reference, partitioning


def keep_times() -> None:
    """Give such tables the column however they are made; once a process. The engine does so in SQL alone."""
    tables.create = _creating(tables.create)


def make(cursor: duckdb.DuckDBPyConnection, table: Reference, by: Partitioning, fields: list[Field]) -> None:
    """Make a table with the column, which by itself is the beginning of the hour, day, month or year it is.

    DuckLake takes such a default where a table is made, and nowhere else.
    """
    time = f"{quote(tables.INGESTION_TIME)} TIMESTAMPTZ DEFAULT {_now(by)}"
    columns = ", ".join([*map(types.column, fields), time])
    cursor.execute(f"CREATE OR REPLACE TABLE {tables.name(*table)} ({columns})")


def restore_time(table: Reference) -> None:
    """Give a table that was written whole its column, as all that it has came now."""
    by = partitioning(metadata.load(Table, *table))
    if by is None or not by.is_ingestion or has_ingestion_time(*table):
        return
    with database.writing(*table), database.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE __came AS FROM {tables.name(*table)}")
        make(cursor, table, by, tables.columns(*table))
        cursor.execute(f"INSERT INTO {tables.name(*table)} BY NAME FROM temp.main.__came")


def _now(by: Partitioning) -> str:
    return f"CAST(date_trunc('{by.span.lower()}', CURRENT_TIMESTAMP) AS TIMESTAMPTZ)"


def _creating(create: Callable[..., Table]) -> Callable[..., Table]:
    def create_with_time(project: str, dataset: str, body: Table, *rest: Any) -> Table:
        made = create(project, dataset, body, *rest)
        by = partitioning(body)
        if by and by.is_ingestion and tables.fields(body):
            with database.cursor() as cursor:
                make(cursor, (project, dataset, made.tableReference.tableId), by, tables.fields(body))
        return made

    return create_with_time
