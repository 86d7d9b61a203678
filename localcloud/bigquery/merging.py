"""MERGE inside a transaction: local-bigquery begins one of its own, and the attempt ends the one there is."""

from collections.abc import Callable
from typing import Any

import duckdb
from local_bigquery.models import JobStatistics2
from local_bigquery.sql.translate import Context
from sqlglot import exp

type Merge = Callable[[duckdb.DuckDBPyConnection, exp.Merge, Context], JobStatistics2]


class _Within:
    """A cursor inside a transaction, on which another is refused without asking the engine."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection) -> None:
        self._cursor = cursor

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)

    def execute(self, sql: str, *parameters: Any) -> Any:
        """Run a statement."""
        if sql == "BEGIN":
            raise duckdb.TransactionException("a transaction is open already")
        return self._cursor.execute(sql, *parameters)


def in_its_transaction(merge: Merge) -> Merge:
    """Have a MERGE go into the transaction that is open, if one is."""

    def merge_within(cursor: duckdb.DuckDBPyConnection, tree: exp.Merge, context: Context) -> JobStatistics2:
        within: Any = _Within(cursor) if _is_in_transaction(cursor) else cursor
        return merge(within, tree, context)

    return merge_within


def _is_in_transaction(cursor: duckdb.DuckDBPyConnection) -> bool:
    """Say whether two statements see the same time, that of the transaction's beginning."""
    first, second = (cursor.execute("SELECT epoch_us(now())").fetchone() for _ in range(2))
    return first == second
