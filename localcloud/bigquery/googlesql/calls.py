"""Calls of functions in an analysed statement: where they stand, and what they are made of.

A call's leaves are what its engine cannot know: columns, aggregates, queries, parameters and variables.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from zetasql.wasi._pb2.zetasql.public import type_pb2

LEAVES = {
    *("ResolvedColumnRefProto", "ResolvedSubqueryExprProto", "ResolvedParameterProto"),
    *("ResolvedConstantProto", "ResolvedSystemVariableProto", "ResolvedArgumentRefProto"),
}
CALL = "ResolvedFunctionCallProto"

type Place = tuple[int, int]


@dataclass(frozen=True)
class Leaf:
    """A part of a call, by its place in the statement, and its type."""

    place: Place
    kind: type_pb2.TypeProto


@dataclass(frozen=True)
class Call:
    """A call by its place in the statement, with its result's type and its leaves in their order."""

    place: Place
    kind: type_pb2.TypeProto
    leaves: Sequence[Leaf]


@dataclass(frozen=True)
class Signature:
    """A function's name in lower case, the types of its arguments, and whether errors are NULL (SAFE.)."""

    name: str
    arguments: Sequence[type_pb2.TypeProto]
    is_safe: bool


def calls(statement: Any, wanted: Callable[[Signature], bool], text: bytes) -> list[Call]:
    """Return the outermost wanted calls of a resolved statement, with those within their leaves.

    What is selected and grouped by stands in the text twice, and is one call to the analyser.
    """
    found = [call for call in map(_call, _nodes(statement, wanted)) if call]
    places = [call.place for call in found]
    again = [
        _moved(call, place)
        for call in found
        for place in _places(text, text[slice(*call.place)])
        if not any(start < place[1] and place[0] < end for start, end in places)
    ]
    return sorted({call.place: call for call in [*found, *again]}.values(), key=lambda call: call.place)


def _places(text: bytes, part: bytes) -> Iterator[Place]:
    at = text.find(part)
    while at >= 0:
        yield at, at + len(part)
        at = text.find(part, at + len(part))


def _nodes(node: Any, wanted: Callable[[Signature], bool]) -> Iterator[Any]:
    """Yield wanted calls, but not those within them outside their leaves."""
    if node.DESCRIPTOR.name == CALL and wanted(_signature(node)):
        yield node
        for leaf in _leaves(node):
            if leaf.DESCRIPTOR.name == "ResolvedSubqueryExprProto":
                yield from _children(leaf, wanted)
        return
    yield from _children(node, wanted)


def _children(node: Any, wanted: Callable[[Signature], bool]) -> Iterator[Any]:
    for child in _messages(node):
        yield from _nodes(child, wanted)


def _messages(node: Any) -> Iterator[Any]:
    for field, value in node.ListFields():
        if field.message_type is None or field.message_type.name in SKIPPED:
            continue
        yield from value if field.is_repeated else [value]


SKIPPED = {
    *("TypeProto", "FunctionRefProto", "FunctionSignatureProto", "ResolvedColumnProto", "ValueWithTypeProto"),
    *("ParseLocationRangeProto", "ResolvedFunctionCallInfoProto", "AnnotationMapProto", "TableRefProto"),
}


def _signature(node: Any) -> Signature:
    base = node.parent
    kinds = [_kind(_inner(argument)) for argument in base.argument_list]
    name = base.function.name.rpartition(":")[2].lower()
    return Signature(name, kinds, base.error_mode == 1)


def _call(node: Any) -> Call | None:
    """Return the call, or None where a part of it has no place of its own, such as that of a star."""
    place, leaves = _place(node), list(_leaves(node))
    places = [_place(leaf) for leaf in leaves]
    if place is None:
        return None
    told = [Leaf(at, _kind(leaf)) for at, leaf in zip(places, leaves, strict=True) if at is not None]
    if len(told) < len(leaves) or any(not place[0] <= leaf.place[0] < place[1] for leaf in told):
        return None
    return Call(place, _kind(node), sorted(told, key=lambda leaf: leaf.place))


def _leaves(node: Any) -> Iterator[Any]:
    for child in _messages(node):
        if child.DESCRIPTOR.name in LEAVES:
            yield child
        else:
            yield from _leaves(child)


def _moved(call: Call, place: Place) -> Call:
    by = place[0] - call.place[0]
    leaves = [Leaf((leaf.place[0] + by, leaf.place[1] + by), leaf.kind) for leaf in call.leaves]
    return Call(place, call.kind, leaves)


def _place(node: Any) -> Place | None:
    base = _base(node, "ResolvedNodeProto")
    if not base.HasField("parse_location_range"):
        return None
    return base.parse_location_range.start, base.parse_location_range.end


def _kind(node: Any) -> type_pb2.TypeProto:
    kind: type_pb2.TypeProto = _base(node, "ResolvedExprProto").type
    return kind


def _base(node: Any, name: str) -> Any:
    while node.DESCRIPTOR.name != name:
        node = node.parent
    return node


def _inner(node: Any) -> Any:
    while node.DESCRIPTOR.name.startswith("Any"):
        node = getattr(node, node.WhichOneof("node"))
    return node
