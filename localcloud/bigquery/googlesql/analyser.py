"""Analysis of statements by the engine, given the tables, variables and functions that they may see."""

import re
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from zetasql.wasi._pb2.zetasql.local_service import local_service_pb2 as service
from zetasql.wasi._pb2.zetasql.proto import function_pb2, options_pb2, simple_catalog_pb2
from zetasql.wasi._pb2.zetasql.public import function_pb2 as functions
from zetasql.wasi._pb2.zetasql.public import options_pb2 as public

from localcloud.bigquery.googlesql import language
from localcloud.bigquery.googlesql.calls import Call, Choice, calls
from localcloud.bigquery.googlesql.module import Module
from localcloud.bigquery.googlesql.reading import Outline, Scan, get_field, outline, scans, unwrap
from localcloud.bigquery.googlesql.types import Json, of_field, of_parameter, scalar, to_field

type Path = tuple[str, ...]
type Function = Any  # function_pb2.FunctionProto or TableValuedFunctionProto
type Catalog = simple_catalog_pb2.SimpleCatalogProto

# Functions that only BigQuery has, declared in GoogleSQL so that the types of results are known.
BIGQUERY_ONLY = (
    "CREATE TEMP AGGREGATE FUNCTION MAX_BY(x ANY TYPE, y ANY TYPE) AS (ANY_VALUE(x HAVING MAX y))",
    "CREATE TEMP AGGREGATE FUNCTION MIN_BY(x ANY TYPE, y ANY TYPE) AS (ANY_VALUE(x HAVING MIN y))",
    "CREATE TEMP FUNCTION CONTAINS_SUBSTR(x ANY TYPE, y STRING) AS (TRUE)",
    "CREATE TEMP FUNCTION SEARCH(x ANY TYPE, y STRING) AS (TRUE)",
)
# Those that are not a STRING are given with their type.
SYSTEM_VARIABLES = """
    current_job_id dataset_id dataset_project_id error.formatted_stack_trace error.message error.stack_trace
    error.statement_text last_job_id project_id query_label row_count:INT64 script.bytes_processed:INT64
    script.creation_time:TIMESTAMP script.job_id script.num_child_jobs:INT64 script.slot_ms:INT64 session_id
    time_zone
"""
INGESTION = {"_PARTITIONTIME": "TIMESTAMP", "_PARTITIONDATE": "DATE"}
OUTPUT = "output_column_list"
# Statements whose function calls are reported; the calls of others are kept as written.
STATEMENTS_WITH_CALLS = {
    f"Resolved{name}StmtProto"
    for name in "Query Insert Update Delete Merge CreateTableAsSelect CreateView ExportData".split()  # noqa: SIM905
}
CATALOGS_KEPT = 16
# Registering takes 0.1 ms per table and 9 ms for functions: plain statements share a catalog of this many.
SHARED_TABLES = 300
# To the engine `project.dataset.table` is one name, whose alias would be all of it. Quoted in part it has the
# same length, so that places stay valid. A name before an opening bracket may be a function's.
WHOLE_NAME = re.compile(r"`(?:([\w-]+)\.)?(\w+)\.([^`.]+)`(?!\s*\()")


@dataclass(frozen=True)
class Table:
    """A table's columns as REST fields, and the names and types of its pseudo-columns."""

    columns: Sequence[Json]
    pseudo_columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Scope:
    """What a statement may see: tables and functions by their names as written, variables in lower case."""

    tables: Mapping[Path, Table] = field(default_factory=dict)
    variables: Mapping[str, Json] = field(default_factory=dict)
    functions: Mapping[Path, Function] = field(default_factory=dict)
    parameters: Sequence[Json] = ()


@dataclass(frozen=True)
class Analysis:
    """What a statement means: a query's columns as REST fields (otherwise None), what it defines and reads.

    Calls are those that were asked for; their places are byte offsets in the script.
    """

    columns: list[dict[str, Any]] | None = None
    function: tuple[Path, Function] | None = None
    relation: tuple[Path, list[dict[str, Any]]] | None = None  # a table or a view
    scans: list[Scan] = field(default_factory=list)
    outline: Outline | None = None  # of a query, or of a view that is created
    calls: Sequence[Call] = ()


