"""Calls of functions and operators in an analysed statement: where they stand, and what they consist of.

A call's leaves are the parts that the engine cannot evaluate: columns, aggregates, queries, parameters and
variables.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from zetasql.wasi._pb2.zetasql.public import type_pb2
from zetasql.wasi._pb2.zetasql.resolved_ast.resolved_ast_enums_pb2 import ResolvedFunctionCallBaseEnums

from localcloud.bigquery.googlesql.bignumeric import MEMBER, from_scaled
from localcloud.bigquery.googlesql.reading import unwrap

LEAVES = {
    *("ResolvedColumnRefProto", "ResolvedSubqueryExprProto", "ResolvedParameterProto"),
    *("ResolvedConstantProto", "ResolvedSystemVariableProto", "ResolvedArgumentRefProto"),
}
# Messages that contain no call.
SKIPPED = {
    *("TypeProto", "FunctionRefProto", "FunctionSignatureProto", "ResolvedColumnProto", "ValueWithTypeProto"),
    *("ParseLocationRangeProto", "ResolvedFunctionCallInfoProto", "AnnotationMapProto", "TableRefProto"),
}
# The last keyword before a position tells which clause it is in.
CLAUSE = re.compile(
    rb"(?i)\b(?:SELECT|FROM|WHERE|ON|HAVING|QUALIFY|SET|VALUES|(?:GROUP|ORDER|PARTITION)\s+BY)\b"
)
ITEM_START = re.compile(rb"(?i)(?:[,(]|\b(?:SELECT|DISTINCT))\s*\Z")
ITEM_END = re.compile(rb"\s*[,)]|\s+\w")

# Markers of arrays in FROM: of structs, and of others. A path outside UNNEST brings its name.
FIELDS, ELEMENTS = "_unnested_fields", "_unnested_elements"
TEXT = "_text"  # marks a text that is to be cast
# Macros for implicit casts to and from BIGNUMERIC, by the type that is cast and the result.
COERCIONS = {
    (type_pb2.TYPE_INT64, type_pb2.TYPE_BIGNUMERIC): "_bignumeric",
    (type_pb2.TYPE_NUMERIC, type_pb2.TYPE_BIGNUMERIC): "_bignumeric",
    (type_pb2.TYPE_BIGNUMERIC, type_pb2.TYPE_DOUBLE): "_bignumeric_float",
}
KEY = "_bignumeric_key"  # the macro for a literal, which is given its text
AGGREGATES = {"_bignumeric_sum", "_bignumeric_avg"}
NOT_REPEATED = {KEY, *COERCIONS.values()}  # what replaces a part of an expression, which is not the whole
TIMES = {type_pb2.TYPE_DATE, type_pb2.TYPE_TIMESTAMP, type_pb2.TYPE_DATETIME, type_pb2.TYPE_TIME}
PATH = re.compile(rb"(?i)(?:,|\bFROM|\bJOIN)\s*\Z")

FUNCTION = "ResolvedFunctionCallBaseProto"

type Place = tuple[int, int]


class Evaluation(NamedTuple):
    """How a call is answered: by Google's engine, or by a macro over its arguments.

    A guard is a macro that says, from the arguments, whether the call can stay as it is written.
    """

    macro: str = ""
    guard: str = ""
    is_path: bool = False  # an array in FROM without UNNEST

    @property
    def takes_arguments(self) -> bool:
        """Return whether it has a macro or a guard, which is given the call's arguments."""
        return bool(self.macro or self.guard)


@dataclass(frozen=True)
class Leaf:
    """A part of a call: its place in the statement, and its type."""

    place: Place
    kind: type_pb2.TypeProto


@dataclass(frozen=True)
class Call:
    """A call: its place in the statement, the type of its result, and its parts in order.

    Its leaves are what the engine is given, its arguments what a macro or a guard is given.
    """

    place: Place
    kind: type_pb2.TypeProto
    leaves: Sequence[Leaf]
    arguments: Sequence[Place]
    evaluation: Evaluation
    text: str = ""  # of a literal


@dataclass(frozen=True)
class Signature:
    """A function's name in lower case, the types of its arguments, and whether errors become NULL (SAFE.)."""

    name: str
    arguments: Sequence[type_pb2.TypeProto]
    literals: Sequence[bool]
    is_safe: bool
    result: int


type Choice = Callable[[Signature], Evaluation | None]


