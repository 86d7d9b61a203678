"""local-bigquery with external tables built in, and with DIV as BigQuery has it.

They are added inside the engine, where statements are parsed and run one by one, rather than in front of its
REST API, so that CREATE EXTERNAL TABLE works anywhere in a script, in EXECUTE IMMEDIATE and in a dry run.
This patches internal functions of local-bigquery, whose version is therefore pinned.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from contextlib import suppress
from functools import partial
from typing import Any

import duckdb
from local_bigquery.catalog import metadata, names, tables
from local_bigquery.catalog.ddl import _fields as column_options
from local_bigquery.errors import BigQueryError, not_implemented
from local_bigquery.jobs import extract, merge, query, runner
from local_bigquery.models import Job, JobStatistics2, Table, TableFieldSchema
from local_bigquery.sql import params, script
from local_bigquery.sql.rules import STATEMENT_RULES
from local_bigquery.sql.translate import Context
from sqlglot import exp

from localcloud.bigquery import external, objects
from localcloud.bigquery.aggregates import ignore_nulls_first
from localcloud.bigquery.case_insensitive_names import ignore_case_of_names
from localcloud.bigquery.catalog import narrow_lookups
from localcloud.bigquery.ddl import ExternalTable, parse_external
from localcloud.bigquery.destinations import name_destinations
from localcloud.bigquery.dml import check_changes
from localcloud.bigquery.file_names import hide_file_names
from localcloud.bigquery.ingestion import create_ingestion_times
from localcloud.bigquery.loading import load_strictly
from localcloud.bigquery.locations import locate_jobs
from localcloud.bigquery.merging import wrap_merge
from localcloud.bigquery.metadata_cache import cache_metadata
from localcloud.bigquery.partition_decorators import support_decorators
from localcloud.bigquery.permissions import accept_permission_lists
from localcloud.bigquery.schemas import check_schemas
from localcloud.bigquery.streaming import stream_strictly
from localcloud.bigquery.table_functions import declare_columns
from localcloud.bigquery.transactions import report_transactions
from localcloud.bigquery.variables import set_from_structs
from localcloud.bigquery.views import keep_view_texts, record_query_text

INTERRUPT_SECONDS = 0.1

type Bound = tuple[dict[str, str], dict[str, Any]]


def extend() -> None:
    """Patch the engine with external tables, DIV and all other extensions. Call once per process."""
    script.parse = _wrap_parse(script.parse)
    query._run = _wrap_run(query._run)
    extract.written = objects.upload_file
    load_strictly()
    tables.create = _wrap_create(tables.create)
    tables.STORED_TYPES = (*tables.STORED_TYPES, "EXTERNAL")
    params.bind = _wrap_bind(params.bind)
    merge.run = wrap_merge(merge.run)
    STATEMENT_RULES.append(external.expand_patterns)
    narrow_lookups()
    cache_metadata()
    ignore_case_of_names()
    keep_view_texts()
    hide_file_names()
    create_ingestion_times()
    check_schemas()
    check_changes()
    name_destinations()
    stream_strictly()
    support_decorators()
    set_from_structs()
    declare_columns()
    ignore_nulls_first()
    report_transactions()
    locate_jobs()
    accept_permission_lists()
    # Otherwise, cancelling a job before a worker has it would wait for None and end in an internal error.
    runner.Running = partial(runner.Running, Future())
    runner.cancel = _wrap_cancel(runner.cancel)


def _wrap_cancel(cancel: Callable[[str, str], Job]) -> Callable[[str, str], Job]:
    """Answer a cancellation with the ended job if the job ended, and closed its cursor, in the meantime.

    DuckDB forgets an interrupt of a cursor that is between two queries, so it is repeated until the job ends.
    """

    def cancel_or_find_ended(project_id: str, job_id: str) -> Job:
        if running := runner._running.get((project_id, job_id)):
            threading.Thread(target=_interrupt_until_ended, args=[running], daemon=True).start()
        try:
            return cancel(project_id, job_id)
        except duckdb.ConnectionException:
            return runner.wait(project_id, job_id, runner.SUBMIT_WAIT_MS)

    return cancel_or_find_ended


def _interrupt_until_ended(running: runner.Running) -> None:
    running.cancelled = True
    while not wait([running.future], timeout=INTERRUPT_SECONDS).done:
        if running.cursor:
            with suppress(duckdb.ConnectionException):  # the cursor is closed: the job is ending
                running.cursor.interrupt()


def _wrap_bind(bind: Callable[..., Bound]) -> Callable[..., Bound]:
    """Write parameters into queries as literals: DuckDB runs one with bound ones just to learn its schema."""

    def bind_as_literals(parameters: list[Any]) -> Bound:
        expressions, values = bind(parameters)
        literals = {name: exp.convert(value).sql(dialect="duckdb") for name, value in values.items()}
        return {
            name: expression.replace(f"${name}", literals[name]) for name, expression in expressions.items()
        }, {}

    return bind_as_literals


def _wrap_parse(parse: Callable[[str], list[exp.Expr]]) -> Callable[[str], list[exp.Expr]]:
    def parse_with_external(sql: str) -> list[exp.Expr]:
        statement = parse_external(sql)
        if statement is not None:
            return [statement]
        return [record_query_text(_add_brackets(tree), sql) for tree in parse(sql)]

    return parse_with_external


def _add_brackets(tree: exp.Expr) -> exp.Expr:
    """Put brackets around each DIV and its arguments: sqlglot writes 2 * DIV(a - 1, 7) as 2 * a - 1 // 7."""
    for node in list(tree.find_all(exp.IntDiv)):
        for name in ("this", "expression"):
            node.set(name, exp.Paren(this=node.args[name]))
        bracket = exp.Paren()
        outer = node.parent if isinstance(node.parent, exp.SafeFunc) else node
        outer.replace(bracket)
        bracket.set("this", node if outer is node else _safe_division(node))
    return tree


