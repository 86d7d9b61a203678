"""Changes to tables that BigQuery refuses and DuckDB would carry out.

An UPDATE … FROM where a row has several matches, a text over its column's length, a name without a dataset.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import duckdb
import sqlglot
from local_bigquery.catalog import names, tables
from local_bigquery.engine.database import quote
from local_bigquery.errors import BigQueryError
from local_bigquery.jobs import query
from local_bigquery.models import JobStatistics2
from local_bigquery.sql import script
from local_bigquery.sql.dialect import BigQueryDialect
from local_bigquery.sql.rules import STATEMENT_RULES
from local_bigquery.sql.translate import Context, translate
from sqlglot import exp

from localcloud.bigquery import lengths
from localcloud.bigquery.merging import is_in_transaction
from localcloud.bigquery.partition_decorators import transaction
from localcloud.bigquery.partitions import Reference

SEVERAL_MATCHES = "UPDATE/MERGE must match at most one source row for each target row"
NAMED = {"TABLE", "VIEW", "FUNCTION", "PROCEDURE", "MODEL"}

type Run = Callable[..., JobStatistics2]


def check_changes() -> None:
    """Patch the engine to check statements that change something. Call once per process."""
    lengths.record_nested_lengths()
    query._run = _wrap_run(query._run)
    query.DML_COUNTS[exp.TruncateTable] = "deletedRowCount"
    script.Interpreter.reference = _wrap_reference(script.Interpreter.reference)
    STATEMENT_RULES.insert(0, _limit_temporary)


def _wrap_run(run: Run) -> Run:
    def check_and_run(
        cursor: duckdb.DuckDBPyConnection,
        tree: exp.Expr,
        context: Context,
        destination: Any,
        config: Any,
        dry_run: bool,
        isolated: bool,
    ) -> JobStatistics2:
        _check_name(tree, context)
        settings = destination, config, dry_run, isolated
        if dry_run or not isinstance(tree, (*names.DML.__args__, exp.Create)):
            return run(cursor, tree, context, *settings)
        if isinstance(tree, exp.Create):
            _check_new_rows(cursor, tree, context)
            return run(cursor, tree, context, *settings).without("numDmlAffectedRows", "dmlStats")
        if isinstance(tree, exp.Update) and tree.args.get("from_"):
            _check_matches(cursor, tree, context)
        return _run_within_limits(run, cursor, tree, context, settings)

    return check_and_run


def _check_name(tree: exp.Expr, context: Context) -> None:
    target = names.target(tree)
    if target is None or (tree.args.get("kind") or "TABLE").upper() not in NAMED:
        return
    parts = ".".join(part.name for part in target.parts)
    if len(parts.split(".")) > 3:
        raise BigQueryError("invalidQuery", f"Invalid table name: {parts}")
    is_temporary = tree.find(exp.TemporaryProperty) or target.name.casefold() in context.temporary
    if not (target.db or context.dataset_id or is_temporary):
        raise BigQueryError(
            "invalid", f'Table "{target.name}" must be qualified with a dataset (e.g. dataset.table).'
        )


def _wrap_reference(reference: Callable[..., Reference]) -> Callable[..., Reference]:
    """Refuse a procedure without a dataset."""

    def reference_in_dataset(interpreter: script.Interpreter, name: str) -> Reference:
        found = reference(interpreter, name)
        if not found[1]:
            message = f'Routine name "{name}" missing dataset while no default dataset is set in the request.'
            raise BigQueryError("invalid", message)
        return found

    return reference_in_dataset


def _check_matches(cursor: duckdb.DuckDBPyConnection, tree: exp.Update, context: Context) -> None:
    """Raise BigQueryError where a row to update matches more than one row of FROM."""
    alias = tree.this.alias_or_name
    source = tree.args["from_"].this
    both = f"{tree.this.sql(dialect=BigQueryDialect)} CROSS JOIN {source.sql(dialect=BigQueryDialect)}"
    where = tree.args["where"].sql(dialect=BigQueryDialect) if tree.args.get("where") else ""
    counted = f"SELECT 1 FROM {both} {where} GROUP BY {alias}.rowid HAVING COUNT(*) > 1 LIMIT 1"
    before = context.position
    context.position += sum(len(list(each.find_all(exp.Placeholder))) for each in tree.expressions)
    sql, bound = translate(sqlglot.parse_one(counted, dialect=BigQueryDialect), context)
    context.position = before
    if cursor.execute(sql, bound).fetchone():
        raise BigQueryError("invalidQuery", SEVERAL_MATCHES)


def _run_within_limits(
    run: Run,
    cursor: duckdb.DuckDBPyConnection,
    tree: exp.Expr,
    context: Context,
    settings: tuple[Any, ...],
) -> JobStatistics2:
    table = names.reference(names.target(tree), context.project_id, context.dataset_id)
    limits = lengths.limits(table) if table[1] else []
    if not limits:
        try:
            return run(cursor, tree, context, *settings)
        except duckdb.ConstraintException as error:
            raise lengths.constraint_error(error) or error from error
    with _transaction(cursor):
        statistics = run(cursor, tree, context, *settings)
        lengths.check(cursor.sql(f"FROM {tables.name(*table)}"), limits)
    return statistics


@contextmanager
def _transaction(cursor: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Run what is within as a whole or not at all, in the open transaction if there is one."""
    with nullcontext() if is_in_transaction(cursor) else transaction(cursor):
        yield


def _check_new_rows(cursor: duckdb.DuckDBPyConnection, tree: exp.Create, context: Context) -> None:
    """Check the rows of CREATE TABLE t (…) AS before it writes them."""
    limited = list(lengths.declared_lengths(tree.this))
    if not limited or not isinstance(tree.expression, exp.Query):
        return
    before = context.position
    sql, bound = translate(tree.expression, context)
    context.position = before
    columns = ", ".join(quote(column.name) for column in tree.this.find_all(exp.ColumnDef))
    lengths.check(
        cursor.sql(f"SELECT * FROM ({sql}) AS q({columns})", params=bound), lengths.field_limits(limited)
    )


def _limit_temporary(tree: exp.Expr, _: object) -> exp.Expr:
    """Add constraints to a temporary table, which is not DuckLake's."""
    if isinstance(tree, exp.Create) and tree.find(exp.TemporaryProperty):
        for limit in lengths.field_limits(list(lengths.declared_lengths(tree.this))):
            tree.this.append("expressions", lengths.constraint(limit))
    return tree
