"""Which jobs a listing asks for, and in which order: what Vertex AI documents of AIP-160 for jobs."""

import operator
import re
from collections.abc import Callable
from typing import Any

from google.api_core import exceptions
from google.cloud.aiplatform_v1.types import PipelineJob
from google.protobuf import timestamp_pb2

from localcloud.rest import raw

type Test = Callable[[PipelineJob], bool]

_COMPARISON = re.compile(r"""\s*([\w.-]+)\s*(!=|<=|>=|=|<|>|:)\s*("[^"]*"|'[^']*'|[^\s()"']+)\s*""")
_CONNECTIVE = re.compile(r"(AND|OR)\b")
_TIMES = ("create_time", "start_time", "end_time", "update_time")
_TEXTS: dict[str, Callable[[PipelineJob], str]] = {
    "display_name": lambda job: str(job.display_name),
    "state": lambda job: job.state.name,
    "pipeline_job_user_id": lambda job: job.name.rpartition("/")[2],
    "pipeline_name": lambda job: raw(job).pipeline_spec["pipelineInfo"]["name"],
}
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


def job_filter(expression: str) -> Test:
    """Return whether a job matches a filter expression; raise InvalidArgument for one it cannot follow.

    Comparisons are joined by AND and OR, of which OR binds closer, as AIP-160 has it.
    """
    groups: list[list[Test]] = [[]]
    place, connective = 0, "AND" if expression.strip() else ""
    while connective:
        if connective == "AND" and groups[-1]:
            groups.append([])
        if not (found := _COMPARISON.match(expression, place)):
            raise _invalid(expression, expression[place:])
        groups[-1].append(_comparison(expression, *found.groups()))
        following = _CONNECTIVE.match(expression, found.end())
        connective, place = (following[1], following.end()) if following else ("", found.end())
    if expression[place:].strip():
        raise _invalid(expression, expression[place:])
    return lambda job: all(any(test(job) for test in group) for group in groups if group)


def ordered(jobs: list[PipelineJob], order_by: str) -> list[PipelineJob]:
    """Return the jobs in the order of "FIELD [desc], …" over their times; the newest first by default."""
    keys = [key.split() for key in (order_by or "create_time desc").split(",")]
    for field, *direction in reversed(keys):
        if field not in _TIMES or direction not in ([], ["asc"], ["desc"]):
            raise exceptions.InvalidArgument(f"order_by {order_by!r}: give any of {_TIMES}, with desc or not")
        jobs = sorted(jobs, key=lambda job: _time(job, field), reverse=direction == ["desc"])
    return jobs


def _comparison(expression: str, field: str, sign: str, value: str) -> Test:
    wanted = value[1:-1] if value[0] in "\"'" else value
    if field in _TIMES and sign in _COMPARE:
        moment = _nanoseconds(expression, wanted)
        return lambda job: _COMPARE[sign](_time(job, field), moment)
    if sign in ("=", "!=", ":") and field in _TEXTS:
        return _text_test(_TEXTS[field], sign, wanted)
    if sign in ("=", "!=", ":") and field.startswith("labels."):
        return _text_test(lambda job: job.labels.get(field.removeprefix("labels."), ""), sign, wanted)
    raise _invalid(expression, f"{field}{sign}{value}")


def _text_test(read: Callable[[PipelineJob], str], sign: str, wanted: str) -> Test:
    if sign == ":":
        parts = map(re.escape, wanted.split("*"))
        pattern = re.compile(".+" if wanted == "*" else ".*".join(parts), re.DOTALL)
        return lambda job: pattern.fullmatch(read(job)) is not None
    return lambda job: _COMPARE[sign](read(job), wanted)


def _nanoseconds(expression: str, text: str) -> int:
    moment = timestamp_pb2.Timestamp()
    try:
        moment.FromJsonString(text)
    except ValueError as error:
        raise _invalid(expression, f"{text}, which is no RFC 3339 time") from error
    return moment.ToNanoseconds()


def _time(job: PipelineJob, field: str) -> int:
    nanoseconds: int = getattr(raw(job), field).ToNanoseconds()
    return nanoseconds


def _invalid(expression: str, part: str) -> exceptions.InvalidArgument:
    return exceptions.InvalidArgument(
        f"filter {expression!r} is not understood at {part!r}: give comparisons of state, display_name, "
        f"pipeline_name, pipeline_job_user_id, labels.KEY or one of {_TIMES}, joined by AND or OR"
    )
