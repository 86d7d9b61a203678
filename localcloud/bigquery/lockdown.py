"""SQL that would reach this machine is refused: its files, its network, its settings, other databases.

First by the engine itself: from then on DuckDB opens no file outside two folders of ours, loads no extension
and changes no setting. Then by GoogleSQL: a statement, function or project that BigQuery does not have is
reported as unknown, in the words of the real service. Load jobs and external tables bring the lake's objects
into those folders.
"""

import re
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from local_bigquery.catalog import datasets, names
from local_bigquery.engine import database
from local_bigquery.errors import BigQueryError, position
from local_bigquery.jobs.storage import literal
from local_bigquery.sql.rules import STATEMENT_RULES
from local_bigquery.sql.translate import Context
from sqlglot import exp

from localcloud.bigquery.analysis import current_job
from localcloud.bigquery.extensions import installed

STATEMENTS = (exp.Query, *names.DML.__args__, exp.Transaction, exp.Commit, exp.Rollback)
DEFINITIONS = (exp.Create, exp.Drop, exp.Alter)
DEFINED = {"TABLE", "VIEW", "SCHEMA", "FUNCTION", "PROCEDURE", "MODEL", None}
TABLE_FUNCTIONS = {"EXTERNAL_QUERY", "RANGE_SESSIONIZE"}
OUR_DATABASES = {"bq", "emulator", "memory", "system", "temp"}
# DuckDB's own schemas in each project: without the first one, no statement runs.
OUR_DATASETS = {"main", "pg_catalog"}
PROJECT_ID = re.compile(r"[A-Za-z][A-Za-z0-9.:_-]{0,99}")
LANGUAGES = {"js", "sql"}
# DuckDB's functions that tell of this machine or of other queries. Google's analyser refuses them, too, but
# checks no statement that reads INFORMATION_SCHEMA or a wildcard table.
OUR_FUNCTIONS = {
    *("current_setting", "getvariable", "getenv", "version", "current_query", "in_search_path", "write_log"),
    *("current_database", "current_schema", "current_schemas", "current_connection_id", "txid_current"),
    *("nextval", "currval", "sleep_ms", "pg_sleep", "parse_duckdb_log_message"),
}


def lock_down(data: Path, staging: Path, threads: int | None = None) -> None:
    """Lock the engine: until the process ends, only files in these two folders can be read or written.

    From then on, this process creates its temporary folders in `staging`; `threads` can no longer be changed.
    """
    staging.mkdir(parents=True, exist_ok=True)
    tempfile.tempdir = str(staging)
    connection = database.connection()
    for extension in installed():
        connection.load_extension(extension)
    folders = ", ".join(literal(f"{folder}/") for folder in (data, staging))
    connection.execute(f"SET temp_directory = {literal(str(staging / 'spilled'))}")
    connection.execute(f"SET allowed_directories = [{folders}]")
    if threads is not None:
        connection.execute(f"SET threads = {threads:d}")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    STATEMENT_RULES.insert(0, partial(_refuse_unknown, _our_views()))
    datasets.exists = _wrap_exists(datasets.exists)
    database.attach = _wrap_attach(database.attach)


def _our_views() -> set[str]:
    """Return DuckDB's own views that need no qualified name; they show this machine's files and settings."""
    wanted = f"internal AND schema_name IN ({', '.join(map(literal, sorted(OUR_DATASETS)))})"
    return {name for (name,) in database.fetch(f"SELECT view_name FROM duckdb_views() WHERE {wanted}")}


def _wrap_exists(exists: Callable[[str, str], bool]) -> Callable[[str, str], bool]:
    """Hide the engine's own schemas from calls that name a dataset."""
    return lambda project, dataset: dataset.casefold() not in OUR_DATASETS and exists(project, dataset)


