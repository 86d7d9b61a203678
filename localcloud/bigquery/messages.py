"""Rows of the Storage Read API, in messages of a few megabytes, as BigQuery sends them.

DuckDB returns a million at once unless asked for fewer: with texts that is a gigabyte, which a client holds
twice.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import duckdb
import pyarrow as pa
from local_bigquery.engine import database
from local_bigquery.grpc import read

from localcloud.bigquery import wide_decimals

ROWS_A_MESSAGE = 10_000


def send_few_rows_at_once() -> None:
    """Patch streams to send at most ROWS_A_MESSAGE rows in a message."""
    read.database = _Database


class _Database:
    """What the Storage Read API needs of the engine's database."""

    @staticmethod
    @contextmanager
    def cursor() -> Iterator["_Cursor"]:
        with database.cursor() as cursor:
            yield _Cursor(cursor)


class _Cursor:
    """A cursor whose rows are read in batches of one message."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    def sql(self, query: str) -> "_Rows":
        return _Rows(self._cursor.sql(query))


class _Rows:
    """The rows of a query; all else is as in DuckDB's relation."""

    def __init__(self, relation: duckdb.DuckDBPyRelation) -> None:
        self._relation = relation

    def to_arrow_reader(self) -> pa.RecordBatchReader:
        return wide_decimals.widen_rows(self._relation.to_arrow_reader(ROWS_A_MESSAGE))

    def to_arrow_table(self) -> pa.Table:
        return wide_decimals.widen_schema(self._relation.to_arrow_table().schema).empty_table()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._relation, name)
