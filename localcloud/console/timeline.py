"""The timeline of a run's steps: each attempt is a bar, placed in proportion to the run's time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from google.cloud.aiplatform_v1 import PipelineTaskDetail

from localcloud.rest import raw

State: Any = PipelineTaskDetail.State
LEAST_PERCENT = 0.4  # minimum width of a bar, so that it is visible


@dataclass(frozen=True)
class Attempt:
    """An attempt at a task: its start, its end (None while it runs), and whether it failed."""

    started: datetime
    ended: datetime | None
    failed: bool


@dataclass(frozen=True)
class Bar:
    """An attempt's position and width on a line, in per cent of the line's length."""

    left: float
    width: float
    failed: bool


@dataclass(frozen=True)
class Span:
    """The time that a timeline shows."""

    start: datetime
    end: datetime

    def bars(self, attempts: tuple[Attempt, ...]) -> list[Bar]:
        """Return the bars of a task's attempts."""
        return [self._bar(attempt) for attempt in attempts]

    def _bar(self, attempt: Attempt) -> Bar:
        left, right = self._percent(attempt.started), self._percent(attempt.ended or self.end)
        width = max(right - left, LEAST_PERCENT)
        return Bar(round(min(left, 100 - width), 2), round(width, 2), attempt.failed)

    def _percent(self, moment: datetime) -> float:
        whole = (self.end - self.start).total_seconds()
        share = (moment - self.start).total_seconds() / whole if whole else 0.0
        return 100 * min(max(share, 0.0), 1.0)


def attempts_of(detail: PipelineTaskDetail) -> Iterator[Attempt]:
    """Yield a task's attempts, derived from the history of its states: each starts with RUNNING.

    A task without a recorded history had one attempt, from its start to its end.
    """
    begun: datetime | None = None
    history = list(raw(detail).pipeline_task_status)
    for status in history:
        if status.state == State.RUNNING:
            begun = status.update_time.ToDatetime(UTC)
        elif begun and status.state != State.CANCELLING:
            yield Attempt(begun, status.update_time.ToDatetime(UTC), _has_failed(status))
            begun = None
    if begun:
        yield Attempt(begun, None, False)
    if not history and raw(detail).HasField("start_time"):
        start, end = (getattr(raw(detail), name) for name in ("start_time", "end_time"))
        ended = end.ToDatetime(UTC) if raw(detail).HasField("end_time") else None
        yield Attempt(start.ToDatetime(UTC), ended, detail.state == State.FAILED)


def _has_failed(status: Any) -> bool:
    return bool(status.state in (State.FAILED, State.PENDING))


def span_of(started: datetime | None, ended: datetime | None, now: datetime) -> Span:
    """Return the span from a run's start to its end, or to now."""
    return Span(started or now, max(ended or now, started or now))
