"""local-bigquery with external tables built in.

They are added inside the engine, where statements are parsed and run one by one, rather than in front of its
REST API, so that CREATE EXTERNAL TABLE works anywhere in a script, in EXECUTE IMMEDIATE and in a dry run.
The version of local-bigquery is pinned: these are its internal functions.
"""

from typing import Any

import duckdb
from local_bigquery.catalog import names, tables
from local_bigquery.jobs import load, query
from local_bigquery.models import JobStatistics2, TableFieldSchema
from local_bigquery.sql import script
from local_bigquery.sql.translate import Context
from sqlglot import exp

from localcloud.bigquery import external, objects
from localcloud.bigquery.ddl import ExternalTable, parse_external


def add_external_tables() -> None:
    """Teach the engine external tables, and `*` across slashes in the addresses of load jobs; once a process."""
    parse, run, paths = script.parse, query._run, load.paths

    def parse_with_external(sql: str) -> list[exp.Expression]:
        statement = parse_external(sql)
        return parse(sql) if statement is None else [statement]

    def run_with_external(
        cursor: duckdb.DuckDBPyConnection,
        tree: exp.Expression,
        context: Context,
        *rest: Any,  # noqa: ANN401
    ) -> JobStatistics2:
        declared = tree.meta.get("external")
        if declared is None:
            return run(cursor, tree, context, *rest)
        _, _, dry_run, _ = rest
        return external.create(cursor, _definition(cursor, declared, context), dry_run=dry_run)

    def paths_with_wildcards(cursor: duckdb.DuckDBPyConnection, uri: str) -> list[str]:
        found = objects.matching(uri) if uri.startswith("gs://") and "*" in uri else [uri]
        return [path for name in found or [uri] for path in paths(cursor, name)]

    script.parse, query._run, load.paths = parse_with_external, run_with_external, paths_with_wildcards
    tables.STORED_TYPES = (*tables.STORED_TYPES, "EXTERNAL")


def _definition(
    cursor: duckdb.DuckDBPyConnection, declared: ExternalTable, context: Context
) -> external.Definition:
    evaluate = query._evaluator(cursor)
    return external.Definition(
        reference=names.reference(declared.table, context.project_id, context.dataset_id),
        replace=bool(declared.create.args.get("replace")),
        if_missing=bool(declared.create.args.get("exists")),
        fields=_fields(cursor, declared.create, context) or [],
        partitions=_fields(cursor, declared.partitions, context) if declared.partitions else None,
        options={name: evaluate(value) for name, value in declared.options.items()},
    )


def _fields(
    cursor: duckdb.DuckDBPyConnection, create: exp.Create, context: Context
) -> list[TableFieldSchema]:
    return query._declared_schema(cursor, create, context) or []
