"""Appended rows must match the table's columns: a type or mode that differs is refused, or relaxed."""

from collections.abc import Callable, Iterable
from typing import Any

import duckdb
from local_bigquery.catalog import names, tables
from local_bigquery.engine import database, types
from local_bigquery.engine.database import quote
from local_bigquery.errors import BigQueryError, not_implemented
from local_bigquery.grpc import read
from local_bigquery.models import Table
from local_bigquery.models import TableFieldSchema as Field

from localcloud.bigquery.partitions import Reference

PICOSECOND = "12"  # digits after the decimal point of a second
RELAXATION = "ALLOW_FIELD_RELAXATION"
DECIMALS = {"NUMERIC", "BIGNUMERIC"}  # which differ only in digits here


def check_schemas() -> None:
    """Patch the engine to check appended columns. Call once per process."""
    tables.evolve = _wrap_evolve(tables.evolve)
    tables.update = _wrap_update(tables.update)
    names.fields = _wrap_fields(names.fields)
    read._column = _wrap_column(read._column)


def _wrap_fields(check: Callable[[list[Field]], None]) -> Callable[[list[Field]], None]:
    def check_fields(fields: list[Field]) -> None:
        for field in fields:
            if field.timestampPrecision == PICOSECOND:
                raise not_implemented(f"TIMESTAMP with picosecond precision (column {field.name})")
        check(fields)

    return check_fields


def _wrap_update(update: Callable[..., Table]) -> Callable[..., Table]:
    """Treat an empty list of policy tags as none, as it is sent to remove them."""

    def update_untagged(project: str, dataset: str, table: str, body: Table, *rest: Any) -> Table:
        if fields := tables.fields(body):
            body = body.replace(schema={"fields": [_remove_empty_tags(field) for field in fields]})
        return update(project, dataset, table, body, *rest)

    return update_untagged


def _remove_empty_tags(field: Field) -> dict[str, Any]:
    given: dict[str, Any] = field.dump()
    if not (given.get("policyTags") or {}).get("names"):
        given.pop("policyTags", None)
    return given


def _wrap_column(column: Callable[..., str]) -> Callable[..., str]:
    """Make the Storage API name the ends of a range as BigQuery does."""

    def column_or_range(name: str, kind: Any, data_format: Any) -> str:
        if data_format == read.AVRO or types.field(name, kind).type != "RANGE":
            return column(name, kind, data_format)
        first, last = (f"{quote(name)}.{end}" for end in types.RANGE_FIELDS)
        ends = f'struct_pack(start := {first}, "end" := {last})'
        return f"CASE WHEN {quote(name)} IS NOT NULL THEN {ends} END AS {quote(name)}"

    return column_or_range


def _wrap_evolve(evolve: Callable[..., None]) -> Callable[..., None]:
    def check_and_evolve(
        cursor: duckdb.DuckDBPyConnection,
        reference: Reference,
        relation: duckdb.DuckDBPyRelation,
        options: list[str] | None,
        prefix: str,
    ) -> None:
        given = list(map(types.field, relation.columns, relation.types))
        known = {field.name.casefold(): field for field in tables.columns(*reference)}
        for field in given:
            if (stored := known.get(field.name.casefold())) and (message := _describe_change(stored, field)):
                raise BigQueryError("invalid", f"{prefix}{message}")
        evolve(cursor, reference, relation, options, prefix)

    return check_and_evolve


def relax(reference: Reference, fields: Iterable[Field], options: list[str] | None, prefix: str) -> None:
    """Make the columns that a job's schema relaxes nullable; raises BigQueryError if it may not do so."""
    required = {field.name.casefold() for field in tables.columns(*reference) if field.mode == "REQUIRED"}
    relaxed = [
        field.name for field in fields if field.mode != "REQUIRED" and field.name.casefold() in required
    ]
    if relaxed and RELAXATION not in (options or []):
        message = f"Field {relaxed[0]} has changed mode from REQUIRED to NULLABLE"
        raise BigQueryError("invalid", f"{prefix}{message}")
    for name in relaxed:
        alter = f"ALTER TABLE {tables.name(*reference)} ALTER COLUMN {quote(name)}"
        database.execute(f"{alter} DROP NOT NULL")


def _describe_change(stored: Field, given: Field, path: str = "") -> str | None:
    """Return what BigQuery says of a column that differs from the stored type or mode, or None."""
    name = path + stored.name
    if (stored.mode == "REPEATED") != (given.mode == "REPEATED"):
        return f"Field {name} has changed mode from {stored.mode} to {given.mode}"
    if stored.type != given.type and not {stored.type, given.type} <= DECIMALS:
        return f"Field {name} has changed type from {stored.type} to {given.type}"
    known: dict[str, Any] = {field.name.casefold(): field for field in stored.fields or []}
    for field in given.fields or []:
        inner = known.get(field.name.casefold())
        if inner and (message := _describe_change(inner, field, f"{name}.")):
            return message
    return None
