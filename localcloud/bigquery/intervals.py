"""INTERVAL with microseconds and with negative parts, which Parquet files cannot hold.

The rows of a table with such a column are therefore kept in DuckLake's catalog, however many they are. As
DuckLake takes that setting only for a table that exists, a new table is created empty first.
"""

import re
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from decimal import Decimal
from typing import Any

import duckdb
from local_bigquery.catalog import names, tables
from local_bigquery.engine import database, results, types
from local_bigquery.engine.database import quote
from local_bigquery.errors import BigQueryError
from local_bigquery.jobs import query
from local_bigquery.jobs.storage import literal
from local_bigquery.models import Table
from local_bigquery.models import TableFieldSchema as Field
from local_bigquery.sql.dialect import BigQueryDialect
from local_bigquery.sql.rules import STATEMENT_RULES, datetime
from local_bigquery.sql.translate import Context, translate
from sqlglot import exp

from localcloud.bigquery.geographies import held_columns, hold
from localcloud.bigquery.lake import catalog_entries, is_lake
from localcloud.bigquery.merging import is_in_transaction
from localcloud.bigquery.partition_decorators import transaction
from localcloud.bigquery.partitions import Reference

ROWS = 2**31 - 1
NAME = re.compile(r'"((?:[^"]|"")*)"')
WRITES = (exp.Insert, exp.Update, exp.Merge)

_kept: set[tuple[str, int | None]] = set()


def keep_intervals() -> None:
    """Patch the engine to keep them. Call once per process."""
    tables.create, tables.update = _wrap_change(tables.create), _wrap_change(tables.update)
    results.materialise = _wrap_materialise(results.materialise)
    query._statement = _wrap_statement(query._statement)
    STATEMENT_RULES.append(_keep_written)
    vars(datetime)["float"] = Decimal  # with which it reads INTERVAL '0:0:4.000005' HOUR TO SECOND


def _keep(table: Reference) -> None:
    """Keep the rows of a table in the catalog from now on, if a column is an INTERVAL or contains one."""
    project, dataset, name = table
    entry = catalog_entries(project, dataset).get(name) if is_lake(project) else None
    if entry is None or entry.columns is None or (project, entry.table_id) in _kept:
        return
    if not any(kind == "interval" for _, kind, *_ in entry.columns):
        return
    place = f"schema => {literal(dataset)}, table_name => {literal(name)}"
    database.execute(f"CALL {quote(project)}.set_option('data_inlining_row_limit', {ROWS}, {place})")
    _kept.add((project, entry.table_id))


def _has_interval(fields: Iterable[Field]) -> bool:
    return any(field.type == "INTERVAL" or _has_interval(field.fields or []) for field in fields)


def _wrap_change(change: Callable[..., Table]) -> Callable[..., Table]:
    def change_and_keep(project: str, dataset: str, *rest: Any) -> Table:
        changed = change(project, dataset, *rest)
        _keep((project, dataset, changed.tableReference.tableId))
        return changed

    return change_and_keep


def _wrap_statement(run: Callable[..., Any]) -> Callable[..., Any]:
    def run_and_keep(
        cursor: Any, tree: exp.Expr, context: Any, destination: Any, config: Any, dry_run: bool, *rest: Any
    ) -> Any:
        with nullcontext(tree) if dry_run else _made_first(cursor, tree, context) as made:
            statistics = run(cursor, made, context, destination, config, dry_run, *rest)
        target = statistics.ddlTargetTable
        if target and target.datasetId and isinstance(tree, (exp.Create, exp.Alter)):
            _keep(tables.reference(target))
        return statistics

    return run_and_keep


