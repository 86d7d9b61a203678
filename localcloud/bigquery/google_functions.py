"""DuckDB functions that have Google's own engine evaluate an expression, in batches of rows.

Their first argument says what is to be evaluated, the others are the values that it is over.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote, unquote

import pyarrow as pa
from local_bigquery.engine import database
from local_bigquery.engine.types import duckdb_type
from local_bigquery.errors import BigQueryError, not_implemented
from local_bigquery.jobs import query
from local_bigquery.models import TableFieldSchema
from zetasql.wasi._pb2.zetasql.public import type_pb2

from localcloud.bigquery.googlesql.evaluator import BeyondError, Evaluator, Value
from localcloud.bigquery.googlesql.module import BrokenError, RefusedError
from localcloud.bigquery.googlesql.types import of_field, to_field
from localcloud.bigquery.googlesql.values import UnconvertibleError

RETURNED = "BOOL INT64 FLOAT64 STRING BYTES NUMERIC BIGNUMERIC DATE TIMESTAMP DATETIME TIME INTERVAL".split()  # noqa: SIM905
BEYOND = "Beyond the engine here: "
READABLE = " ()[]{}<>,.;:=*+-/|&!?$@_"  # unescaped in a request, which has no quotation mark or backslash


def function_name(kind: type_pb2.TypeProto) -> str | None:
    """Return the name of our DuckDB function that returns the type, or None if there is none."""
    field = to_field("v", kind)
    known = {"INTEGER": "INT64", "FLOAT": "FLOAT64", "BOOLEAN": "BOOL", "JSON": "STRING"}
    of = known.get(field["type"], field["type"])
    if of not in RETURNED or (field["type"] == "JSON" and field["mode"] == "REPEATED"):
        return None
    return f"_google_{'array_' if field['mode'] == 'REPEATED' else ''}{of.lower()}"


def request_literal(sql: str, fields: Sequence[Any]) -> str:
    """Return the first argument: an expression over the fields of `_r`, as a literal in GoogleSQL."""
    return f"'{quote(json.dumps({'sql': sql, 'of': fields}), safe=READABLE)}'"


def register_functions(evaluator: Evaluator) -> None:
    """Register the functions with DuckDB. Call once per process."""
    query.from_duckdb = _wrap_from_duckdb(query.from_duckdb)
    connection = database.connection()
    for name in RETURNED:
        of = duckdb_type(TableFieldSchema(name="v", type=name))
        for prefix, returned in (("", of), ("array_", f"{of}[]")):
            connection.create_function(
                f"_google_{prefix}{name.lower()}",
                _make_function(evaluator),
                None,
                returned,
                type="arrow",
                null_handling="special",
            )


def _wrap_from_duckdb(from_duckdb: Callable[..., BigQueryError]) -> Callable[..., BigQueryError]:
    """Answer 501 where Google's engine could not evaluate an expression here."""

    def translate_error(error: Exception, *more: Any) -> BigQueryError:
        translated = from_duckdb(error, *more)
        if not translated.message.startswith(BEYOND):
            return translated
        reason = translated.message.removeprefix(BEYOND).partition("\n")[0]
        return not_implemented(f"An expression that Google's engine cannot evaluate here ({reason})")

    return translate_error


def _make_function(evaluator: Evaluator) -> Callable[..., pa.ChunkedArray]:
    def evaluate(requests: pa.ChunkedArray, *columns: pa.ChunkedArray) -> pa.ChunkedArray:
        request = json.loads(unquote(requests[0].as_py()))
        lists = [column.to_pylist() for column in columns]
        names = [field["name"] for field in request["of"]]
        rows = [dict(zip(names, row, strict=False)) for row in zip(*lists, strict=True)]
        try:
            if not names:
                return _repeat(evaluator.answer(f"SELECT {request['sql']}").table().column(0), len(requests))
            return _evaluate_rows(evaluator, request, rows)
        except RefusedError as refused:
            raise ValueError(str(refused)) from refused
        except (BeyondError, BrokenError, UnconvertibleError, OverflowError, pa.ArrowInvalid) as beyond:
            raise ValueError(f"{BEYOND}{beyond}") from beyond

    return evaluate


def _repeat(value: pa.ChunkedArray, times: int) -> pa.ChunkedArray:
    return value.take(pa.array([0] * times))


def _evaluate_rows(evaluator: Evaluator, request: Any, rows: list[dict[str, Any]]) -> pa.ChunkedArray:
    """Return the engine's answers to rows, halving batches that are too large for it."""
    fields = {"name": "r", "type": "RECORD", "mode": "REPEATED", "fields": request["of"]}
    sql = f"SELECT {request['sql']} FROM UNNEST(@_rows) AS _r WITH OFFSET AS _o ORDER BY _o"
    try:
        return evaluator.answer(sql, [Value("_rows", of_field(fields), rows)]).table().column(0)
    except (BeyondError, BrokenError):  # too many at once
        if len(rows) == 1:
            raise
    half = len(rows) // 2
    parts = [_evaluate_rows(evaluator, request, part) for part in (rows[:half], rows[half:])]
    # As one chunk: DuckDB reads only the first chunk and misses the rows of the others.
    return pa.chunked_array([pa.concat_arrays([chunk for part in parts for chunk in part.chunks])])
