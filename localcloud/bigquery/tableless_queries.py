"""Queries that read no table are answered by Google's own engine; DuckDB is given its answer as a table.

Examples are `SELECT FORMAT('%t', 1.5)` and queries over arrays alone. What the engine does not answer (a
function of which it knows only the signature, an array of more than 16,000 elements, a query that takes long)
is left to DuckDB.
"""

import dataclasses
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import duckdb
import pyarrow as pa
from local_bigquery.engine import results
from local_bigquery.engine.database import quote
from local_bigquery.engine.types import duckdb_type
from local_bigquery.errors import BigQueryError
from local_bigquery.models import TableFieldSchema
from local_bigquery.sql.rules.parameters import read
from local_bigquery.sql.script import Interpreter, Statement

from localcloud.bigquery.googlesql.analyser import Analysis, Scope
from localcloud.bigquery.googlesql.evaluator import Answer, BeyondError, Evaluator, Value
from localcloud.bigquery.googlesql.module import BrokenError, RefusedError
from localcloud.bigquery.googlesql.types import of_field, of_parameter
from localcloud.bigquery.googlesql.values import UnconvertibleError


def evaluate_query(
    evaluator: Evaluator, analysis: Analysis, scope: Scope, text: str, interpreter: Interpreter
) -> pa.Table | None:
    """Return the engine's answer to a query, or None if it is not asked or has none.

    Raises BigQueryError with Google's message for a failure at run time, such as a division by zero.
    """
    if analysis.columns is None or scope.tables or scope.functions or "@@" in text:
        return None
    try:
        answer = evaluator.answer(text, *_values(scope, interpreter))
        return _name_columns(answer, analysis)
    except RefusedError as refused:
        raise BigQueryError("invalidQuery", str(refused)) from refused
    except (BeyondError, BrokenError, UnconvertibleError, OverflowError, pa.ArrowInvalid):
        return None


def _name_columns(answer: Answer, analysis: Analysis) -> pa.Table:
    names = results.unique([column["name"] for column in analysis.columns or []])
    return answer.table().rename_columns(names)


def _values(scope: Scope, interpreter: Interpreter) -> tuple[list[Value], list[Value]]:
    """Return the values of a query's parameters and of the script's variables; raises BeyondError."""
    context = interpreter.context
    parameters = []
    for given in scope.parameters:
        if not (name := given.get("name")):
            raise BeyondError("parameters without names")
        kind = of_parameter(given["parameterType"])
        parameters.append(Value(name, kind, _value(interpreter, context.parameters[name])))
    constants = [
        Value(name, of_field(known), _value(interpreter, read(context.variables[name])))
        for name, known in scope.variables.items()
    ]
    return parameters, constants


def _value(interpreter: Interpreter, expression: str) -> Any:
    found = interpreter.cursor.sql(f"SELECT {expression} AS v").to_arrow_table()
    return found.column(0).to_pylist()[0]


@contextmanager
def select_answer(
    table: pa.Table, analysis: Analysis, statement: Statement, interpreter: Interpreter
) -> Iterator[Statement]:
    """Yield a statement that selects an answer, held in a temporary table for the duration."""
    name = f"__answer_{uuid.uuid4().hex}"
    interpreter.context.temporary.add(name)
    _create(interpreter.cursor, name, table, analysis)
    try:
        yield dataclasses.replace(statement, text=f"SELECT * FROM `{name}`")
    finally:
        interpreter.context.temporary.discard(name)
        interpreter.cursor.execute(f"DROP TABLE IF EXISTS temp.main.{name}")


def _create(cursor: duckdb.DuckDBPyConnection, name: str, table: pa.Table, analysis: Analysis) -> None:
    fields = [TableFieldSchema.model_validate(column) for column in analysis.columns or []]
    pairs = zip(table.column_names, fields, strict=True)
    columns = ", ".join(
        f"CAST({quote(column)} AS {duckdb_type(field)}) AS {quote(column)}" for column, field in pairs
    )
    cursor.register(f"{name}_rows", table)
    try:
        cursor.execute(f"CREATE TEMP TABLE {name} AS SELECT {columns} FROM {name}_rows")
    finally:
        cursor.unregister(f"{name}_rows")