def _safe_division(division: exp.IntDiv) -> exp.Expr:
    """Return the equivalent of SAFE.DIV, which the engine does not know."""
    return exp.If(this=division.expression.copy().eq(0), true=exp.null(), false=division.copy())


def _wrap_run(run: Callable[..., JobStatistics2]) -> Callable[..., JobStatistics2]:
    def run_with_external(
        cursor: duckdb.DuckDBPyConnection,
        tree: exp.Expr,
        context: Context,
        destination: Any,
        config: Any,
        dry_run: bool,
        isolated: bool,
    ) -> JobStatistics2:
        if declared := tree.meta.get("external"):
            return external.create(cursor, _definition(cursor, declared, context), dry_run=dry_run)
        _refuse_writing(tree, context)
        _refuse_unqualified(tree, context)
        return run(cursor, tree, context, destination, config, dry_run, isolated)

    return run_with_external


def _refuse_writing(tree: exp.Expr, context: Context) -> None:
    if not isinstance(tree, names.DML):
        return
    reference = names.reference(names.target(tree), context.project_id, context.dataset_id)
    table = metadata.load(Table, *reference) if reference[1] else None
    if table and table.type == "EXTERNAL":
        raise BigQueryError(
            "invalidQuery", f"{names.label(*reference)} is external: DML over it is not allowed"
        )


def _refuse_unqualified(tree: exp.Expr, context: Context) -> None:
    """Refuse to define a table or view without a dataset, in BigQuery's words."""
    target = tree.find(exp.Table)
    if context.dataset_id or target is None or not isinstance(tree, (exp.Create, exp.Drop, exp.Alter)):
        return
    is_session = tree.find(exp.TemporaryProperty) or target.name.casefold() in context.temporary
    if tree.args.get("kind") in ("TABLE", "VIEW") and not target.db and not is_session:
        message = f'Table "{target.name}" must be qualified with a dataset (e.g. dataset.table).'
        raise BigQueryError("invalid", message)


def _wrap_create(create: Callable[..., Table]) -> Callable[..., Table]:
    def create_native(project: str, dataset: str, body: Table, *rest: Any) -> Table:
        if body.externalDataConfiguration:
            raise not_implemented("An external table by tables.insert (use CREATE EXTERNAL TABLE)")
        return create(project, dataset, body, *rest)

    return create_native


def _definition(
    cursor: duckdb.DuckDBPyConnection, declared: ExternalTable, context: Context
) -> external.Definition:
    external.check_listed(declared.options)
    evaluate = query._evaluator(cursor)
    return external.Definition(
        reference=names.reference(declared.table, context.project_id, context.dataset_id),
        replace=bool(declared.create.args.get("replace")),
        if_missing=bool(declared.create.args.get("exists")),
        fields=_fields(cursor, declared.create, context),
        partitions=_fields(cursor, declared.partitions, context) if declared.partitions else None,
        options={name: evaluate(value) for name, value in declared.options.items()},
    )


def _fields(cursor: duckdb.DuckDBPyConnection, create: exp.Expr, context: Context) -> list[TableFieldSchema]:
    """Return the declared columns with their descriptions."""
    extras = {field["name"]: field for field in column_options(create.this, query._evaluator(cursor))}
    bare = create.copy()
    for node in bare.find_all(exp.ColumnDef):
        node.set("constraints", None)
    fields = query._declared_schema(cursor, bare, context) or []
    return [field.replace(**extras.get(field.name, {})) for field in fields]
