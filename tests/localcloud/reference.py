"""GoogleSQL's reference implementation: what Google's own engine answers to a query of constants."""

import datetime as dt
from decimal import Decimal
from typing import Any

from zetasql.wasi._pb2.zetasql.local_service import local_service_pb2 as service

from localcloud.bigquery.googlesql import language
from localcloud.bigquery.googlesql.module import Module

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class Reference:
    """The engine, which answers one query at a time."""

    def __init__(self) -> None:
        self._module = Module()
        self._language = language.bigquery(self._module)
        catalog = language.builtins(self._module, self._language)
        request = service.RegisterCatalogRequest(simple_catalog=catalog)
        self._catalog = self._module.call("RegisterCatalog", request, service.RegisterResponse).registered_id

    def rows(self, query: str) -> list[list[Any]]:
        """Return the rows as Google's client for Python has them; raises RefusedError."""
        request = service.EvaluateQueryRequest(sql=query, registered_catalog_id=self._catalog)
        request.options.language_options.CopyFrom(self._language)
        request.options.default_timezone = "UTC"
        answer = self._module.call("EvaluateQuery", request, service.EvaluateQueryResponse)
        kinds = [column.type for column in answer.prepared.columns]
        return [
            [value(*pair) for pair in zip(row.cell, kinds, strict=True)]
            for row in answer.content.table_data.row
        ]


def value(cell: Any, of: Any) -> Any:
    """Return a value of the engine's as Python has it."""
    kind = cell.WhichOneof("value")
    held = getattr(cell, kind) if kind else None
    match kind:
        case "array_value":
            return [value(element, of.array_type.element_type) for element in held.element]
        case "date_value":
            return (EPOCH + dt.timedelta(days=held)).date()
        case "timestamp_value":
            return EPOCH + dt.timedelta(seconds=held.seconds, microseconds=held.nanos // 1000)
        case "numeric_value":
            return Decimal(int.from_bytes(held, "little", signed=True)).scaleb(-9)
    return held
