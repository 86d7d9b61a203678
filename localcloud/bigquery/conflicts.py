"""Transactions that change the same table at once: one of them fails, as in BigQuery.

DuckLake only refuses to change the same file twice. Two transactions that each delete a day's rows, of which
there are none yet, and insert them again, would both be committed, and every row would be there twice.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import duckdb
from local_bigquery.catalog import names
from local_bigquery.engine import sessions
from local_bigquery.errors import BigQueryError
from local_bigquery.jobs import query
from local_bigquery.models import JobStatistics2
from local_bigquery.sql.translate import Context
from sqlglot import exp

from localcloud.bigquery.partitions import Reference

MUTATING = (exp.Update, exp.Delete, exp.Merge, exp.TruncateTable)  # an INSERT conflicts with nothing
IN_TRANSACTION = "Transaction is aborted due to concurrent update against table {table}"
ALONE = "Could not serialize access to table {table} due to concurrent update"

type Run = Callable[..., Any]


class _Changes:
    """Which cursors are changing a table, and when each table was last changed, counted in changes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self._begun: dict[int, int] = {}
        self._changing: dict[Reference, list[int]] = {}
        self._changed: dict[Reference, int] = {}

    def begin(self, cursor: object) -> None:
        """Note the beginning of a cursor's transaction."""
        with self._lock:
            self._begun[id(cursor)] = self._count

    def change(self, cursor: object, table: Reference) -> None:
        """Note that a cursor is about to change a table; raise BigQueryError if it conflicts with another."""
        with self._lock:
            own, begun = id(cursor), self._begun.get(id(cursor))
            others = [one for one in self._changing.get(table, []) if one != own]
            if begun is not None and (others or self._changed.get(table, 0) > begun):
                raise BigQueryError("invalidQuery", IN_TRANSACTION.format(table=_named(table)))
            if any(one in self._begun for one in others):
                raise BigQueryError("invalidQuery", ALONE.format(table=_named(table)))
            self._changing.setdefault(table, []).append(own)

    def end(self, cursor: object, *, is_transaction: bool) -> None:
        """Note the end of a cursor's transaction, or of a statement, which ends nothing within one."""
        with self._lock:
            own = id(cursor)
            if not is_transaction and own in self._begun:
                return
            self._begun.pop(own, None)
            for table, changing in self._changing.items():
                if own in changing:
                    self._count += 1
                    self._changed[table] = self._count
                    self._changing[table] = [one for one in changing if one != own]


_changes = _Changes()


def refuse_conflicts() -> None:
    """Patch statements, jobs and sessions. Call once per process."""
    query._statement = _wrap_statement(query._statement)
    query.execute = _wrap_execute(query.execute)
    sessions.abort = _wrap_abort(sessions.abort)


def _wrap_statement(run: Callable[..., JobStatistics2]) -> Callable[..., JobStatistics2]:
    def run_unless_it_conflicts(
        cursor: duckdb.DuckDBPyConnection,
        tree: exp.Expr,
        context: Context,
        destination: Any,
        config: Any,
        dry_run: bool,
        isolated: bool,
    ) -> JobStatistics2:
        rest = destination, config, dry_run, isolated
        if dry_run:
            return run(cursor, tree, context, *rest)
        if isinstance(tree, exp.Transaction):
            _changes.begin(cursor)
        with _changing(cursor, tree, context):
            statistics = run(cursor, tree, context, *rest)
        if isinstance(tree, (exp.Commit, exp.Rollback)):
            _changes.end(cursor, is_transaction=True)
        return statistics

    return run_unless_it_conflicts


@contextmanager
def _changing(cursor: duckdb.DuckDBPyConnection, tree: exp.Expr, context: Context) -> Iterator[None]:
    target = names.target(tree) if isinstance(tree, MUTATING) else None
    table = names.reference(target, context.project_id, context.dataset_id) if target is not None else None
    if not table or not table[1]:  # a temporary table is its own job's
        yield
        return
    _changes.change(cursor, table)
    try:
        yield
    finally:
        _changes.end(cursor, is_transaction=False)


def _wrap_execute(execute: Run) -> Run:
    """End the transaction that a job leaves open, unless its session goes on."""

    def execute_and_end(cursor: duckdb.DuckDBPyConnection, *rest: Any, **more: Any) -> Any:
        try:
            return execute(cursor, *rest, **more)
        finally:
            if not more.get("session"):
                _changes.end(cursor, is_transaction=True)

    return execute_and_end


def _wrap_abort(abort: Callable[[str], None]) -> Callable[[str], None]:
    def abort_and_end(session_id: str) -> None:
        session = sessions._sessions.get(session_id)
        abort(session_id)
        if session:
            _changes.end(session.cursor, is_transaction=True)

    return abort_and_end


def _named(table: Reference) -> str:
    project, dataset, name = table
    return f"{project}:{dataset}.{name}"
