"""A query's result has the column types that Google's analyser gives, where DuckDB's are different."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from local_bigquery.engine import results
from local_bigquery.engine.database import quote
from local_bigquery.engine.types import duckdb_type
from local_bigquery.jobs import query
from local_bigquery.models import TableFieldSchema

# Types whose values are the same in both, or become so by a cast. Others keep DuckDB's type.
CAST = {"BOOLEAN", "BYTES", "DATE", "DATETIME", "FLOAT", "INTEGER", "NUMERIC", "STRING", "TIME", "TIMESTAMP"}

type Columns = Sequence[dict[str, Any]] | None

_columns: ContextVar[Columns] = ContextVar("columns", default=None)


@contextmanager
def set_result_columns(columns: Columns) -> Iterator[None]:
    """Set the columns (REST fields) of the results of the query that runs within; None if it is no query."""
    token = _columns.set(columns)
    try:
        yield
    finally:
        _columns.reset(token)


def type_results() -> None:
    """Patch results and dry runs accordingly. Call once per process."""
    results.materialise = _wrap_materialise(results.materialise)
    query._fields = _wrap_fields(query._fields)


def _wrap_materialise(materialise: Callable[..., None]) -> Callable[..., None]:
    def materialise_typed(cursor: Any, sql: str, *arguments: Any, **settings: Any) -> None:
        columns = _columns.get()
        materialise(cursor, _cast_columns(sql, columns) if columns else sql, *arguments, **settings)

    return materialise_typed


def _cast_columns(sql: str, columns: Sequence[dict[str, Any]]) -> str:
    names = [f"c{n}" for n in range(len(columns))]
    pairs = zip(names, columns, results.unique([column["name"] for column in columns]), strict=True)
    selected = ", ".join(f"{_cast_column(name, column)} AS {quote(called)}" for name, column, called in pairs)
    return f"SELECT {selected} FROM ({sql}) AS typed({', '.join(names)})"


def _cast_column(name: str, column: dict[str, Any]) -> str:
    if column["type"] == "BIGNUMERIC" and column["mode"] != "REPEATED":
        return f"bq.main._bignumeric({name})"
    if column["type"] not in CAST:
        return name
    return f"CAST({name} AS {duckdb_type(TableFieldSchema.model_validate(column))})"


def _wrap_fields(fields: Callable[..., list[TableFieldSchema]]) -> Callable[..., list[TableFieldSchema]]:
    def typed_fields(relation: Any, *required: Any) -> list[TableFieldSchema]:
        columns = _columns.get()
        if columns and len(columns) == len(relation.columns):
            return [TableFieldSchema.model_validate(column) for column in columns]
        return fields(relation, *required)

    return typed_fields
