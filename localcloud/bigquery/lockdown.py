"""SQL that would reach this machine is refused: its files, its network, its settings, other databases.

First by the engine itself: from then on DuckDB opens no file outside two folders of ours, loads no extension
and changes no setting. Then by GoogleSQL: a statement, function or project that BigQuery does not have is
reported as unknown, in the words of the real service. Load jobs and external tables bring the lake's objects
into those folders.
"""

import tempfile
from pathlib import Path

from local_bigquery.catalog import names
from local_bigquery.engine import database
from local_bigquery.errors import BigQueryError, position
from local_bigquery.jobs.storage import literal
from local_bigquery.sql.rules import STATEMENT_RULES
from sqlglot import exp

from localcloud.bigquery.extensions import installed

STATEMENTS = (exp.Query, *names.DML.__args__, exp.Transaction, exp.Commit, exp.Rollback)
DEFINITIONS = (exp.Create, exp.Drop, exp.Alter)
DEFINED = {"TABLE", "VIEW", "SCHEMA", "FUNCTION", "PROCEDURE", "MODEL", None}
TABLE_FUNCTIONS = {"EXTERNAL_QUERY", "RANGE_SESSIONIZE"}
OUR_DATABASES = {"bq", "emulator", "memory", "system", "temp"}


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
    STATEMENT_RULES.insert(0, _refuse_unknown)


def _refuse_unknown(tree: exp.Expr, _: object) -> exp.Expr:
    """Refuse what BigQuery does not know: a statement rule, so that every statement passes through it."""
    if isinstance(tree, DEFINITIONS):
        known = tree.args.get("kind") in DEFINED
    else:
        known = isinstance(tree, STATEMENTS)
    if not known:
        word = tree.sql(dialect="bigquery").split()[0].upper()
        raise BigQueryError("invalidQuery", f'Syntax error: Unexpected identifier "{word}" at [1:1]')
    for table in tree.find_all(exp.Table):
        _check_function(table)
        _check_project(table)
    return tree


def _check_function(table: exp.Table) -> None:
    function = table.this
    if isinstance(function, exp.Identifier) or table.db:
        return
    name = function.name if isinstance(function, exp.Anonymous) else function.sql_name()
    if name.upper() not in TABLE_FUNCTIONS:
        at = position(function) if "line" in function.meta else "1:1"
        raise BigQueryError("invalidQuery", f"Table-valued function not found: {name} at [{at}]")


def _check_project(table: exp.Table) -> None:
    project, *rest = ".".join(part.name for part in table.parts).split(".")
    if project in OUR_DATABASES and len(rest) == 2:
        raise BigQueryError("accessDenied", f"Access Denied: Project {project}: it is not accessible")
