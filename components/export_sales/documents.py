"""Turn a Firestore sales document into a typed row, or say why it is not one."""

import math
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from contracts.contract import load

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TIMESTAMP = pa.timestamp("us", tz="UTC")
SALE = load("sale")
PARQUET_TYPES = {"STRING": pa.string(), "INT64": pa.int64(), "FLOAT64": pa.float64(), "TIMESTAMP": TIMESTAMP}
# The document version that a row holds: what Firestore says of it, and since when it was known.
VERSION_COLUMNS = {
    "document_id": pa.string(),
    "create_time": TIMESTAMP,
    "update_time": TIMESTAMP,
    "known_from": TIMESTAMP,
    "is_deleted": pa.bool_(),
    "unreadable": pa.string(),
    "export_id": pa.string(),
}
SCHEMA = pa.schema({field.name: PARQUET_TYPES[field.type] for field in SALE.fields} | VERSION_COLUMNS)
# What BigQuery's TIMESTAMP holds: the years 1 to 9999, here in microseconds since 1970.
EARLIEST, LATEST = -62_135_596_800_000_000, 253_402_300_799_999_999
LONGEST_SHOWN = 100  # of a value that may be a megabyte long
LARGEST_EXACT_DOUBLE = 2**53  # above it, one double stands for several whole numbers


class UnreadableDocumentError(Exception):
    """A document whose values do not have the types of the contract."""


def shown(text: str) -> str:
    """Return a text of anybody's as a message shows it: on one line, without control characters, not long."""
    return repr(text) if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]!r} …"


def _string(value: Any) -> str:
    if value.WhichOneof("value_type") != "string_value":
        raise ValueError("is not a string")
    return str(value.string_value)


def _integer(value: Any) -> int:
    kind = value.WhichOneof("value_type")
    if kind == "integer_value":
        return int(value.integer_value)
    if kind == "double_value" and value.double_value.is_integer():
        if abs(value.double_value) > LARGEST_EXACT_DOUBLE:
            raise ValueError("is a whole number too large to be exact")
        return int(value.double_value)
    raise ValueError("is not a whole number")


def _number(value: Any) -> float:
    kind = value.WhichOneof("value_type")
    if kind not in ("double_value", "integer_value"):
        raise ValueError("is not a number")
    number = getattr(value, kind)
    if kind == "integer_value" and abs(number) > LARGEST_EXACT_DOUBLE:
        raise ValueError("is a whole number too large to be exact")
    if not math.isfinite(number):
        raise ValueError("is not a finite number")
    return float(number)


def timestamp_to_micros(timestamp: Any) -> int:
    """Return a protobuf Timestamp as microseconds since 1970."""
    return int(timestamp.seconds) * 1_000_000 + int(timestamp.nanos) // 1000


def datetime_to_micros(moment: datetime) -> int:
    """Return a time as microseconds since 1970."""
    passed = moment - EPOCH
    return (passed.days * 86_400 + passed.seconds) * 1_000_000 + passed.microseconds


def _timestamp(value: Any) -> int:
    kind = value.WhichOneof("value_type")
    if kind == "timestamp_value":
        return _within_years_1_to_9999(timestamp_to_micros(value.timestamp_value))
    if kind != "string_value":
        raise ValueError("is neither an ISO-8601 string nor a timestamp")
    try:
        moment = datetime.fromisoformat(value.string_value)
    except ValueError:
        raise ValueError(f"is not ISO-8601: {shown(value.string_value)}") from None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return _within_years_1_to_9999(datetime_to_micros(moment))


def _within_years_1_to_9999(moment: int) -> int:
    if not EARLIEST <= moment <= LATEST:
        raise ValueError("lies outside the years 1 to 9999")
    return moment


_READERS: dict[pa.DataType, Callable[[Any], Any]] = {
    pa.string(): _string,
    pa.int64(): _integer,
    pa.float64(): _number,
    TIMESTAMP: _timestamp,
}
FIELDS = [
    (field.name, _READERS[PARQUET_TYPES[field.type]], field.critical_data_element) for field in SALE.fields
]


def read_document(document: Any) -> list[Any]:
    """Return the values of a protobuf Document in the order of FIELDS, None where a value is absent.

    A timestamp is microseconds since 1970; a string without a time zone is taken as UTC.
    Raises UnreadableDocumentError naming the field.
    """
    fields = document.fields
    row: list[Any] = []
    for name, read, required in FIELDS:
        value = fields.get(name)
        if value is None or value.WhichOneof("value_type") in (None, "null_value"):
            if required:
                raise UnreadableDocumentError(f"{name} is missing")
            row.append(None)
            continue
        try:
            row.append(read(value))
        except ValueError as error:
            raise UnreadableDocumentError(f"{name} {error}") from None
    return row