def calls(statement: Any, choice: Choice, text: bytes) -> list[Call]:
    """Return the calls of a resolved statement that are chosen, but not those nested in them.

    Their leaves, and the arguments of macros, may contain others. An expression that is selected and also
    grouped or ordered by stands in the text twice, but is one call to the analyser. Markers are among them.
    """
    found = list(_calls(statement, choice))
    places = [call.place for call in found]
    again = [
        _move_call(call, place)
        for call in found
        if call.evaluation.macro not in NOT_REPEATED
        for place in _places(text, text[slice(*call.place)], call.place)
        if not any(start < place[1] and place[0] < end for start, end in places)
    ]
    by_place = {
        (call.place, call.evaluation.macro in NOT_REPEATED): call for call in [*again, *found]
    }  # an expression and its implicit cast have the same place
    whole = [*_marked(statement, text), *by_place.values()]
    return sorted(whole, key=lambda call: (call.place[0], -call.place[1]))


def _marked(node: Any, text: bytes) -> Iterator[Call]:
    """Yield the arrays and texts that the engine would not read as Google does, as calls of a marker."""
    for child in _messages(node):
        yield from _marked(child, text)
    match node.DESCRIPTOR.name:
        case "ResolvedArrayScanProto":
            yield from _arrays(node, text)
        case "ResolvedSetOperationScanProto":
            yield from _coerced_texts(node, text)


def _arrays(scan: Any, text: bytes) -> Iterator[Call]:
    """Yield the arrays in FROM that are of structs, or that a path names."""
    for array in map(unwrap, scan.array_expr_list):
        if (place := _place(array)) is None:
            continue
        is_struct = _kind(array).array_type.element_type.type_kind == type_pb2.TYPE_STRUCT
        is_path = bool(PATH.search(text[: place[0]]))
        if is_struct or is_path:
            evaluation = Evaluation(FIELDS if is_struct else ELEMENTS, is_path=is_path)
            yield Call(place, _kind(array), [], [place], evaluation)


def _coerced_texts(union: Any, text: bytes) -> Iterator[Call]:
    """Yield the texts in a UNION that are dates or times to Google, as the other queries' columns are."""
    for scan in (unwrap(item.scan) for item in union.input_item_list):
        for column in scan.expr_list if scan.DESCRIPTOR.name == "ResolvedProjectScanProto" else ():
            value = unwrap(column.expr)
            place = _place(value) if value.DESCRIPTOR.name == "ResolvedLiteralProto" else None
            if place and _kind(value).type_kind in TIMES and text[place[0] : place[0] + 1] in (b"'", b'"'):
                yield Call(place, _kind(value), [], [], Evaluation(TEXT))


def _places(text: bytes, part: bytes, own: Place) -> Iterator[Place]:
    """Yield where a part occurs again: in a list after BY or, if it is in one itself, in SELECT before."""
    at = text.find(part)
    while at >= 0:
        end = at + len(part)
        if end <= own[0]:
            is_listed = _is_item(text, at, end) and _clause(text, own[0]).endswith(b"BY")
            if is_listed and _clause(text, at) == b"SELECT":
                yield at, end
        elif at >= own[1] and _clause(text, at).endswith(b"BY"):
            yield at, end
        at = text.find(part, end)


def _is_item(text: bytes, start: int, end: int) -> bool:
    """Return whether a part is all of an expression in a list, and not in a text."""
    is_text = text[:start].count(b"'") % 2 or text[:start].count(b'"') % 2
    return not is_text and bool(ITEM_START.search(text[:start]) and ITEM_END.match(text, end))


def _clause(text: bytes, at: int) -> bytes:
    """Return the last keyword before a position, in upper case."""
    keywords: list[bytes] = CLAUSE.findall(text[:at])
    return keywords[-1].upper() if keywords else b""


def _calls(node: Any, choice: Choice) -> Iterator[Call]:
    evaluation = _evaluation(node, choice)
    if evaluation is None or not (call := _call(node, evaluation)):
        yield from _children(node, choice)
        return
    yield call
    if call.evaluation.takes_arguments:
        yield from _children(node, choice)
        return
    for leaf in _leaves(node):
        if leaf.DESCRIPTOR.name == "ResolvedSubqueryExprProto":
            yield from _children(leaf, choice)


def _evaluation(node: Any, choice: Choice) -> Evaluation | None:
    match node.DESCRIPTOR.name:
        case "ResolvedFunctionCallProto":
            return choice(_signature(node))
        case "ResolvedCastProto" if _place(node):
            name = "$cast_format" if node.HasField("format") else "$cast"
            return choice(Signature(name, [_kind(unwrap(node.expr))], [False], False, _kind(node).type_kind))
        case "ResolvedCastProto":
            macro = COERCIONS.get((_kind(unwrap(node.expr)).type_kind, _kind(node).type_kind))
            return Evaluation(macro) if macro else None
        case "ResolvedLiteralProto" if _literal_text(node.value.value):
            return Evaluation(KEY)
        case "ResolvedLiteralProto":
            return choice(Signature("$literal", [_kind(node)], [True], False, _kind(node).type_kind))
        case "ResolvedAggregateFunctionCallProto" | "ResolvedAnalyticFunctionCallProto":
            evaluation = choice(_signature(node))
            return evaluation if evaluation and evaluation.macro in AGGREGATES else None
    return None


