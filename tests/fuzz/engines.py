"""The two engines, the local BigQuery and Google's own, and the comparison of their answers."""

import json
import math
from collections.abc import Sequence
from decimal import Context, Decimal
from typing import Any

import pyarrow as pa
from dateutil.relativedelta import relativedelta
from google.api_core.exceptions import GoogleAPICallError, MethodNotImplemented
from google.cloud import bigquery
from zetasql.wasi._pb2.zetasql.public import type_pb2

from localcloud.bigquery.googlesql.bignumeric import PLACES, to_scaled
from localcloud.bigquery.googlesql.evaluator import BeyondError, Evaluator
from localcloud.bigquery.googlesql.module import BrokenError, Module, RefusedError
from localcloud.bigquery.googlesql.values import UnconvertibleError
from tests.fuzz import edges, queries

DATASET = "fuzzed"
EXACT = Context(prec=100)
COLUMNS = {**{edges.name(kind): f"n INT64, v {of}" for kind, of in edges.COLUMNS.items()}}
COLUMNS |= {name: columns for name, (columns, _) in queries.TABLES.items()}
ROWS = {edges.name(kind): edges.rows(kind) for kind in edges.EDGES}
ROWS |= {name: rows for name, (_, rows) in queries.TABLES.items()}


class Refused(str):
    """An engine's message for a query that it refuses."""

    __slots__ = ()


class NotHere(Refused):
    """The local BigQuery's message for a query that it does not support: 501."""

    __slots__ = ()


class Unknown(Exception):  # noqa: N818 -- no error: nobody knows
    """Google's engine does not answer a query of this kind."""


class Google:
    """The reference implementation, which is given the tables in a WITH clause."""

    def __init__(self) -> None:
        self._evaluator = Evaluator(Module())

    def ask(self, sql: str) -> list[list[Any]] | Refused:
        """Return the rows of a query over the tables in ROWS; raise Unknown if the engine cannot answer."""
        tables = [f"{name} AS ({rows})" for name, rows in ROWS.items() if name in sql]
        comma = ", " if sql.startswith("WITH ") else " "
        whole = f"WITH {', '.join(tables)}{comma}{sql.removeprefix('WITH ')}" if tables else sql
        try:
            answer = self._evaluator.answer(whole)
        except RefusedError as refused:
            return Refused(refused)
        except (BeyondError, BrokenError, UnconvertibleError) as beyond:
            raise Unknown(str(beyond)) from beyond
        return [[plain(told(*cell)) for cell in zip(row, answer.kinds, strict=True)] for row in answer.rows]


def told(value: Any, kind: type_pb2.TypeProto) -> Any:
    """Return a value as Google's Python client returns it, with JSON parsed."""
    if kind.type_kind == type_pb2.TYPE_JSON and value is not None:
        return json.loads(value)
    if kind.type_kind == type_pb2.TYPE_ARRAY and value is not None:
        return [told(element, kind.array_type.element_type) for element in value]
    if kind.type_kind == type_pb2.TYPE_BIGNUMERIC and value is not None:
        return Decimal(f"{to_scaled(value)}E-{PLACES}")
    return value


class Local:
    """The local BigQuery, with the tables in a dataset."""

    def __init__(self, client: bigquery.Client) -> None:
        self._client = client
        client.create_dataset(DATASET, exists_ok=True)
        default = bigquery.DatasetReference(client.project, DATASET)
        self._config = bigquery.QueryJobConfig(default_dataset=default)
        for name, columns in COLUMNS.items():
            self._run(f"CREATE OR REPLACE TABLE {name} ({columns}); INSERT INTO {name} {ROWS[name]}")

    def _run(self, sql: str) -> list[list[Any]]:
        found = self._client.query_and_wait(sql, job_config=self._config, retry=None, job_retry=None)
        return [[plain(value) for value in row.values()] for row in found]

    def ask(self, sql: str) -> list[list[Any]] | Refused:
        """Return the rows of a query."""
        try:
            return self._run(sql)
        except MethodNotImplemented as refused:
            return NotHere(refused.message)
        except (GoogleAPICallError, ValueError, OverflowError) as refused:
            return Refused(refused)

    def ask_changed(self, change: str, sql: str) -> list[list[Any]] | Refused:
        """Return the rows of a query after a change to `changed`, which starts as a copy of `sales`."""
        return self.ask(f"CREATE OR REPLACE TABLE changed AS SELECT * FROM sales; {change}; {sql}")


def alike(ours: Any, googles: Any) -> bool:
    """Return whether two values are the same; a NULL array comes back empty, as documented."""
    if isinstance(ours, float) and isinstance(googles, float):
        return _alike_floats(ours, googles)
    if ours == [] and googles is None:
        return True
    if isinstance(ours, list) and isinstance(googles, list):
        return len(ours) == len(googles) and all(map(alike, ours, googles))
    return type(ours) is type(googles) and ours == googles


def _alike_floats(one: float, other: float) -> bool:
    if math.isnan(one) or math.isnan(other):
        return math.isnan(one) and math.isnan(other)
    return math.isclose(one, other, rel_tol=1e-13) and math.copysign(1, one) == math.copysign(1, other)


def plain(value: Any) -> Any:
    """Return a value without differences of form only, in decimals, structs, JSON and intervals."""
    match value:
        case Decimal():
            return EXACT.add(value.normalize(EXACT), 0)
        case list():
            return [plain(element) for element in value]
        case dict():
            return [plain(element) for element in value.values()]
        case relativedelta():
            days = value.days + value.hours // 24
            clock = (value.hours * 60 + value.minutes) * 60 + value.seconds
            return value.years * 12 + value.months, days, clock * 10**9 + value.microseconds * 1000
        case pa.MonthDayNano():
            return tuple(value)
    return value


def ordered(rows: Sequence[Any]) -> list[Any]:
    """Return rows in a fixed order, whatever theirs was."""
    return sorted(rows, key=repr)
