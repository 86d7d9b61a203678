"""Field transforms: what the server computes from a field's current value, in the order given."""

from collections.abc import Callable
from typing import Any

from localcloud.firestore.messages import Value, timestamp
from localcloud.firestore.values import get_value, order_key, parse_field_path, set_value

SMALLEST, LARGEST = -(2**63), 2**63 - 1


def apply_transform(fields: Any, transform: Any, time: int) -> Any:
    """Apply one transform to `fields` at `time` (microseconds) and return its result as a Value."""
    path = parse_field_path(transform.field_path)
    kind = transform.WhichOneof("transform_type")
    if kind == "set_to_server_value":
        result = stored = Value(timestamp_value=timestamp(time))
    elif kind in _ARRAYS:
        stored = _ARRAYS[kind](get_value(fields, path), getattr(transform, kind).values)
        result = Value(null_value=0)
    else:
        result = stored = _number(kind, get_value(fields, path), getattr(transform, kind))
    set_value(fields, path, stored)
    return result


def _number(kind: str, stored: Any, operand: Any) -> Any:
    """Return the increment, maximum or minimum; a missing or non-numeric value becomes the operand."""
    if stored is None or _as_number(stored) is None:
        return operand
    left, right = _as_number(stored), _as_number(operand)
    if kind == "increment":
        return _number_value(left + right)
    if order_key(stored) == order_key(operand):
        return Value.FromString(stored.SerializeToString())
    larger = order_key(operand) > order_key(stored)
    chosen = operand if larger == (kind == "maximum") else stored
    return Value.FromString(chosen.SerializeToString())


def _as_number(value: Any) -> Any:
    kind = value.WhichOneof("value_type")
    return getattr(value, kind) if kind in ("integer_value", "double_value") else None


def _number_value(number: float) -> Any:
    if isinstance(number, int):
        return Value(integer_value=max(SMALLEST, min(LARGEST, number)))
    return Value(double_value=number)


def _append_missing(stored: Any, elements: Any) -> Any:
    result = _array(stored)
    present = [order_key(element) for element in result.array_value.values]
    for element in elements:
        if order_key(element) not in present:
            present.append(order_key(element))
            result.array_value.values.append(element)
    return result


def _remove_all(stored: Any, elements: Any) -> Any:
    removed = [order_key(element) for element in elements]
    result = Value(array_value={})
    kept = [element for element in _array(stored).array_value.values if order_key(element) not in removed]
    result.array_value.values.extend(kept)
    return result


def _array(stored: Any) -> Any:
    """Return a copy of the stored array, or an empty one if something else or nothing is stored."""
    result = Value(array_value={})
    if stored is not None and stored.HasField("array_value"):
        result.CopyFrom(stored)
    return result


_ARRAYS: dict[str, Callable[[Any, Any], Any]] = {
    "append_missing_elements": _append_missing,
    "remove_all_from_array": _remove_all,
}
