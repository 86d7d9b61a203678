"""Types of the engine, and their counterparts in BigQuery's REST API.

A REST field has "name", "type", "mode", "fields"; a parameter's type has "type", "arrayType", "structTypes".
"""

from collections.abc import Mapping
from typing import Any

from zetasql.wasi._pb2.zetasql.public import type_pb2

type Json = Mapping[str, Any]

# The engine's names for types that REST names differently; parameters say FLOAT64 and BOOL.
KINDS = {
    "INTEGER": "INT64",
    "FLOAT": "DOUBLE",
    "BOOLEAN": "BOOL",
    "FLOAT64": "DOUBLE",
    "BIGDECIMAL": "BIGNUMERIC",
}
REST = {"INT64": "INTEGER", "DOUBLE": "FLOAT", "BOOL": "BOOLEAN"}


def scalar(name: str) -> type_pb2.TypeProto:
    """Return the type with a name such as INT64 or INTEGER; raises ValueError for an unknown name."""
    return type_pb2.TypeProto(type_kind=type_pb2.TypeKind.Value(f"TYPE_{KINDS.get(name, name)}"))


def of_field(field: Json) -> type_pb2.TypeProto:
    """Return the engine's type for a REST field, its mode included."""
    if field.get("mode") == "REPEATED":
        return _array(of_field({**field, "mode": "NULLABLE"}))
    if field["type"] in ("RECORD", "STRUCT"):
        return _struct([(part["name"], of_field(part)) for part in field["fields"]])
    if field["type"] == "RANGE":
        return _range(scalar(field["rangeElementType"]["type"]))
    return scalar(field["type"])


def of_parameter(kind: Json) -> type_pb2.TypeProto:
    """Return the engine's type for the type of a REST query parameter."""
    if kind["type"] == "ARRAY":
        return _array(of_parameter(kind["arrayType"]))
    if kind["type"] == "STRUCT":
        return _struct([(part.get("name", ""), of_parameter(part["type"])) for part in kind["structTypes"]])
    if kind["type"] == "RANGE":
        return _range(of_parameter(kind["rangeElementType"]))
    return scalar(kind["type"])


def to_parameter(field: Json) -> dict[str, Any]:
    """Return the REST query parameter type that corresponds to a REST field."""
    if field.get("mode") == "REPEATED":
        return {"type": "ARRAY", "arrayType": to_parameter({**field, "mode": "NULLABLE"})}
    if field["type"] in ("RECORD", "STRUCT"):
        parts = [{"name": part["name"], "type": to_parameter(part)} for part in field["fields"]]
        return {"type": "STRUCT", "structTypes": parts}
    if field["type"] == "RANGE":
        return {"type": "RANGE", "rangeElementType": field["rangeElementType"]}
    return {"type": field["type"]}


def to_field(name: str, kind: type_pb2.TypeProto) -> dict[str, Any]:
    """Return the REST field of a result's column."""
    mode = "REPEATED" if kind.type_kind == type_pb2.TYPE_ARRAY else "NULLABLE"
    element = kind.array_type.element_type if mode == "REPEATED" else kind
    known = type_pb2.TypeKind.Name(element.type_kind).removeprefix("TYPE_")
    field: dict[str, Any] = {"name": name, "type": REST.get(known, known), "mode": mode}
    if known == "STRUCT":
        parts = enumerate(element.struct_type.field, 1)
        members = [to_field(part.field_name or f"_field_{n}", part.field_type) for n, part in parts]
        return field | {"type": "RECORD", "fields": members}
    if known == "RANGE":
        return field | {"rangeElementType": {"type": to_field("", element.range_type.element_type)["type"]}}
    return field


def _array(element: type_pb2.TypeProto) -> type_pb2.TypeProto:
    made = type_pb2.TypeProto(type_kind=type_pb2.TYPE_ARRAY)
    made.array_type.element_type.CopyFrom(element)
    return made


def _range(element: type_pb2.TypeProto) -> type_pb2.TypeProto:
    made = type_pb2.TypeProto(type_kind=type_pb2.TYPE_RANGE)
    made.range_type.element_type.CopyFrom(element)
    return made


def _struct(parts: list[tuple[str, type_pb2.TypeProto]]) -> type_pb2.TypeProto:
    made = type_pb2.TypeProto(type_kind=type_pb2.TYPE_STRUCT)
    for name, kind in parts:
        made.struct_type.field.add(field_name=name).field_type.CopyFrom(kind)
    return made
