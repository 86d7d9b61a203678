"""GoogleSQL's reference implementation: what Google's own engine answers to a query that reads no table."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pyarrow as pa
from zetasql.wasi._pb2.zetasql.local_service import local_service_pb2 as service
from zetasql.wasi._pb2.zetasql.proto import options_pb2, simple_catalog_pb2
from zetasql.wasi._pb2.zetasql.public import options_pb2 as public
from zetasql.wasi._pb2.zetasql.public import type_pb2

from localcloud.bigquery.googlesql import language
from localcloud.bigquery.googlesql.module import Module, RefusedError
from localcloud.bigquery.googlesql.values import arrow_type, to_proto, to_python

# Messages about queries that this engine does not answer but BigQuery may: another engine may answer them.
BEYOND = re.compile(
    "Unsupported|unsupported|not supported|[Uu]nimplemented|not implemented|Cannot generate arrays with more"
    "|larger than [0-9]+ bytes|Out of memory|[Ff]unction not found|RET_CHECK failure|U_FILE_ACCESS_ERROR"
)
LONGEST_SECONDS = 3.0


class BeyondError(Exception):
    """A query that this engine does not answer, though BigQuery may."""


class Value(NamedTuple):
    """A value as pyarrow has it, with its name and type."""

    name: str
    kind: type_pb2.TypeProto
    value: Any


@dataclass(frozen=True)
class Answer:
    """Columns by name with their types, and rows."""

    names: Sequence[str]
    kinds: Sequence[type_pb2.TypeProto]
    rows: Sequence[Sequence[Any]] = field(repr=False)

    def table(self) -> pa.Table:
        """Return the answer as a table with columns c0, c1 and so on; raises UnconvertibleError."""
        types = [arrow_type(kind) for kind in self.kinds]
        columns = list(zip(*self.rows, strict=True)) if self.rows else [()] * len(types)
        arrays = [pa.array(column, of) for column, of in zip(columns, types, strict=True)]
        return pa.table(arrays, names=[f"c{n}" for n in range(len(arrays))])


class Evaluator:
    """The engine, which answers one query at a time."""

    def __init__(self, module: Module) -> None:
        """Prepare the functions, without those that only BigQuery has."""
        self._module, self._starts = module, 0
        self._language = language.bigquery(module)
        self._builtins = language.builtins(module, self._language)
        self._catalog = 0

    def answer(
        self,
        sql: str,
        parameters: Sequence[Value] = (),
        constants: Sequence[Value] = (),
        seconds: float = LONGEST_SECONDS,
    ) -> Answer:
        """Return the answer to a query; raises RefusedError, BeyondError, BrokenError, UnconvertibleError."""
        with self._module.lock:
            return self._answer(sql, parameters, constants, seconds)

    def _answer(
        self, sql: str, parameters: Sequence[Value], constants: Sequence[Value], seconds: float
    ) -> Answer:
        request = service.EvaluateQueryRequest(sql=sql, options=self._options(parameters))
        if constants:
            request.simple_catalog.CopyFrom(self._catalog_with(constants))
        else:
            request.registered_catalog_id = self._registered_catalog()
        for given in parameters:
            to_proto(given.value, given.kind, request.params.add(name=given.name).value)
        try:
            found = self._module.call("EvaluateQuery", request, service.EvaluateQueryResponse, seconds)
        except RefusedError as refused:
            if BEYOND.search(str(refused)):
                raise BeyondError(str(refused)) from refused
            raise
        columns = found.prepared.columns
        kinds = [column.type for column in columns]
        rows = [
            [to_python(*pair) for pair in zip(row.cell, kinds, strict=True)]
            for row in found.content.table_data.row
        ]
        return Answer([column.name for column in columns], kinds, rows)

    def _options(self, parameters: Sequence[Value]) -> options_pb2.AnalyzerOptionsProto:
        options = options_pb2.AnalyzerOptionsProto(
            language_options=self._language,
            default_timezone="UTC",
            error_message_mode=public.ERROR_MESSAGE_ONE_LINE,
        )
        for given in parameters:
            options.query_parameters.add(name=given.name, type=given.kind)
        return options

    def _registered_catalog(self) -> int:
        if self._starts != self._module.starts:  # the engine has failed since, and lost it
            request = service.RegisterCatalogRequest(simple_catalog=self._builtins)
            answer = self._module.call("RegisterCatalog", request, service.RegisterResponse)
            self._catalog, self._starts = answer.registered_id, self._module.starts
        return self._catalog

    def _catalog_with(self, constants: Sequence[Value]) -> simple_catalog_pb2.SimpleCatalogProto:
        catalog = simple_catalog_pb2.SimpleCatalogProto()
        catalog.CopyFrom(self._builtins)
        for given in constants:
            made = catalog.constant.add(name_path=[given.name], type=given.kind)
            to_proto(given.value, given.kind, made.value)
        return catalog
