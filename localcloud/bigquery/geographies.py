"""GEOGRAPHY in a table with intervals, whose rows DuckLake keeps in its catalog, which takes no GEOMETRY.

There it is a struct of one text, which DuckDB's functions of geographies refuse.
"""

from collections.abc import Callable, Collection
from typing import Any

import duckdb
from local_bigquery.engine import types
from local_bigquery.engine.database import quote
from local_bigquery.errors import BigQueryError, not_implemented
from local_bigquery.jobs import query
from local_bigquery.models import TableFieldSchema

MEMBER = "__geography"
STRUCT = f"STRUCT({MEMBER} VARCHAR)"


def hold_geographies() -> None:
    """Patch the engine to read them. Call once per process."""
    types.field, types.normalised = _wrap_field(types.field), _wrap_normalised(types.normalised)
    types._encode = _wrap_encode(types._encode)
    query.from_duckdb = _wrap_from_duckdb(query.from_duckdb)


def hold(sql: str, rows: duckdb.DuckDBPyRelation, names: Collection[str] | None = None) -> str:
    """Return a query with its geographies held so, or those of the given columns in lower case."""
    texts = [
        f"CASE WHEN {column} IS NOT NULL THEN struct_pack({MEMBER} := {column}::VARCHAR) END AS {column}"
        for name, kind in zip(rows.columns, rows.types, strict=True)
        if kind.id == "geometry" and (names is None or name.casefold() in names)
        for column in [quote(name)]
    ]
    return f"SELECT * REPLACE ({', '.join(texts)}) FROM ({sql})" if texts else sql


def release(relation: str, rows: duckdb.DuckDBPyRelation) -> str:
    """Return a relation's name, or a query in brackets in which its held geographies are such again."""
    values = [
        f"CAST({quote(name)}.{MEMBER} AS GEOMETRY) AS {quote(name)}"
        for name, kind in zip(rows.columns, rows.types, strict=True)
        if _is_held(kind)
    ]
    return f"(SELECT * REPLACE ({', '.join(values)}) FROM {relation})" if values else relation


def held_columns(rows: duckdb.DuckDBPyRelation) -> set[str]:
    """Return the columns, in lower case, whose geographies are held so."""
    return {name.casefold() for name, kind in zip(rows.columns, rows.types, strict=True) if _is_held(kind)}


def _is_held(kind: Any) -> bool:
    return str(kind.id) == "struct" and [name for name, _ in kind.children] == [MEMBER]


def _wrap_field(field: Callable[..., TableFieldSchema]) -> Callable[..., TableFieldSchema]:
    def held_field(name: str, kind: Any, required: bool = False) -> TableFieldSchema:
        if not _is_held(kind):
            return field(name, kind, required)
        return TableFieldSchema(name=name, type="GEOGRAPHY", mode="REQUIRED" if required else "NULLABLE")

    return held_field


def _wrap_normalised(normalised: Callable[[Any], str]) -> Callable[[Any], str]:
    return lambda kind: STRUCT if _is_held(kind) else normalised(kind)


def _wrap_encode(encode: Callable[..., str]) -> Callable[..., str]:
    return lambda sql, kind, *more: (
        rf"regexp_replace({sql}.{MEMBER}, '([A-Z]) \(', '\1(', 'g')"
        if _is_held(kind)
        else encode(sql, kind, *more)
    )


def _wrap_from_duckdb(from_duckdb: Callable[..., BigQueryError]) -> Callable[..., BigQueryError]:
    """Answer 501 where DuckDB refuses to take one for a geography."""

    def translate_error(error: Exception, *more: Any) -> BigQueryError:
        translated = from_duckdb(error, *more)
        if MEMBER not in str(error):
            return translated
        return not_implemented(f"This use of GEOGRAPHY from a table with intervals ({translated.message})")

    return translate_error
