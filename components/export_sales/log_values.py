"""Turn a document's fields, JSON in a change log, back into the protobuf Document that they came from.

The extension writes JSON.stringify of what Node's client read. A timestamp is a map of _seconds and
_nanoseconds, a geo point one of _latitude and _longitude, a reference its path. Bytes are left out,
non-finite numbers are null, and integers are doubles: these cannot be restored.
"""

import json
from typing import Any

from google.cloud.firestore_v1.types import Document, Value

from components.export_sales.documents import (
    LARGEST_EXACT_DOUBLE,
    PARQUET_TYPES,
    SALE,
    UnreadableDocumentError,
)

NUMBERS = [field.name for field in SALE.fields if PARQUET_TYPES[field.type] in ("int64", "double")]
TIMESTAMP = {"_seconds", "_nanoseconds"}
PLACE = {"_latitude", "_longitude"}
_Document, _Value = type(Document.pb(Document())), type(Value.pb(Value()))


def read_log(name: str, text: str) -> Any:
    """Return a protobuf Document with a name; raise UnreadableDocumentError if the text is not one."""
    try:
        fields = json.loads(text, parse_constant=_refuse)
        document = _Document(name=name, fields={key: _value(value) for key, value in fields.items()})
    except (ValueError, AttributeError, TypeError, RecursionError) as error:
        raise UnreadableDocumentError(f"the change log holds no valid document: {error}") from None
    return document


def check_numbers(document: Any) -> None:
    """Raise UnreadableDocumentError if a number of the contract cannot be restored from the log."""
    for name in NUMBERS:
        value = document.fields.get(name)
        kind = value and value.WhichOneof("value_type")
        if kind == "null_value":
            raise UnreadableDocumentError(
                f"{name} is null in the change log, which writes non-finite numbers as null too"
            )
        if kind == "integer_value" and abs(value.integer_value) > LARGEST_EXACT_DOUBLE:
            raise UnreadableDocumentError(f"{name} is a whole number too large to be exact in the change log")


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _value(plain: Any) -> Any:
    match plain:
        case None:
            return _Value(null_value=0)
        case bool():
            return _Value(boolean_value=plain)
        case int() if -(2**63) <= plain < 2**63:
            return _Value(integer_value=plain)
        case int() | float():
            return _Value(double_value=plain)
        case str():
            return _Value(string_value=plain)
        case list():
            return _Value(array_value={"values": [_value(each) for each in plain]})
        case _:
            return _map(plain)


def _map(plain: dict[str, Any]) -> Any:
    if plain.keys() == TIMESTAMP:
        return _Value(timestamp_value={"seconds": plain["_seconds"], "nanos": plain["_nanoseconds"]})
    if plain.keys() == PLACE:
        return _Value(geo_point_value={"latitude": plain["_latitude"], "longitude": plain["_longitude"]})
    return _Value(map_value={"fields": {name: _value(value) for name, value in plain.items()}})