class Analyser:
    """Google's analyser, for one thread at a time."""

    def __init__(self, module: Module) -> None:
        """Prepare the language and the functions that only BigQuery has."""
        self.module, self._starts = module, module.starts
        self._language = language.bigquery(module)
        self._builtins = language.builtins(module, self._language)
        self._catalogs: OrderedDict[bytes, int] = OrderedDict()
        self._shared: dict[Path, Table] = {}
        self._made: dict[Path, Table] = {}  # since the shared tables changed, for the next change
        made = [self.analyse(sql, Scope()).function for sql in BIGQUERY_ONLY]
        for path, function in filter(None, made):
            _add_function(self._builtins, path, function)

    def table_names(self, sql: str) -> list[Path]:
        """Return the names of a statement's tables as written, without those that its WITH defines."""
        request = service.ExtractTableNamesFromStatementRequest(
            sql_statement=_split_names(sql), options=self._language, allow_script=True
        )
        answer = service.ExtractTableNamesFromStatementResponse
        names = self.module.call("ExtractTableNamesFromStatement", request, answer).table_name
        return [tuple(name.table_name_segment) for name in names]

    def analyse(self, script: str, scope: Scope, start: int = 0, choice: Choice | None = None) -> Analysis:
        """Return what the statement that starts at a character of a script means; raise RefusedError.

        Calls are reported if a choice of them is given.

        Raises BrokenError if the engine itself fails: then nothing is known of the statement.
        """
        with self.module.lock:
            return self._analyse(script, scope, start, choice)

    def _analyse(self, script: str, scope: Scope, start: int, choice: Choice | None) -> Analysis:
        text = _split_names(script)
        request = service.AnalyzeRequest(
            options=self._options(scope), registered_catalog_id=self._catalog_id(scope)
        )
        request.parse_resume_location.input = text
        request.parse_resume_location.byte_position = len(text[:start].encode())
        answer = self.module.call("Analyze", request, service.AnalyzeResponse)
        made = unwrap(answer.resolved_statement)
        analysis = _analysis(made)
        if analysis.relation and scope.tables:
            self._made[analysis.relation[0]] = Table(analysis.relation[1])
        if choice and made.DESCRIPTOR.name in STATEMENTS_WITH_CALLS:
            return replace(analysis, calls=calls(made, choice, text.encode()))
        return analysis

    def _options(self, scope: Scope) -> Any:
        options = options_pb2.AnalyzerOptionsProto(
            language_options=self._language,
            default_timezone="UTC",
            error_message_mode=public.ERROR_MESSAGE_ONE_LINE,
            prune_unused_columns=True,
            parse_location_record_type=public.PARSE_LOCATION_RECORD_FULL_NODE_SCOPE,
        )
        for parameter in scope.parameters:
            kind = of_parameter(parameter["parameterType"])
            if name := parameter.get("name"):
                options.query_parameters.add(name=name, type=kind)
            else:
                options.parameter_mode = public.PARAMETER_POSITIONAL
                options.positional_query_parameters.append(kind)
        for name, _, known in (variable.partition(":") for variable in SYSTEM_VARIABLES.split()):
            options.system_variables.add(name_path=name.split("."), type=scalar(known or "STRING"))
        for name, known in INGESTION.items():
            options.ddl_pseudo_columns.add(name=name, type=scalar(known))
        return options

    def _catalog_id(self, scope: Scope) -> int:
        """Return the id of a registered catalog that contains what the scope does."""
        if self._starts != self.module.starts:  # the engine has failed since, and lost them
            self._starts = self.module.starts
            self._catalogs.clear()
        catalog = self._build_catalog(scope)
        key = catalog.SerializeToString(deterministic=True)
        if key not in self._catalogs:
            self._forget_oldest()
            request = service.RegisterCatalogRequest(simple_catalog=catalog)
            self._catalogs[key] = self.module.call(
                "RegisterCatalog", request, service.RegisterResponse
            ).registered_id
        self._catalogs.move_to_end(key)
        return self._catalogs[key]

    def _forget_oldest(self) -> None:
        if len(self._catalogs) >= CATALOGS_KEPT:
            request = service.UnregisterRequest(registered_id=self._catalogs.popitem(last=False)[1])
            self.module.call("UnregisterCatalog", request, service.RegisterResponse)

    def _build_catalog(self, scope: Scope) -> Catalog:
        catalog = simple_catalog_pb2.SimpleCatalogProto()
        catalog.CopyFrom(self._builtins)
        for path, table in sorted(self._tables(scope).items()):
            _add_table(catalog, path, table)
        for name, variable in sorted(scope.variables.items()):
            catalog.constant.add(name_path=[name], type=of_field(variable))
        for path, function in sorted(scope.functions.items()):
            _add_function(catalog, path, function)
        return catalog

    def _tables(self, scope: Scope) -> Mapping[Path, Table]:
        # Variables and functions may hide the names of tables; a statement that names no table to read may
        # still refer to one that is not given, as ALTER does.
        if scope.variables or scope.functions or not scope.tables:
            return scope.tables
        if len(self._shared) > SHARED_TABLES:
            self._shared.clear()
        if any(self._shared.get(path) != table for path, table in scope.tables.items()):
            self._shared |= self._made  # which will soon be read
            self._shared |= scope.tables
            self._made.clear()
        return self._shared


