"""Rows by the Storage Read API come in messages of some megabytes, as BigQuery sends them.

DuckDB gives a million at once unless asked for fewer: of rows with texts a gigabyte, which a client holds
twice.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import duckdb
import pyarrow as pa
from local_bigquery.engine import database
from local_bigquery.grpc import read

ROWS_A_MESSAGE = 10_000


def send_few_rows_at_once() -> None:
    """Have each message of a stream hold so many rows at most."""
    read.database = _Database


class _Database:
    """What the Storage Read API asks of the engine's database."""

    @staticmethod
    @contextmanager
    def cursor() -> Iterator["_Cursor"]:
        with database.cursor() as cursor:
            yield _Cursor(cursor)


class _Cursor:
    """A cursor whose rows are read in batches of a message."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    def sql(self, query: str) -> "_Rows":
        return _Rows(self._cursor.sql(query))


class _Rows:
    """The rows of a query, which have whatever DuckDB's have."""

    def __init__(self, relation: duckdb.DuckDBPyRelation) -> None:
        self._relation = relation

    def to_arrow_reader(self) -> pa.RecordBatchReader:
        return self._relation.to_arrow_reader(ROWS_A_MESSAGE)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._relation, name)