def _children(node: Any, choice: Choice) -> Iterator[Call]:
    for child in _messages(node):
        yield from _calls(child, choice)


def _messages(node: Any) -> Iterator[Any]:
    for field, value in node.ListFields():
        if field.message_type is None or field.message_type.name in SKIPPED:
            continue
        yield from value if field.is_repeated else [value]


def _signature(node: Any) -> Signature:
    base = _base(node, FUNCTION)
    arguments = _arguments(node)
    return Signature(
        name=base.function.name.rpartition(":")[2].lower(),
        arguments=[_kind(argument) for argument in arguments],
        literals=[
            _without_casts(argument).DESCRIPTOR.name == "ResolvedLiteralProto" for argument in arguments
        ],
        is_safe=base.error_mode == ResolvedFunctionCallBaseEnums.SAFE_ERROR_MODE,
        result=_kind(node).type_kind,
    )


def _call(node: Any, evaluation: Evaluation) -> Call | None:
    """Return the call, or None if a part of it has no place of its own, such as one from a star."""
    parts = list(_leaves(node))
    place, places = _place(_without_casts(node)), [_place(part) for part in parts]
    if evaluation.macro == KEY:
        return (
            Call(place, _kind(node), [], [], evaluation, _literal_text(node.value.value)) if place else None
        )
    if evaluation.guard and any(_kind(part).type_kind == type_pb2.TYPE_BIGNUMERIC for part in parts):
        evaluation = Evaluation()  # a guard takes values as DuckDB has them
    arguments = _arguments(node) if evaluation.takes_arguments else []
    if place is None or None in places:
        return None
    leaves = [Leaf(at, _kind(part)) for at, part in zip(places, parts, strict=True) if at is not None]
    if any(not place[0] <= leaf.place[0] <= leaf.place[1] <= place[1] for leaf in leaves):
        return None
    argument_places = [_place(_without_casts(each)) for each in arguments]
    given = [at for at in argument_places if at is not None]  # the others are defaults
    return Call(place, _kind(node), sorted(leaves, key=lambda leaf: leaf.place), given, evaluation)


def _literal_text(value: Any) -> str:
    """Return a BIGNUMERIC, or an array of them, as a call of the macro, or an empty text for other values."""
    match value.WhichOneof("value"):
        case "bignumeric_value":
            held = from_scaled(int.from_bytes(value.bignumeric_value, "little", signed=True))
            return f"{KEY}('{held[MEMBER]}')"
        case "array_value":
            elements = [_literal_text(element) for element in value.array_value.element]
            return f"[{', '.join(elements)}]" if elements and all(elements) else ""
    return ""


def _arguments(node: Any) -> list[Any]:
    if node.DESCRIPTOR.name == "ResolvedLiteralProto":
        return []
    if node.DESCRIPTOR.name == "ResolvedCastProto":
        return [unwrap(node.expr)]
    return [unwrap(argument) for argument in _base(node, FUNCTION).argument_list]


def _without_casts(node: Any) -> Any:
    """Return the expression inside implicit casts, which are not in the text."""
    while node.DESCRIPTOR.name == "ResolvedCastProto" and _place(node) is None:
        node = unwrap(node.expr)
    return node


def _leaves(node: Any) -> Iterator[Any]:
    for child in _messages(node):
        if child.DESCRIPTOR.name in LEAVES or _is_row(child) or _is_path(child):
            yield child
        else:
            yield from _leaves(child)


def _is_path(node: Any) -> bool:
    """Return whether a node is a field of a column, which then has the place of the whole path, or none."""
    base = node
    while base.DESCRIPTOR.name == "ResolvedGetStructFieldProto":
        base = unwrap(base.expr)
    is_field = base is not node and base.DESCRIPTOR.name == "ResolvedColumnRefProto"
    return is_field and _place(base) in (None, _place(node))


def _is_row(node: Any) -> bool:
    """Return whether a node is a whole row, a table's name as a value: its columns are not in the text."""
    if node.DESCRIPTOR.name != "ResolvedMakeStructProto" or _place(node) is None:
        return False
    fields = [unwrap(field) for field in node.field_list]
    return all(
        field.DESCRIPTOR.name == "ResolvedColumnRefProto" and _place(field) in (None, _place(node))
        for field in fields
    )


def _move_call(call: Call, place: Place) -> Call:
    by = place[0] - call.place[0]
    leaves = [Leaf((leaf.place[0] + by, leaf.place[1] + by), leaf.kind) for leaf in call.leaves]
    return replace(call, place=place, leaves=leaves, arguments=[(a + by, b + by) for a, b in call.arguments])


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
