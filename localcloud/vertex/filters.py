"""The filters and orders of listings: the part of AIP-160 that Vertex AI documents."""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from google.api_core import exceptions
from google.protobuf import timestamp_pb2

from localcloud.rest import raw

type Test = Callable[[Any], bool]

_COMPARISON = re.compile(r"""\s*([\w.-]+)\s*(!=|<=|>=|=|<|>|:)\s*("[^"]*"|'[^']*'|[^\s()"']+)\s*""")
_CONNECTIVE = re.compile(r"(AND|OR)\b")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


@dataclass(frozen=True)
class Fields:
    """The fields to filter a kind of resource by, besides labels: times, and texts with their getters."""

    times: tuple[str, ...]
    texts: Mapping[str, Callable[[Any], str]]
    order: str = "create_time desc"


JOBS = Fields(
    ("create_time", "start_time", "end_time", "update_time"),
    {
        "state": lambda job: job.state.name,
        "display_name": lambda job: str(job.display_name),
        "pipeline_name": lambda job: raw(job).pipeline_spec["pipelineInfo"]["name"],
        "pipeline_job_user_id": lambda job: job.name.rpartition("/")[2],
    },
)


def compile_filter(fields: Fields, expression: str) -> Test:
    """Return a test whether a resource matches a filter; raise InvalidArgument if it cannot be parsed.

    Comparisons are joined by AND and OR; OR binds more tightly, as in AIP-160.
    """
    groups: list[list[Test]] = [[]]
    place, connective = 0, "AND" if expression.strip() else ""
    while connective:
        if connective == "AND" and groups[-1]:
            groups.append([])
        if not (found := _COMPARISON.match(expression, place)):
            raise _invalid(fields, expression, expression[place:])
        groups[-1].append(_comparison(fields, expression, *found.groups()))
        following = _CONNECTIVE.match(expression, found.end())
        connective, place = (following[1], following.end()) if following else ("", found.end())
    if expression[place:].strip():
        raise _invalid(fields, expression, expression[place:])
    return lambda one: all(any(test(one) for test in group) for group in groups if group)


def sort_resources[Resource](fields: Fields, found: list[Resource], order_by: str) -> list[Resource]:
    """Return the resources in the order of "FIELD [desc], …", fields being times; newest first by default."""
    keys = [key.split() or [""] for key in (order_by or fields.order).split(",")]
    for field, *direction in reversed(keys):
        if field not in fields.times or direction not in ([], ["asc"], ["desc"]):
            may = ", ".join(fields.times)
            raise exceptions.InvalidArgument(f"order_by {order_by!r}: use any of {may}, optionally with desc")
        found = sorted(found, key=lambda one: _time(one, field), reverse=direction == ["desc"])
    return found


def _comparison(fields: Fields, expression: str, field: str, sign: str, value: str) -> Test:
    wanted = value[1:-1] if value[0] in "\"'" else value
    if field in fields.times and sign in _COMPARE:
        moment = _nanoseconds(fields, expression, wanted)
        return lambda one: _COMPARE[sign](_time(one, field), moment)
    if sign in ("=", "!=", ":") and field in fields.texts:
        return _text_test(fields.texts[field], sign, wanted)
    if sign in ("=", "!=", ":") and field.startswith("labels."):
        return _text_test(lambda one: one.labels.get(field.removeprefix("labels."), ""), sign, wanted)
    raise _invalid(fields, expression, f"{field}{sign}{value}")


def _text_test(read: Callable[[Any], str], sign: str, wanted: str) -> Test:
    if sign == ":":
        parts = map(re.escape, wanted.split("*"))
        pattern = re.compile(".+" if wanted == "*" else ".*".join(parts), re.DOTALL)
        return lambda one: pattern.fullmatch(read(one)) is not None
    return lambda one: _COMPARE[sign](read(one), wanted)


def _nanoseconds(fields: Fields, expression: str, text: str) -> int:
    moment = timestamp_pb2.Timestamp()
    try:
        moment.FromJsonString(text)
    except ValueError as error:
        raise _invalid(fields, expression, f"{text}, which is not an RFC 3339 time") from error
    return moment.ToNanoseconds()


def _time(one: Any, field: str) -> int:
    nanoseconds: int = getattr(raw(one), field).ToNanoseconds()
    return nanoseconds


def _invalid(fields: Fields, expression: str, part: str) -> exceptions.InvalidArgument:
    return exceptions.InvalidArgument(
        f"filter {expression!r} cannot be parsed at {part!r}: use comparisons of "
        f"{', '.join(fields.texts)}, labels.KEY or one of {', '.join(fields.times)}, joined by AND or OR"
    )
