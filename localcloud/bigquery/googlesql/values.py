"""Values of the engine, and their counterparts in pyarrow's lists of Python objects."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal, localcontext
from typing import Any

import pyarrow as pa
from zetasql.wasi._pb2.zetasql.public import type_pb2, value_pb2

from localcloud.bigquery.googlesql.bignumeric import MEMBER, from_scaled, to_scaled

type Kind = type_pb2.TypeProto
type Proto = value_pb2.ValueProto

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
# Bit widths of the parts of a packed time, the smallest first: seconds, minutes, hours, days, months, years.
CLOCK, CALENDAR = (6, 6, 5), (6, 6, 5, 5, 4, 14)
NANOS = 30
MONTHS_SHIFT, MONTHS_MASK, NEGATIVE = 13, 0x7FFFE000, 0x80000000
ARROW = {
    type_pb2.TYPE_BOOL: pa.bool_(),
    type_pb2.TYPE_BYTES: pa.binary(),
    type_pb2.TYPE_DATE: pa.date32(),
    type_pb2.TYPE_DATETIME: pa.timestamp("us"),
    type_pb2.TYPE_DOUBLE: pa.float64(),
    type_pb2.TYPE_INT64: pa.int64(),
    type_pb2.TYPE_INTERVAL: pa.month_day_nano_interval(),
    type_pb2.TYPE_JSON: pa.string(),
    type_pb2.TYPE_NUMERIC: pa.decimal128(38, 9),
    type_pb2.TYPE_BIGNUMERIC: pa.struct([(MEMBER, pa.string())]),
    type_pb2.TYPE_STRING: pa.string(),
    type_pb2.TYPE_TIME: pa.time64("us"),
    type_pb2.TYPE_TIMESTAMP: pa.timestamp("us", tz="UTC"),
}
FIELDS = {
    type_pb2.TYPE_BOOL: "bool_value",
    type_pb2.TYPE_BYTES: "bytes_value",
    type_pb2.TYPE_DOUBLE: "double_value",
    type_pb2.TYPE_INT64: "int64_value",
    type_pb2.TYPE_JSON: "json_value",
    type_pb2.TYPE_STRING: "string_value",
}


# Types whose values DuckDB may have as a wider number.
CASTS: dict[int, Callable[[Any], Any]] = {type_pb2.TYPE_INT64: int, type_pb2.TYPE_DOUBLE: float}


def _unchanged(value: Any) -> Any:
    return value


class UnconvertibleError(Exception):
    """A value that cannot be converted: of a type that only one side has, or too long."""


def arrow_type(kind: Kind) -> pa.DataType:
    """Return pyarrow's type; raises UnconvertibleError if there is none."""
    match kind.type_kind:
        case type_pb2.TYPE_ARRAY:
            return pa.list_(arrow_type(kind.array_type.element_type))
        case type_pb2.TYPE_STRUCT:
            return pa.struct([pa.field(*part) for part in _parts(kind)])
        case known if known in ARROW:
            return ARROW[known]
    raise UnconvertibleError(type_pb2.TypeKind.Name(kind.type_kind))


def _parts(kind: Kind) -> list[tuple[str, pa.DataType]]:
    """Return a struct's fields; unnamed ones get the names that the local BigQuery gives them."""
    fields = kind.struct_type.field
    names = [field.field_name or f"_field_{n}" for n, field in enumerate(fields, 1)]
    return [(name, arrow_type(field.field_type)) for name, field in zip(names, fields, strict=True)]


