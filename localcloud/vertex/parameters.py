"""Check a job's runtime parameters against the inputs that its pipeline declares."""

from collections.abc import Callable, Mapping
from typing import Any

from google.api_core import exceptions

type Json = dict[str, Any]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_integer(value: Any) -> bool:
    return _is_number(value) and float(value).is_integer()


_TYPES: dict[str, Callable[[Any], bool]] = {
    "STRING": lambda value: isinstance(value, str),
    "NUMBER_INTEGER": _is_integer,
    "NUMBER_DOUBLE": _is_number,
    "BOOLEAN": lambda value: isinstance(value, bool),
    "LIST": lambda value: isinstance(value, list),
    "STRUCT": lambda value: isinstance(value, dict),
}


def checked_parameters(spec: Json, given: Mapping[str, Any]) -> Json:
    """Return the parameters with integers as ints, which the message carries as floats.

    Raises InvalidArgument that names each parameter that is unknown, missing or of the wrong type.
    """
    declared: Json = spec.get("root", {}).get("inputDefinitions", {}).get("parameters", {})
    problems = [
        f"parameter {name!r} is not one of the pipeline's" for name in sorted(given.keys() - declared.keys())
    ]
    for name, definition in declared.items():
        kind = definition["parameterType"]
        if name not in given:
            if "defaultValue" not in definition and not definition.get("isOptional"):
                problems.append(f"parameter {name!r} is missing: the pipeline requires it, a {kind}")
        elif kind in _TYPES and not _TYPES[kind](given[name]):
            problems.append(f"parameter {name!r} must be a {kind}, not {given[name]!r}")
    if problems:
        raise exceptions.InvalidArgument("; ".join(problems))
    return {
        name: int(value) if declared[name]["parameterType"] == "NUMBER_INTEGER" else value
        for name, value in given.items()
    }
