"""What a statement may see when its turn comes: the engine's tables, variables and functions."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import duckdb
from local_bigquery.catalog import metadata, routines, tables
from local_bigquery.engine import database, types
from local_bigquery.errors import BigQueryError
from local_bigquery.models import Routine
from local_bigquery.models import Table as Resource
from local_bigquery.sql.script import Interpreter

from localcloud.bigquery.analysis_cache import AnalysisCache
from localcloud.bigquery.billing import Budget
from localcloud.bigquery.catalog import has_ingestion_time
from localcloud.bigquery.file_names import FILE_NAME
from localcloud.bigquery.googlesql.analyser import INGESTION, Analyser, Function, Path, Scope, Table
from localcloud.bigquery.googlesql.module import RefusedError
from localcloud.bigquery.googlesql.types import to_parameter
from localcloud.bigquery.hidden_dates import Dates
from localcloud.bigquery.lake import schema_version, table_signature, view_snapshot

type Reference = tuple[str, str, str]

# A call of a routine of a dataset: a name of two or three parts, in backticks or not, before a bracket.
PART = r"(?:`[^`]+`|[A-Za-z_][\w-]*)"
CALL = re.compile(rf"({PART}(?:\s*\.\s*{PART})*)\s*\(")
NAMES_KEPT = 4096  # statements whose table names are remembered; a long day of the batch has hundreds
OPEN_NAMES = re.compile(
    r"INFORMATION_SCHEMA|__TABLES|[*@$]", re.IGNORECASE
)  # whose columns are not known here


class UnknownError(Exception):
    """A name in a statement that is not known well enough here to check the statement."""


@dataclass
class JobInput:
    """What a job brings: its query parameters as REST has them, its session's functions, and its text."""

    parameters: list[dict[str, Any]] = field(default_factory=list)
    functions: dict[Path, Function] = field(default_factory=dict)
    is_dry: bool = False
    budget: Budget = field(default_factory=Budget)
    script: str = ""


class _CachedTable(NamedTuple):
    """A table as described at a version of its project's schemas, with its own signature."""

    version: int
    signature: str
    table: Table


class Scopes:
    """A finder of what statements may see; it keeps a table until its columns, or a view's tables, change."""

    def __init__(self, analyser: Analyser, cache: AnalysisCache) -> None:
        """Use the analyser to find the names of tables, and the cache for those found before."""
        self._analyser, self._cache = analyser, cache
        self._names: dict[str, list[Path]] = {}
        self._tables: dict[Reference, _CachedTable] = {}
        self._functions: dict[str, Function] = {}

    def of(self, text: str, interpreter: Interpreter, job_input: JobInput) -> Scope:
        """Return the scope of a statement's text; raises UnknownError, and RefusedError for invalid text."""
        parameters = _job_parameters(job_input, interpreter)
        named = [parameter for parameter in parameters if parameter.get("name")]
        versions = dict[str, int]()  # of projects' schemas, read once per statement
        return Scope(
            tables={path: self._table(path, interpreter, versions) for path in self._table_names(text)},
            variables=dict(_variables(text, interpreter)),
            functions=job_input.functions | dict(self._called_routines(text, interpreter)),
            parameters=[*map(_without_value, named or parameters[interpreter.context.position :])],
        )

    def _table_names(self, text: str) -> list[Path]:
        if (names := self._names.get(text)) is None:
            if len(self._names) >= NAMES_KEPT:
                self._names.clear()
            names = self._names[text] = self._find_table_names(text)
        return names

    def _find_table_names(self, text: str) -> list[Path]:
        hidden = Dates(text).hide(text)
        if known := self._cache.get("names", hidden):
            return [tuple(name) for name in json.loads(known)]
        found = self._analyser.table_names(text)
        self._cache.put(json.dumps(found), "names", hidden)
        return found

    def _table(self, path: Path, interpreter: Interpreter, versions: dict[str, int]) -> Table:
        parts = ".".join(path).split(".")
        if OPEN_NAMES.search(parts[-1]) or OPEN_NAMES.fullmatch(parts[-2] if len(parts) > 1 else ""):
            raise UnknownError(f"the columns of {parts[-1]} are not known here")
        may_be_temporary = len(parts) == 1 or parts[0].upper() == "_SESSION"
        if may_be_temporary and parts[-1].casefold() in interpreter.context.temporary:
            return Table(_columns(interpreter.cursor, database.quote("temp", "main", parts[-1])))
        context = interpreter.context
        return self._stored_table(resolve_name(parts, context.project_id, context.dataset_id), versions)

    def _stored_table(self, reference: Reference, versions: dict[str, int]) -> Table:
        project = reference[0]
        try:
            if project not in versions:
                versions[project] = schema_version(project)
            version = versions[project]
            known = self._tables.get(reference)
            if known is None or known.version != version:
                signature = self._signature(reference, version)
                is_same = known is not None and known.signature == signature
                table = known.table if known and is_same else _describe_table(reference)
                known = self._tables[reference] = _CachedTable(version, signature, table)
        except BigQueryError as error:  # the engine says it better, with its location
            raise UnknownError(error.message) from error
        return known.table

    def _signature(self, reference: Reference, version: int) -> str:
        """Return a text that changes with a table's columns, or with those of the tables a view names."""
        if columns := table_signature(*reference):
            return columns
        resource = metadata.load(Resource, *reference)
        if resource and resource.type == "EXTERNAL":
            return str(resource.etag)
        if not (resource and resource.view and resource.view.query):
            return str(version)
        with suppress(RefusedError):  # for a view in legacy SQL, say
            named = [".".join(path).split(".") for path in self._table_names(resource.view.query)]
            inner = [self._signature(resolve_name(parts, *reference[:2]), version) for parts in named]
            return repr((view_snapshot(*reference), inner))
        return str(version)

    def _called_routines(self, text: str, interpreter: Interpreter) -> Iterator[tuple[Path, Function]]:
        """Yield the datasets' routines that a text calls, by their names as written."""
        for written in dict.fromkeys(match[1] for match in CALL.finditer(text)):
            path = tuple(part.strip(" \n`") for part in re.findall(PART, written))
            parts = ".".join(path).split(".")
            if len(parts) not in (2, 3):
                continue
            context = interpreter.context
            routine = routines.load(*resolve_name(parts, context.project_id, context.dataset_id))
            if routine and routine.routineType != "PROCEDURE":
                yield path, self._function(routine, interpreter)

    def _function(self, routine: Routine, interpreter: Interpreter) -> Function:
        """Return what the analyser makes of a routine's own CREATE, given what its body names."""
        created = routines.statement(routine, True)
        if created not in self._functions:
            is_sql = routine.language != "JAVASCRIPT"
            scope = (
                self.of(f"SELECT ({routine.definitionBody})", interpreter, JobInput()) if is_sql else Scope()
            )
            made = self._analyser.analyse(created, scope).function
            if made is None:
                raise UnknownError("a routine that is no function")
            self._functions[created] = made[1]
        return self._functions[created]


