"""Values: their order across types, and access to them by field path."""

import math
import re
from typing import Any

from localcloud.firestore.errors import invalid
from localcloud.firestore.messages import microseconds

type FieldPath = tuple[str, ...]
type OrderKey = tuple[Any, ...]

NAME = "__name__"

NULL, BOOLEAN, NAN, NUMBER, TIMESTAMP, STRING, BYTES, REFERENCE, GEO_POINT, ARRAY, MAP = range(11)

_SEGMENT = re.compile(r"`((?:[^`\\]|\\.)+)`|([^.`]+)")
_PATH = re.compile(rf"(?:{_SEGMENT.pattern})(?:\.(?:{_SEGMENT.pattern}))*")
# Ids that older services assigned; clients use the smallest one as the lower bound of ranges.
_NUMERIC_ID = re.compile(r"__id(-?[0-9]+)__")
_ESCAPED = re.compile(r"\\(.)")


def order_key(value: Any) -> OrderKey:
    """Return a key that sorts and compares values as Firestore does, by type and then by value."""
    kind = value.WhichOneof("value_type")
    return _ORDER_KEYS[kind](getattr(value, kind)) if kind else (NULL,)


def name_key(name: str) -> OrderKey:
    """Return the order key of a document's name, which sorts segment by segment."""
    return REFERENCE, _NUMERIC_ID.sub(_number_first, name).split("/")


def _number_first(numeric_id: re.Match[str]) -> str:
    """Return text that sorts before every non-numeric id, and numerically among numeric ones."""
    return f"\0{int(numeric_id[1]) + 2**63:020}"


def _double_key(number: float) -> OrderKey:
    return (NAN,) if math.isnan(number) else (NUMBER, number)


def _map_key(fields: Any) -> OrderKey:
    return MAP, sorted((name, order_key(value)) for name, value in fields.fields.items())


_ORDER_KEYS: dict[str, Any] = {
    "null_value": lambda _: (NULL,),
    "boolean_value": lambda flag: (BOOLEAN, flag),
    "integer_value": lambda number: (NUMBER, number),
    "double_value": _double_key,
    "timestamp_value": lambda moment: (TIMESTAMP, microseconds(moment)),
    # Python compares strings by code point, which is also the order of their UTF-8 bytes.
    "string_value": lambda text: (STRING, text),
    "bytes_value": lambda data: (BYTES, data),
    "reference_value": name_key,
    "geo_point_value": lambda point: (GEO_POINT, point.latitude, point.longitude),
    "array_value": lambda array: (ARRAY, [order_key(value) for value in array.values]),
    "map_value": _map_key,
}


def parse_field_path(text: str) -> FieldPath:
    """Return the segments of a field path such as a.`b.c`; raise INVALID_ARGUMENT if it is malformed."""
    if not _PATH.fullmatch(text):
        raise invalid(f"{text!r} is not a field path.")
    return tuple(
        _ESCAPED.sub(r"\1", match[1]) if match[1] is not None else match[2]
        for match in _SEGMENT.finditer(text)
    )


def get_value(fields: Any, path: FieldPath) -> Any:
    """Return the value at `path` in a document's fields, or None if there is none."""
    *parents, last = path
    for segment in parents:
        if segment not in fields or not fields[segment].HasField("map_value"):
            return None
        fields = fields[segment].map_value.fields
    return fields.get(last)


def set_value(fields: Any, path: FieldPath, value: Any) -> None:
    """Set the value at `path`, creating maps on the way; None removes it."""
    *parents, last = path
    for segment in parents:
        if value is None and segment not in fields:
            return
        fields[segment].map_value.SetInParent()
        fields = fields[segment].map_value.fields
    if value is None:
        fields.pop(last, None)
    else:
        fields[last].CopyFrom(value)
