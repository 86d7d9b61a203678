"""What a statement may see when it is its turn: the engine's tables, variables and functions."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import duckdb
from local_bigquery.catalog import metadata, routines, tables
from local_bigquery.engine import database, types
from local_bigquery.errors import BigQueryError
from local_bigquery.models import Routine
from local_bigquery.models import Table as Resource
from local_bigquery.sql.script import Interpreter

from localcloud.bigquery.catalog import has_ingestion_time, schema_version
from localcloud.bigquery.file_names import FILE_NAME
from localcloud.bigquery.googlesql.analyser import INGESTION, Analyser, Function, Path, Scope, Table
from localcloud.bigquery.googlesql.types import to_parameter

type Reference = tuple[str, str, str]

# A call of a routine of a dataset: a name of two or three parts, in backticks or not, before a bracket.
PART = r"(?:`[^`]+`|[A-Za-z_][\w-]*)"
CALL = re.compile(rf"({PART}(?:\s*\.\s*{PART})*)\s*\(")
NAMES_KEPT = 4096  # statements whose tables are remembered; a long day of the batch has hundreds
OPEN_NAMES = re.compile(
    r"INFORMATION_SCHEMA|__TABLES|[*@$]", re.IGNORECASE
)  # whose columns are not known here


class UnknownError(Exception):
    """What a statement names is not known here well enough to judge the statement."""


@dataclass
class Given:
    """What a job brings: its query parameters as REST has them, its session's functions, and its text."""

    parameters: list[dict[str, Any]] = field(default_factory=list)
    functions: dict[Path, Function] = field(default_factory=dict)
    script: str = ""


class Scopes:
    """Finds what statements may see; columns are remembered until a schema of their project changes."""

    def __init__(self, analyser: Analyser) -> None:
        """Find with the engine's own parser."""
        self._analyser = analyser
        self._names: dict[str, list[Path]] = {}
        self._tables: dict[Reference, tuple[int, Table]] = {}
        self._functions: dict[str, Function] = {}

    def of(self, text: str, interpreter: Interpreter, given: Given) -> Scope:
        """Return the scope of a statement's text; raises UnknownError, and RefusedError for a wrong text."""
        if text not in self._names:
            if len(self._names) >= NAMES_KEPT:
                self._names.clear()
            self._names[text] = self._analyser.table_names(text)
        given_here = _used(given, interpreter)
        named = [parameter for parameter in given_here if parameter.get("name")]
        return Scope(
            tables={path: self._table(path, interpreter) for path in self._names[text]},
            variables=dict(_variables(text, interpreter)),
            functions=given.functions | dict(self._called(text, interpreter)),
            parameters=named or given_here[interpreter.context.position :],
        )

    def _table(self, path: Path, interpreter: Interpreter) -> Table:
        parts = ".".join(path).split(".")
        if OPEN_NAMES.search(parts[-1]) or OPEN_NAMES.fullmatch(parts[-2] if len(parts) > 1 else ""):
            raise UnknownError(f"the columns of {parts[-1]} are not known here")
        may_be_temporary = len(parts) == 1 or parts[0].upper() == "_SESSION"
        if may_be_temporary and parts[-1].casefold() in interpreter.context.temporary:
            return Table(_columns(interpreter.cursor, database.quote("temp", "main", parts[-1])))
        return self._stored(_reference(parts, interpreter))

    def _stored(self, reference: Reference) -> Table:
        try:
            version = schema_version(reference[0])
            known = self._tables.get(reference)
            if known is None or known[0] != version:
                known = self._tables[reference] = version, _described(reference)
        except BigQueryError as error:  # the engine says it better, with its location
            raise UnknownError(error.message) from error
        return known[1]

    def _called(self, text: str, interpreter: Interpreter) -> Iterator[tuple[Path, Function]]:
        """Yield the datasets' routines that a text calls, by their names as written."""
        for written in {match[1] for match in CALL.finditer(text)}:
            path = tuple(part.strip(" \n`") for part in re.findall(PART, written))
            parts = ".".join(path).split(".")
            if len(parts) < 2:
                continue
            routine = routines.load(*_reference(parts, interpreter))
            if routine and routine.routineType != "PROCEDURE":
                yield path, self._function(routine, interpreter)

    def _function(self, routine: Routine, interpreter: Interpreter) -> Function:
        """Return what the analyser makes of a routine's own CREATE, with what its body names."""
        created = routines.statement(routine, True)
        if created not in self._functions:
            is_sql = routine.language != "JAVASCRIPT"
            scope = self.of(f"SELECT ({routine.definitionBody})", interpreter, Given()) if is_sql else Scope()
            made = self._analyser.analyse(created, scope).function
            if made is None:
                raise UnknownError("a routine that is no function")
            self._functions[created] = made[1]
        return self._functions[created]


def _reference(parts: list[str], interpreter: Interpreter) -> Reference:
    context = interpreter.context
    usual: list[str] = [context.project_id, context.dataset_id]
    project, dataset, name = [*usual[: 3 - len(parts)], *parts]
    if not dataset:
        raise UnknownError("a name without a dataset")
    return project, dataset, name


def _described(reference: Reference) -> Table:
    columns = [column.dump() for column in tables.columns(*reference)]
    resource = metadata.load(Resource, *reference)
    if resource and resource.type == "EXTERNAL":
        return Table(columns, {FILE_NAME: "STRING"})
    return Table(columns, INGESTION if has_ingestion_time(*reference) else {})


def _used(given: Given, interpreter: Interpreter) -> list[dict[str, Any]]:
    """Return a job's parameters, or those that an EXECUTE IMMEDIATE uses, which the job has not brought."""
    brought = {each.get("name") or f"p{n}" for n, each in enumerate(given.parameters)}
    used = {name: read for name, read in interpreter.context.parameters.items() if name not in brought}
    if not used:
        return given.parameters
    told = []
    for name, read in used.items():
        relation = interpreter.cursor.sql(f"SELECT {read} AS v LIMIT 0")
        kind = types.field("v", relation.types[0]).dump()
        told.append(
            {"name": "" if re.fullmatch(r"p\d+", name) else name, "parameterType": to_parameter(kind)}
        )
    return told


def _variables(text: str, interpreter: Interpreter) -> Iterator[tuple[str, Any]]:
    """Yield the script's variables that a text may mean, as REST fields."""
    words = {word.lower() for word in re.findall(r"\w+", text)}
    for name in words & set(interpreter.context.variables):
        yield name, _columns(interpreter.cursor, interpreter.context.variables[name])[0]


def _columns(cursor: duckdb.DuckDBPyConnection, table: str) -> list[dict[str, Any]]:
    relation = cursor.sql(f"SELECT * FROM {table} LIMIT 0")
    pairs = zip(relation.columns, relation.types, strict=True)
    return [types.field(name, kind).dump() for name, kind in pairs]
