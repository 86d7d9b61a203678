"""STRING(3), BYTES(3), BIGNUMERIC(5, 3): values that are too long are refused after the write.

The write is then rolled back. DuckLake has no constraints, so tables with such columns are checked within the
transaction that wrote them; temporary tables, which are DuckDB's own, get constraints.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import duckdb
import sqlglot
from local_bigquery.catalog import ddl, metadata, tables
from local_bigquery.engine.database import quote
from local_bigquery.errors import BigQueryError
from local_bigquery.jobs.storage import literal
from local_bigquery.models import Table
from local_bigquery.models import TableFieldSchema as Field
from sqlglot import exp

from localcloud.bigquery.partitions import Reference
from localcloud.bigquery.values import too_long_message

Type = exp.DataType.Type
KINDS = {Type.TEXT: "STRING", Type.BINARY: "BYTES", Type.BIGDECIMAL: "BIGNUMERIC"}
LENGTH_ERROR = re.compile(r"Field [^']* but got a value with length over \d+")
WHOLE = "has a maximum number of digits before the point of"
PLACES = "is not rounded here and has a maximum number of digits after the point of"
MEASURES = {"STRING": "length({})", "BYTES": "octet_length({})"}


class Limit(NamedTuple):
    """A column, the most characters or bytes its values may have, and the SQL of a row's greatest length."""

    name: str
    kind: str
    most: int
    longest: str

    def message(self, length: object) -> str:
        """Return what is said of a value of a greater length."""
        if self.kind in MEASURES:
            return too_long_message(self.name, self.kind, self.most, length)
        return f"Field {self.name}: {self.kind} {self.most} but got a value with length {length}"


def record_nested_lengths() -> None:
    """Patch the engine to record the lengths of struct members and array elements, not only of columns."""
    ddl._parameters = _wrap_parameters(ddl._parameters)


def _wrap_parameters(read: Callable[[exp.DataType | None], dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def read_nested(kind: exp.DataType | None) -> dict[str, Any]:
        if kind is None or kind.this not in (Type.ARRAY, Type.STRUCT):
            given = read(kind)
            name = KINDS.get(kind.this) if kind and given else None
            return given | ({"type": name} if name else {})
        if kind.this == Type.ARRAY:
            return read_nested(kind.expressions[0]) if kind.expressions else {}
        members = [
            {"name": member.name, **lengths}
            for member in kind.expressions
            if isinstance(member, exp.ColumnDef) and (lengths := read_nested(member.args.get("kind")))
        ]
        return {"type": "RECORD", "fields": members} if members else {}

    return read_nested


def declared_lengths(schema: exp.Expr) -> Iterator[Field]:
    """Yield the columns of CREATE TABLE that have a length, or a member that has one."""
    for column in schema.expressions if isinstance(schema, exp.Schema) else []:
        kind = column.args.get("kind")
        if lengths := ddl._parameters(kind):
            mode = "REPEATED" if kind.this == Type.ARRAY else "NULLABLE"
            yield Field.model_validate({"name": column.name, "mode": mode, **lengths})


def limits(reference: Reference) -> list[Limit]:
    """Return the limits of a table's columns, which are stored in its metadata."""
    lengths = tables.fields(metadata.load(Table, *reference) or Table())
    return field_limits(tables.fields(tables.load(*reference))) if field_limits(lengths) else []


def field_limits(fields: Sequence[Field]) -> list[Limit]:
    """Return the limits that columns declare, those of their members included."""
    return list(_limits(fields))


def check(rows: duckdb.DuckDBPyRelation, limits: Sequence[Limit], reason: str = "invalidQuery") -> None:
    """Raise BigQueryError for a value over its limit, in those of the columns that the rows have."""
    columns = set(map(str.casefold, rows.columns))
    limits = [limit for limit in limits if limit.name.partition(".")[0].casefold() in columns]
    if not limits:
        return
    [found] = rows.aggregate(", ".join(f"max({limit.longest})" for limit in limits)).fetchall()
    for limit, length in zip(limits, found, strict=True):
        if length is not None and length > limit.most:
            raise BigQueryError("notImplemented" if PLACES in limit.kind else reason, limit.message(length))


def constraint(limit: Limit) -> exp.Expr:
    """Return the constraint that enforces a limit in a temporary table."""
    message = literal(limit.message(f"over {limit.most}"))
    sql = f"CASE WHEN {limit.longest} > {limit.most} THEN {message} IS NULL ELSE true END"
    return exp.CheckColumnConstraint(this=sqlglot.parse_one(sql, dialect="duckdb"))


def constraint_error(error: duckdb.ConstraintException) -> BigQueryError | None:
    """Return the error of the length constraint that a statement broke, or None for another constraint."""
    message = LENGTH_ERROR.search(str(error))
    return BigQueryError("invalidQuery", message[0]) if message else None


def _limits(fields: Sequence[Field], path: str = "", sql: str = "") -> Iterator[Limit]:
    for field in fields:
        column = f"{sql}{quote(field.name)}"
        if field.mode == "REPEATED":
            for limit in _limits_of(field, f"{path}{field.name}", each := f"e{path.count('.')}"):
                longest = f"list_max(list_transform({column}, {each} -> {limit.longest}))"
                yield limit._replace(longest=longest)
        else:
            yield from _limits_of(field, f"{path}{field.name}", column)


def _limits_of(field: Field, name: str, sql: str) -> Iterator[Limit]:
    kind = field.type or ""
    if field.fields:
        yield from _limits(field.fields, f"{name}.", f"{sql}.")
    elif kind in MEASURES and field.maxLength:
        yield Limit(name, kind, int(field.maxLength), MEASURES[kind].format(sql))
    elif kind == "BIGNUMERIC" and field.precision:
        scale, declared = int(field.scale or 0), f"{kind}({field.precision}, {field.scale or 0})"
        whole = f"bq.main._bignumeric_whole({sql})"
        yield Limit(name, f"{declared} {WHOLE}", int(field.precision) - scale, whole)
        yield Limit(name, f"{declared} {PLACES}", scale, f"bq.main._bignumeric_places({sql})")
