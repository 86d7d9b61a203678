"""GEOGRAPHY in a table with intervals, whose rows DuckLake keeps in its catalog, which takes no GEOMETRY.

There it is a struct of one text, which DuckDB's functions of geographies refuse.
"""

from collections.abc import Collection

import duckdb
from local_bigquery.engine.database import quote

from localcloud.bigquery.held_types import HeldType

HELD = HeldType("GEOGRAPHY", "__geography", "GEOGRAPHY from a table with intervals")


def hold_geographies() -> None:
    """Patch the engine to read them. Call once per process."""
    HELD.read(lambda sql: rf"regexp_replace({sql}.{HELD.member}, '([A-Z]) \(', '\1(', 'g')")


def hold(sql: str, rows: duckdb.DuckDBPyRelation, names: Collection[str] | None = None) -> str:
    """Return a query with its geographies held so, or those of the given columns in lower case."""
    texts = [
        f"CASE WHEN {column} IS NOT NULL THEN struct_pack({HELD.member} := {column}::VARCHAR) END AS {column}"
        for name, kind in zip(rows.columns, rows.types, strict=True)
        if kind.id == "geometry" and (names is None or name.casefold() in names)
        for column in [quote(name)]
    ]
    return f"SELECT * REPLACE ({', '.join(texts)}) FROM ({sql})" if texts else sql


def release(relation: str, rows: duckdb.DuckDBPyRelation) -> str:
    """Return a relation's name, or a query in brackets in which its held geographies are such again."""
    values = [
        f"CAST({quote(name)}.{HELD.member} AS GEOMETRY) AS {quote(name)}"
        for name, kind in zip(rows.columns, rows.types, strict=True)
        if HELD.holds(kind)
    ]
    return f"(SELECT * REPLACE ({', '.join(values)}) FROM {relation})" if values else relation


def held_columns(rows: duckdb.DuckDBPyRelation) -> set[str]:
    """Return the columns, in lower case, whose geographies are held so."""
    return {name.casefold() for name, kind in zip(rows.columns, rows.types, strict=True) if HELD.holds(kind)}
