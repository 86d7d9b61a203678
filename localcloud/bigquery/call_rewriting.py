"""A statement's text with its calls put to Google's engine, or to a macro.

FORMAT('%t', f) becomes CAST(_google_string('…', f) AS STRING), a DuckDB function of `google_functions`.
"""

import re
from collections.abc import Sequence

from local_bigquery.engine.types import bigquery_type
from local_bigquery.models import TableFieldSchema
from zetasql.wasi._pb2.zetasql.public import type_pb2

from localcloud.bigquery.google_functions import function_name, request_literal
from localcloud.bigquery.googlesql.calls import AGGREGATES, ELEMENTS, FIELDS, TEXT, Call
from localcloud.bigquery.googlesql.types import to_field
from localcloud.bigquery.googlesql.values import UnconvertibleError, arrow_type

type Kind = type_pb2.TypeProto

AGGREGATE = re.compile(rb"SUM|AVG", re.IGNORECASE)
SAFE = re.compile(rb"\ASAFE\s*\.\s*", re.IGNORECASE)


def rewrite_calls(script: str, start: int, text: str, found: Sequence[Call]) -> str:
    """Return the text of the statement that starts at a character of a script, its calls put to the engine.

    The calls' places are byte offsets in the script.
    """
    first = len(script[:start].encode())
    place = first, first + len(text.encode())
    return _rewrite_part(script.encode(), place, [call for call in found if _is_convertible(call)]).decode()


def _is_convertible(call: Call) -> bool:
    if call.evaluation.macro:
        return True
    try:
        for kind in (call.kind, *(leaf.kind for leaf in call.leaves)):
            arrow_type(kind)
    except UnconvertibleError:
        return False
    return function_name(call.kind) is not None


def _rewrite_part(whole: bytes, place: tuple[int, int], found: Sequence[Call]) -> bytes:
    """Return a part of the statement, with the calls that lie in it rewritten."""
    parts, at = [], place[0]
    for call in found:
        if call.place[0] < at or call.place[1] > place[1]:
            continue
        parts += [whole[at : call.place[0]], _rewrite_call(whole, call, found)]
        at = call.place[1]
    return b"".join([*parts, whole[at : place[1]]])


def _rewrite_call(whole: bytes, call: Call, found: Sequence[Call]) -> bytes:
    inner = [other for other in found if other is not call]
    if call.text:
        return _cast_to_type(call.text.encode(), call.kind)
    if call.evaluation.macro in AGGREGATES:
        return _rewrite_aggregate(whole, call, inner)
    arguments = b", ".join(_rewrite_part(whole, place, inner) for place in call.arguments)
    if call.evaluation.macro in (FIELDS, ELEMENTS):
        return _mark_array(arguments, call)
    if call.evaluation.macro == TEXT:
        return _cast_to_type(whole[slice(*call.place)], call.kind)
    if call.evaluation.macro:
        made = f"{call.evaluation.macro}(".encode() + arguments + b")"
        return made if call.kind.type_kind == type_pb2.TYPE_BOOL else _cast_to_type(made, call.kind)
    evaluated = _engine_call(whole, call, [_rewrite_part(whole, leaf.place, inner) for leaf in call.leaves])
    if not call.evaluation.guard or not call.leaves:
        return evaluated
    # What a guard lets through cannot fail.
    as_written = SAFE.sub(b"", _rewrite_part(whole, call.place, inner))
    fits = f"{call.evaluation.guard}(".encode() + arguments + b")"
    return b"IF(" + fits + b", " + as_written + b", " + evaluated + b")"


def _rewrite_aggregate(whole: bytes, call: Call, inner: Sequence[Call]) -> bytes:
    """Return a SUM or AVG of BIGNUMERIC as a sum of integers; Google's engine divides it by their count."""
    name, summed = AGGREGATE.match(whole, *call.place), call.arguments[0]
    if name is None:
        return whole[slice(*call.place)]
    argument = _rewrite_part(whole, summed, inner)
    before = whole[name.end() : summed[0]]
    after = _rewrite_part(whole, (summed[1], call.place[1]), inner)
    total = b"_bignumeric_unscaled(SUM" + before + b"_bignumeric_scaled(" + argument + b")" + after + b")"
    if call.evaluation.macro == "_bignumeric_sum":
        return _cast_to_type(total, call.kind)
    count = b"COUNT" + before + argument + after
    fields = [{"name": "s", "type": "BIGNUMERIC"}, {"name": "n", "type": "INTEGER"}]
    request = request_literal("_r.s / _r.n", fields).encode()
    parts = b", ".join([request, total, count])
    return _cast_to_type(f"{function_name(call.kind)}(".encode() + parts + b")", call.kind)


def _mark_array(array: bytes, call: Call) -> bytes:
    """Return an array in FROM as the marker's argument; one that a path names is called as its last part."""
    marker = call.evaluation.macro.encode()
    if not call.evaluation.is_path:
        return marker + b"(" + array + b")"
    name = array.rpartition(b".")[2].strip(b" \n\t`")
    return b"UNNEST(" + marker + b"(" + array + b", '" + name + b"'))"


def _engine_call(whole: bytes, call: Call, parts: Sequence[bytes]) -> bytes:
    names = _leaf_names([whole[slice(*leaf.place)].decode() for leaf in call.leaves])
    sql = _replace_leaves(whole, call, [f"_r.`{name}`".encode() for name in names]).decode()
    fields = [to_field(name, leaf.kind) for name, leaf in zip(names, call.leaves, strict=True)]
    literal = request_literal(sql, fields).encode()
    arguments = b", ".join([literal, *(parts or [b"0"])])  # DuckDB needs two
    return _cast_to_type(f"{function_name(call.kind)}(".encode() + arguments + b")", call.kind)


def _replace_leaves(whole: bytes, call: Call, parts: Sequence[bytes]) -> bytes:
    """Return a call with the given parts in place of its leaves."""
    pieces, at = [], call.place[0]
    for leaf, part in zip(call.leaves, parts, strict=True):
        pieces += [whole[at : leaf.place[0]], part]
        at = leaf.place[1]
    return b"".join([*pieces, whole[at : call.place[1]]])


def _cast_to_type(made: bytes, kind: Kind) -> bytes:
    """Return an expression cast to its type, which the DuckDB side cannot infer for our functions."""
    result = bigquery_type(TableFieldSchema.model_validate(to_field("v", kind)))
    return b"CAST(" + made + f" AS {result})".encode()


def _leaf_names(leaves: list[str]) -> list[str]:
    """Return a name for each leaf: a column keeps its own, as a struct's field may be named after it."""
    own = [re.fullmatch(r"(?:.*\.\s*)?`?([A-Za-z_]\w*)`?", leaf, re.DOTALL) for leaf in leaves]
    names = [match[1] if match else "" for match in own]
    folded = [name.casefold() for name in names]
    return [name if name and folded.count(name.casefold()) == 1 else f"_{n}" for n, name in enumerate(names)]