def to_python(cell: Proto, kind: Kind) -> Any:
    """Return a value of the engine as pyarrow takes it; raises UnconvertibleError."""
    which = cell.WhichOneof("value")
    held: Any = getattr(cell, which) if which else None
    match which:
        case "array_value":
            return [to_python(element, kind.array_type.element_type) for element in held.element]
        case "struct_value":
            parts = zip(_parts(kind), held.field, kind.struct_type.field, strict=True)
            return {name: to_python(part, of.field_type) for (name, _), part, of in parts}
        case "date_value":
            return (EPOCH + dt.timedelta(days=held)).date()
        case "timestamp_value":
            return EPOCH + dt.timedelta(seconds=held.seconds, microseconds=held.nanos // 1000)
        case "datetime_value":
            year, month, day, hour, minute, second = _unpack(held.bit_field_datetime_seconds, CALENDAR)
            return dt.datetime(year, month, day, hour, minute, second, held.nanos // 1000)  # noqa: DTZ001 -- has no zone
        case "time_value":
            hour, minute, second = _unpack(held >> NANOS, CLOCK)
            return dt.time(hour, minute, second, (held & (1 << NANOS) - 1) // 1000)
        case "numeric_value":
            return Decimal(f"{int.from_bytes(held, 'little', signed=True)}E-9")
        case "bignumeric_value":
            return from_scaled(int.from_bytes(held, "little", signed=True))
        case "interval_value":
            return _interval(held)
    return held


def _unpack(packed: int, widths: tuple[int, ...]) -> list[int]:
    parts = []
    for width in widths:
        parts.append(packed & (1 << width) - 1)
        packed >>= width
    return parts[::-1]


def _pack(parts: list[int], widths: tuple[int, ...]) -> int:
    packed = 0
    for part, width in zip(parts, widths[::-1], strict=True):
        packed = packed << width | part
    return packed


def _interval(held: bytes) -> pa.MonthDayNano:
    micros, days = (int.from_bytes(part, "little", signed=True) for part in (held[:8], held[8:12]))
    packed = int.from_bytes(held[12:], "little")
    months = (packed & MONTHS_MASK) >> MONTHS_SHIFT
    return pa.MonthDayNano([-months if packed & NEGATIVE else months, days, micros * 1000])


def to_proto(value: Any, kind: Kind, made: Proto | None = None) -> Proto:
    """Return a value of pyarrow as the engine has it, put into `made` if given; raises UnconvertibleError."""
    made = value_pb2.ValueProto() if made is None else made
    if value is None:
        return made
    match kind.type_kind:
        case type_pb2.TYPE_ARRAY:
            made.array_value.SetInParent()
            for element in value:
                to_proto(element, kind.array_type.element_type, made.array_value.element.add())
        case type_pb2.TYPE_STRUCT:
            made.struct_value.SetInParent()
            fields = kind.struct_type.field
            if len(value) > len(fields):  # a whole row, of which Google does not count pseudo-columns
                value = {field.field_name: value[field.field_name] for field in fields}
            for part, field in zip(value.values(), fields, strict=True):
                to_proto(part, field.field_type, made.struct_value.field.add())
        case known if known in FIELDS:
            setattr(made, FIELDS[known], CASTS.get(known, _unchanged)(value))
        case _:
            _set_value(value, kind, made)
    return made


def _set_value(value: Any, kind: Kind, made: Proto) -> None:
    match kind.type_kind:
        case type_pb2.TYPE_DATE:
            made.date_value = (value - EPOCH.date()).days
        case type_pb2.TYPE_TIMESTAMP:
            since = value - EPOCH
            made.timestamp_value.seconds = since.days * 86400 + since.seconds
            made.timestamp_value.nanos = since.microseconds * 1000
        case type_pb2.TYPE_DATETIME:
            parts = [value.year, value.month, value.day, value.hour, value.minute, value.second]
            made.datetime_value.bit_field_datetime_seconds = _pack(parts, CALENDAR)
            made.datetime_value.nanos = value.microsecond * 1000
        case type_pb2.TYPE_TIME:
            clock = _pack([value.hour, value.minute, value.second], CLOCK)
            made.time_value = clock << NANOS | value.microsecond * 1000
        case type_pb2.TYPE_NUMERIC:
            with localcontext(prec=100):
                made.numeric_value = _bytes(int(value.scaleb(9)))
        case type_pb2.TYPE_BIGNUMERIC:
            made.bignumeric_value = _bytes(to_scaled(value))
        case type_pb2.TYPE_INTERVAL:
            made.interval_value = _interval_bytes(value)
        case other:
            raise UnconvertibleError(type_pb2.TypeKind.Name(other))


def _bytes(unscaled: int) -> bytes:
    return unscaled.to_bytes(unscaled.bit_length() // 8 + 1, "little", signed=True)


def _interval_bytes(value: pa.MonthDayNano) -> bytes:
    months, days, nanos = value
    packed = abs(months) << MONTHS_SHIFT | (NEGATIVE if months < 0 else 0)
    return b"".join(
        (
            (nanos // 1000).to_bytes(8, "little", signed=True),
            days.to_bytes(4, "little", signed=True),
            packed.to_bytes(4, "little"),
        )
    )
