"""The statements of external tables, inside the engine, where statements are parsed and run one by one.

In front of its REST API they would not work anywhere in a script, in EXECUTE IMMEDIATE and in a dry run.
"""

from collections.abc import Callable
from typing import Any

import duckdb
from local_bigquery.catalog import metadata, names, tables
from local_bigquery.catalog.ddl import _fields as column_options
from local_bigquery.errors import BigQueryError, not_implemented
from local_bigquery.jobs import query
from local_bigquery.models import JobStatistics2, Table, TableFieldSchema
from local_bigquery.sql import script
from local_bigquery.sql.rules import STATEMENT_RULES
from local_bigquery.sql.translate import Context
from sqlglot import exp

from localcloud.bigquery import external
from localcloud.bigquery.ddl import ExternalTable, parse_external


def support_external_tables() -> None:
    """Patch the engine to have external tables, and refuse what they do not allow. Call once per process."""
    script.parse = _wrap_parse(script.parse)
    query._run = _wrap_run(query._run)
    tables.create = _wrap_create(tables.create)
    tables.STORED_TYPES = (*tables.STORED_TYPES, "EXTERNAL")
    STATEMENT_RULES.append(external.expand_patterns)


def _wrap_parse(parse: Callable[[str], list[exp.Expr]]) -> Callable[[str], list[exp.Expr]]:
    def parse_with_external(sql: str) -> list[exp.Expr]:
        statement = parse_external(sql)
        return parse(sql) if statement is None else [statement]

    return parse_with_external


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