def resolve_name(parts: list[str], *usual: str) -> Reference:
    """Return the table that the parts of a name refer to; raises UnknownError."""
    if len(parts) > 3:
        raise UnknownError(f"a name of {len(parts)} parts")
    project, dataset, name = [*usual[: 3 - len(parts)], *parts]
    if not dataset:
        raise UnknownError("a name without a dataset")
    return project, dataset, name


def _describe_table(reference: Reference) -> Table:
    columns = [column.dump() for column in tables.columns(*reference)]
    resource = metadata.load(Resource, *reference)
    if resource and resource.type == "EXTERNAL":
        return Table(columns, {FILE_NAME: "STRING"})
    return Table(columns, INGESTION if has_ingestion_time(*reference) else {})


def _job_parameters(job_input: JobInput, interpreter: Interpreter) -> list[dict[str, Any]]:
    """Return a job's parameters, or those that an EXECUTE IMMEDIATE uses and the job has not brought."""
    brought = {each.get("name") or f"p{n}" for n, each in enumerate(job_input.parameters)}
    used = {name: read for name, read in interpreter.context.parameters.items() if name not in brought}
    if not used:
        return job_input.parameters
    described = []
    for name, read in used.items():
        relation = interpreter.cursor.sql(f"SELECT {read} AS v LIMIT 0")
        kind = types.field("v", relation.types[0]).dump()
        described.append(
            {"name": "" if re.fullmatch(r"p\d+", name) else name, "parameterType": to_parameter(kind)}
        )
    return described


def _without_value(parameter: dict[str, Any]) -> dict[str, Any]:
    """Return a parameter's name and type: what is known of a statement holds for any values."""
    return {key: part for key, part in parameter.items() if key != "parameterValue"}


def _variables(text: str, interpreter: Interpreter) -> Iterator[tuple[str, Any]]:
    """Yield the script's variables that a text may refer to, as REST fields."""
    words = {word.lower() for word in re.findall(r"\w+", text)}
    for name in sorted(words & set(interpreter.context.variables)):  # a scope is looked up by its text
        yield name, _columns(interpreter.cursor, interpreter.context.variables[name])[0]


def _columns(cursor: duckdb.DuckDBPyConnection, table: str) -> list[dict[str, Any]]:
    relation = cursor.sql(f"SELECT * FROM {table} LIMIT 0")
    pairs = zip(relation.columns, relation.types, strict=True)
    return [types.field(name, kind).dump() for name, kind in pairs]