@contextmanager
def _made_first(cursor: duckdb.DuckDBPyConnection, tree: exp.Expr, context: Context) -> Iterator[exp.Expr]:
    """Yield CREATE TABLE AS, with declared columns and its rows in a temporary table if it has intervals."""
    selected = tree.expression if _is_plain(tree) else None
    if selected is None or not _may_have_interval(selected, context):
        yield tree
        return
    position = context.position
    sql, bound = translate(selected, context)
    rows = cursor.sql(sql, params=bound)
    fields = list(map(types.field, results.unique(rows.columns), rows.types))
    if not _has_interval(fields):
        context.position = position
        yield tree
        return
    name = f"__made_{uuid.uuid4().hex}"
    columns = ", ".join(quote(field.name) for field in fields)
    cursor.execute(f"CREATE TEMP TABLE {name} AS SELECT * FROM ({sql}) AS made({columns})", bound)
    context.temporary.add(name)
    try:
        yield _with_columns(tree, fields, name)
    finally:
        context.temporary.discard(name)
        cursor.execute(f"DROP TABLE IF EXISTS temp.main.{name}")


def _is_plain(tree: exp.Expr) -> bool:
    """Return whether a statement is CREATE TABLE AS without declared columns, of a table that stays."""
    is_table = isinstance(tree, exp.Create) and tree.args.get("kind") == "TABLE"
    is_named = is_table and isinstance(tree.this, exp.Table) and isinstance(tree.expression, exp.Query)
    return is_named and not tree.find(exp.TemporaryProperty)


def _may_have_interval(selected: exp.Expr, context: Context) -> bool:
    if selected.find(exp.Sub) or "INTERVAL" in selected.sql(dialect="bigquery").upper():
        return True
    for table in selected.find_all(exp.Table):
        reference = names.reference(table, context.project_id, context.dataset_id)
        with suppress(BigQueryError):  # a name that WITH defines, or that is reported when the statement runs
            if all(reference) and _has_interval(tables.columns(*reference)):
                return True
    return False


def _with_columns(tree: exp.Expr, fields: Iterable[Field], source: str) -> exp.Expr:
    columns = [
        exp.ColumnDef(
            this=exp.to_identifier(field.name, quoted=True),
            kind=exp.DataType.build(types.bigquery_type(field), dialect=BigQueryDialect),
        )
        for field in fields
    ]
    made = tree.copy()
    made.set("this", exp.Schema(this=tree.this.copy(), expressions=columns))
    made.set("expression", exp.select("*").from_(exp.to_table(source)))
    return made


def _wrap_materialise(run: Callable[..., None]) -> Callable[..., None]:
    def materialise_and_keep(
        cursor: duckdb.DuckDBPyConnection,
        sql: str,
        name: str,
        params: Any = None,
        append: bool = False,
        writer: duckdb.DuckDBPyConnection | None = None,
    ) -> None:
        table = tuple(part.replace('""', '"') for part in NAME.findall(name))
        rows = cursor.sql(sql, params=params) if len(table) == 3 and is_lake(table[0]) else None
        kinds = str(rows.types) if rows else ""
        if rows and append and "GEOMETRY" in kinds:
            sql = hold(sql, rows, held_columns(cursor.sql(f"SELECT * FROM {name} LIMIT 0")))
        if rows is None or append or "INTERVAL" not in kinds or is_in_transaction(writer or cursor):
            run(cursor, sql, name, params, append, writer)
            return
        fresh = *table[:2], f"__new_{uuid.uuid4().hex}"
        sql, into = hold(sql, rows), writer or cursor
        run(cursor, f"SELECT * FROM ({sql}) LIMIT 0", quote(*fresh), params, False, writer)
        try:
            _keep(fresh)
            with transaction(into):
                run(cursor, sql, quote(*fresh), params, True, writer)
                into.execute(f"DROP TABLE IF EXISTS {name}")
                into.execute(f"ALTER TABLE {quote(*fresh)} RENAME TO {quote(table[2])}")
        except BaseException:
            into.execute(f"DROP TABLE IF EXISTS {quote(*fresh)}")
            raise

    return materialise_and_keep


def _keep_written(tree: exp.Expr, _: object) -> exp.Expr:
    """Keep the rows of a table that a statement writes to: it may have been created by an earlier version."""
    if isinstance(tree, WRITES) and (target := tree.find(exp.Table)) and target.catalog and target.db:
        _keep((target.catalog, target.db, target.name))
    return tree