def _wrap_attach(attach: Callable[[str], None]) -> Callable[[str], None]:
    """Check a project's id, which the engine writes into the name of a file and into a statement of its own.

    That statement runs outside the locked engine, and before the rules for statements.
    """

    def attach_checked(project: str) -> None:
        if not PROJECT_ID.fullmatch(project):
            raise BigQueryError("invalid", f"Invalid project ID: {project[:100]}")
        _check_project(project)
        attach(project)

    return attach_checked


def _refuse_unknown(our_views: set[str], tree: exp.Expr, context: Context) -> exp.Expr:
    """Refuse what BigQuery does not know: a statement rule, so that every statement passes through it."""
    if isinstance(tree, DEFINITIONS):
        known = tree.args.get("kind") in DEFINED
    else:
        known = isinstance(tree, STATEMENTS)
    if not known:
        word = tree.sql(dialect="bigquery").split()[0].upper()
        raise BigQueryError("invalidQuery", f'Syntax error: Unexpected identifier "{word}" at [1:1]')
    _check_language(tree)
    _check_calls(tree)
    aliases = {each.alias.casefold() for each in tree.find_all(exp.CTE, exp.Table, exp.Subquery)}
    hidden = set() if context.dataset_id else our_views - aliases - context.temporary
    is_schema = isinstance(tree, DEFINITIONS) and tree.args.get("kind") == "SCHEMA"
    for table in tree.find_all(exp.Table):
        _check_function(table)
        parts = ".".join(part.name for part in table.parts).split(".")
        if is_schema:
            _check_place(parts)
        elif parts[0].casefold() not in aliases:  # whose arrays are written like tables of a dataset
            _check_name(table, parts, hidden)
            _check_place(parts[:-1])
    return tree


def _check_language(tree: exp.Expr) -> None:
    """Refuse a function in a language whose text the engine would take for the function's result."""
    language = tree.find(exp.LanguageProperty) if isinstance(tree, exp.Create) else None
    if language is not None and language.name.lower() not in LANGUAGES:
        raise BigQueryError(
            "notImplemented", f"functions in {language.name} are not supported by the local BigQuery"
        )


def _check_calls(tree: exp.Expr) -> None:
    job = current_job.get(None)
    temporary = {path[-1].casefold() for path in job.functions} if job else set()
    for call in tree.find_all(exp.Anonymous):
        name = call.name.rpartition(".")[2]
        if name.lower() in OUR_FUNCTIONS - temporary:
            raise BigQueryError("invalidQuery", f"Function not found: {name}")


def _check_name(table: exp.Table, parts: list[str], hidden: set[str]) -> None:
    if not isinstance(table.this, exp.Identifier | exp.Dot):
        return
    if "" in parts:
        raise BigQueryError("invalidQuery", f"Invalid table name: {'.'.join(parts)}")
    if len(parts) == 1 and (parts[0].casefold() in hidden or parts[0].endswith("*")):
        raise BigQueryError(
            "invalidQuery", f'Table "{parts[0]}" must be qualified with a dataset (e.g. dataset.table).'
        )


def _check_function(table: exp.Table) -> None:
    function = table.this
    if isinstance(function, exp.Identifier | exp.Dot) or table.db:
        return
    name = function.name if isinstance(function, exp.Anonymous) else function.sql_name()
    if name.upper() not in TABLE_FUNCTIONS:
        at = position(function) if "line" in function.meta else "1:1"
        raise BigQueryError("invalidQuery", f"Table-valued function not found: {name} at [{at}]")


def _check_place(parts: list[str]) -> None:
    """Check a project and a dataset, or the latter alone."""
    project, dataset = parts[:2] if len(parts) > 1 else ("", *parts, "")[:2]
    _check_project(project)
    if dataset.casefold() in OUR_DATASETS:
        raise BigQueryError(
            "notImplemented",
            f"a dataset named {dataset} is not supported by the local BigQuery, whose engine has one itself: "
            "choose another name",
        )


def _check_project(project: str) -> None:
    if project.casefold() in OUR_DATABASES:
        raise BigQueryError("accessDenied", f"Access Denied: Project {project}: it is not accessible")
