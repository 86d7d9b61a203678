"""MERGE inside a transaction: local-bigquery begins one of its own, and the attempt ends the open one."""

from collections.abc import Callable
from typing import Any

import duckdb
from local_bigquery.jobs import merge
from local_bigquery.jobs.merge import PAIRS
from local_bigquery.models import JobStatistics2
from local_bigquery.sql.translate import Context
from sqlglot import exp

type Merge = Callable[[duckdb.DuckDBPyConnection, exp.Merge, Context], JobStatistics2]


# A row with several matches still changes only once if the conditions of WHEN leave one of them.
GROUPED_PAIRS = f"FROM {PAIRS} GROUP BY"
GROUPED_CHANGES = f"FROM {PAIRS} WHERE __clause IS NOT NULL GROUP BY"


class _Cursor:
    """A cursor that refuses to begin a transaction within another, without asking the engine."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection) -> None:
        self._cursor, self._is_within = cursor, is_in_transaction(cursor)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)

    def execute(self, sql: str, *parameters: Any) -> Any:
        """Run a statement."""
        if sql == "BEGIN" and self._is_within:
            raise duckdb.TransactionException("a transaction is open already")
        return self._cursor.execute(sql.replace(GROUPED_PAIRS, GROUPED_CHANGES), *parameters)


def merge_in_transactions() -> None:
    """Patch MERGE to run in the open transaction, if there is one. Call once per process."""
    merge.run = _wrap_merge(merge.run)


def _wrap_merge(run: Merge) -> Merge:
    def merge_in_transaction(
        cursor: duckdb.DuckDBPyConnection, tree: exp.Merge, context: Context
    ) -> JobStatistics2:
        within: Any = _Cursor(cursor)
        return run(within, _read_values(_name_source(tree)), context)

    return merge_in_transaction


def _name_source(tree: exp.Merge) -> exp.Merge:
    """Give an unnamed source a name, as the engine's statements need one."""
    source = tree.args["using"]
    if not source.alias_or_name:
        source.set("alias", exp.TableAlias(this=exp.to_identifier("__source")))
    return tree


def _read_values(tree: exp.Merge) -> exp.Merge:
    """Make INSERT VALUES (…), which sqlglot takes for a column of that name, an INSERT of values."""
    for insert in tree.args["whens"].find_all(exp.Insert):
        if isinstance(insert.this, exp.Tuple) and not insert.args.get("expression"):
            insert.set("expression", exp.Tuple(expressions=insert.this.expressions[0].expressions))
            insert.set("this", None)
    return tree


def is_in_transaction(cursor: duckdb.DuckDBPyConnection) -> bool:
    """Return whether a transaction is open: then two statements see the same time, that of its beginning."""
    first, second = (cursor.execute("SELECT epoch_us(now())").fetchone() for _ in range(2))
    return first == second