def _split_names(sql: str) -> str:
    read = {name[0] for name in WHOLE_NAME.finditer(sql) if not sql.startswith(".", name.end())}

    def split(name: re.Match[str]) -> str:
        # Before a column it is a table that FROM names, as SQLAlchemy writes it; not `project.dataset`.table.
        if name[0] in read and sql.startswith(".", name.end()):
            return f"`{name[3]}`".rjust(len(name[0]))
        return _split_name(name)

    return WHOLE_NAME.sub(split, sql)


def _split_name(name: re.Match[str]) -> str:
    project, dataset, table = name.groups()
    if project is None:
        return f"{dataset}.`{table}`"
    # After a dot any word is a name, unless it has a dash or starts with a digit.
    return f"`{project}`.{dataset}.{table}" if re.fullmatch(r"[A-Za-z_]\w*", table) else name[0]


def _nested_catalog(catalog: Catalog, path: Path) -> Catalog:
    """Return the catalog within a catalog that the first parts of a name lead to, created if missing."""
    for name in path:
        known = next((inner for inner in catalog.catalog if inner.name == name), None)
        catalog = known or catalog.catalog.add(name=name)
    return catalog


def _add_table(catalog: Catalog, path: Path, table: Table) -> None:
    made = _nested_catalog(catalog, path[:-1]).table.add(name=path[-1], full_name=".".join(path))
    for column in table.columns:
        made.column.add(name=column["name"], type=of_field(column), is_writable_column=True)
    for name, known in table.pseudo_columns.items():
        made.column.add(name=name, type=scalar(known), is_pseudo_column=True)


def _add_function(catalog: Catalog, path: Path, function: Function) -> None:
    place = _nested_catalog(catalog, path[:-1])
    is_table = isinstance(function, function_pb2.TableValuedFunctionProto)
    made = (place.custom_tvf if is_table else place.custom_function).add()
    made.CopyFrom(function)
    made.name_path[:] = path[-1:]  # the name it is called by here, maybe not the one it was created with


def _analysis(made: Any) -> Analysis:
    match made.DESCRIPTOR.name:
        case "ResolvedQueryStmtProto":
            columns = list(_columns(made.output_column_list))
            return Analysis(columns=columns, scans=scans(made), outline=outline(made))
        case "ResolvedCreateFunctionStmtProto":
            return Analysis(function=_function(made))
        case "ResolvedCreateTableFunctionStmtProto":
            return Analysis(function=_table_function(made))
        case "ResolvedCreateViewStmtProto":
            view = tuple(get_field(made, "name_path")), list(_columns(get_field(made, OUTPUT)))
            return Analysis(relation=view, outline=outline(made))
        case "ResolvedCreateTableAsSelectStmtProto" | "ResolvedCreateTableStmtProto":
            relation = tuple(get_field(made, "name_path")), list(_defined_columns(made))
            return Analysis(relation=relation, scans=scans(made))
        case "ResolvedCreateExternalTableStmtProto":
            columns = [*_defined_columns(made), *_defined_columns(made.with_partition_columns)]
            return Analysis(relation=(tuple(get_field(made, "name_path")), columns))
    return Analysis(scans=scans(made))


def _defined_columns(made: Any) -> Iterator[dict[str, Any]]:
    """Yield the columns that a statement defines, or that its query returns."""
    for column in get_field(made, "column_definition_list"):
        yield to_field(column.name, column.type)


def _columns(outputs: Sequence[Any]) -> Iterator[dict[str, Any]]:
    """Yield a query's columns; those without a name are f0_, f1_ and so on in BigQuery."""
    unnamed = 0
    for output in outputs:
        name = f"f{unnamed}_" if output.name.startswith("$") else output.name
        unnamed += output.name.startswith("$")
        yield to_field(name, output.column.type)


def _function(made: Any) -> tuple[Path, Function]:
    path = tuple(get_field(made, "name_path"))
    function = function_pb2.FunctionProto(name_path=path[-1:], group="UDF", signature=[made.signature])
    kind = functions.FunctionEnums
    function.mode = kind.AGGREGATE if made.is_aggregate else kind.SCALAR
    if any(argument.kind == functions.ARG_TYPE_ARBITRARY for argument in made.signature.argument):
        function.group, function.parse_resume_location.input = "Templated_SQL_Function", made.code
        function.templated_sql_function_argument_name.extend(made.argument_name_list)
    return path, function


def _table_function(made: Any) -> tuple[Path, Function]:
    path = tuple(get_field(made, "name_path"))
    kind = functions.FunctionEnums.FIXED_OUTPUT_SCHEMA_TVF
    return path, function_pb2.TableValuedFunctionProto(
        name_path=path[-1:], signature=made.signature, type=kind
    )
