"""A Firestore document's values as JSON, for every type that Firestore has."""

import base64
import json
import math
from collections.abc import Callable
from typing import Any

IN_DATABASE = "/documents/"


def as_json(document: Any) -> str:
    """Return the fields of a protobuf Document as a JSON object.

    A timestamp is ISO 8601 in UTC, integers are exact, bytes are Base64, a reference is the path in its
    database, such as users/u1, and a geo point has latitude and longitude. A non-finite number is a string.
    """
    return json.dumps(_map(document.fields), ensure_ascii=False)


def plain(value: Any) -> Any:
    """Return a protobuf Value as a JSON value."""
    kind = value.WhichOneof("value_type")
    return None if kind is None else _PLAIN[kind](getattr(value, kind))


def _map(fields: Any) -> dict[str, Any]:
    return {name: plain(value) for name, value in fields.items()}


def _double(number: float) -> float | str:
    return number if math.isfinite(number) else str(number)


def _reference(path: str) -> str:
    return path.partition(IN_DATABASE)[2] or path


_PLAIN: dict[str, Callable[[Any], Any]] = {
    "null_value": lambda _: None,
    "boolean_value": bool,
    "integer_value": int,
    "double_value": _double,
    "timestamp_value": lambda moment: moment.ToJsonString(),
    "string_value": str,
    "bytes_value": lambda data: base64.b64encode(data).decode(),
    "reference_value": _reference,
    "geo_point_value": lambda point: {"latitude": point.latitude, "longitude": point.longitude},
    "array_value": lambda array: [plain(value) for value in array.values],
    "map_value": lambda fields: _map(fields.fields),
}
