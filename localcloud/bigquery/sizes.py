"""How many bytes BigQuery counts for a table's columns, partition by partition.

docs.cloud.google.com/bigquery/docs/reference/standard-sql/data-types#data_type_sizes: NULL is nothing, a text
is two bytes plus its own. What was counted for a table is kept until its data change.
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import duckdb
from local_bigquery.catalog import tables
from local_bigquery.engine import database
from local_bigquery.engine.database import quote
from local_bigquery.models import TableFieldSchema as Field

from localcloud.bigquery.geographies import release
from localcloud.bigquery.lake import SCHEMA, is_lake, lake
from localcloud.bigquery.partitions import Partitioning, Reference

FIXED = {
    **dict.fromkeys(("INTEGER", "FLOAT", "DATE", "DATETIME", "TIME", "TIMESTAMP"), 8),
    **dict.fromkeys(("NUMERIC", "INTERVAL", "RANGE"), 16),
    "BIGNUMERIC": 32,
    "BOOLEAN": 1,
}
VARIABLE = {
    "STRING": "2 + strlen({})",
    "BYTES": "2 + octet_length({})",
    "JSON": "2 + strlen(CAST({} AS VARCHAR))",
    "GEOGRAPHY": "16 + 24 * ST_NPoints({})",
}
# The last change of a table's files, each change of its rows changes them, or of any table if it has none.
CHANGED = f"""
WITH made AS (
  SELECT table_id FROM {{lake}}.ducklake_table
  WHERE end_snapshot IS NULL AND table_name = $2 AND schema_id IN ({SCHEMA})
), files AS (
  SELECT table_id, begin_snapshot, end_snapshot FROM {{lake}}.ducklake_data_file
  UNION ALL SELECT table_id, begin_snapshot, end_snapshot FROM {{lake}}.ducklake_delete_file
  UNION ALL SELECT table_id, max(snapshot_id), 0
    FROM {{lake}}.ducklake_inlined_data_tables, {{lake}}.ducklake_snapshot GROUP BY 1  -- in the catalog
)
SELECT table_id, max(greatest(begin_snapshot, coalesce(end_snapshot, 0)))
FROM made LEFT JOIN files USING (table_id) GROUP BY 1"""
TABLES_CACHED = 1024  # tables

type Bytes = dict[str, int]  # by the id of a partition, which is "" if there are none


@dataclass
class _CachedBytes:
    version: tuple[int, ...]
    columns: dict[str, Bytes] = field(default_factory=dict)


_cache: OrderedDict[Reference, _CachedBytes] = OrderedDict()


def partition_bytes(table: Reference, by: Partitioning, names: Iterable[str]) -> dict[str, Bytes]:
    """Return the bytes of columns by partition."""
    return _cached_bytes(table, by, names)


def total_bytes(table: Reference, names: Iterable[str]) -> int:
    """Return the bytes of columns of a table without partitions."""
    return sum(sum(parts.values()) for parts in _cached_bytes(table, None, names).values())


def _cached_bytes(table: Reference, by: Partitioning | None, names: Iterable[str]) -> dict[str, Bytes]:
    version = _version(table)
    known = _cache.get(table)
    if known is None or known.version != version:
        known = _cache[table] = _CachedBytes(version)
        if len(_cache) > TABLES_CACHED:
            _cache.popitem(last=False)
    wanted = list(names)
    if missing := [name for name in wanted if name not in known.columns]:
        fields = {each.name: each for each in tables.columns(*table)}
        present = [fields[name] for name in missing if name in fields]
        with database.cursor() as cursor:
            counted = count(cursor, tables.name(*table), by, present)
        # Only now: another thread may look for the same columns while they are counted.
        known.columns |= {name: counted.get(name, {}) for name in missing}
    return {name: known.columns[name] for name in wanted}


def count(
    cursor: duckdb.DuckDBPyConnection, name: str, by: Partitioning | None, fields: Sequence[Field]
) -> dict[str, Bytes]:
    """Return the bytes of a relation's columns by partition, given its name in DuckDB."""
    id_ = by.id_of(quote(by.column)) if by else "''"
    sizes = "".join(f", coalesce({_total_bytes_sql(field)}, 0)" for field in fields)
    if any(field.type == "GEOGRAPHY" for field in fields):
        name = release(name, cursor.sql(f"SELECT * FROM {name} LIMIT 0"))
    rows = cursor.sql(f"SELECT {id_}{sizes} FROM {name} GROUP BY 1").fetchall()
    return {field.name: {row[0]: int(row[i + 1]) for row in rows} for i, field in enumerate(fields)}


def _version(table: Reference) -> tuple[int, ...]:
    if not is_lake(table[0]):
        return ()
    [found] = database.fetch(CHANGED.format(lake=lake(table[0])), [table[1], table[2]]) or [(0, 0)]
    return tuple(number or 0 for number in found)


def _total_bytes_sql(field: Field) -> str:
    """Return the SQL of a column's bytes in all rows."""
    column = quote(field.name)
    if field.mode != "REPEATED" and field.type in FIXED:
        return f"{FIXED[field.type]} * count({column})"
    return f"sum({_value_bytes_sql(field, column)})"


def _value_bytes_sql(field: Field, sql: str, depth: int = 0) -> str:
    """Return the SQL of the bytes of one value."""
    if field.mode == "REPEATED":
        each = f"e{depth}"
        element = _value_bytes_sql(field.replace(mode="NULLABLE"), each, depth + 1)
        return f"coalesce(list_sum(list_transform({sql}, {each} -> {element})), 0)"
    if field.type in ("RECORD", "STRUCT"):
        return (
            " + ".join(
                _value_bytes_sql(part, f"{sql}.{quote(part.name)}", depth) for part in field.fields or []
            )
            or "0"
        )
    if field.type in FIXED:
        return f"if({sql} IS NULL, 0, {FIXED[field.type]})"
    return f"coalesce({VARIABLE[field.type].format(sql)}, 0)"
