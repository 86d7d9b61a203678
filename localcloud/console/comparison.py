"""Runs side by side: their parameters, durations, counts and metrics."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from localcloud.console.runs import Run
from localcloud.settings import Console

CURVES = "system.ClassificationMetrics"
DURATIONS = "Seconds"


@dataclass(frozen=True)
class Row:
    """The value in each run, None if a run has none, and the change from the first to the last run.

    The verdict is better, worse, or empty if the direction is unknown.
    """

    name: str
    values: list[Any]
    change: float | None = None
    verdict: str = ""


@dataclass(frozen=True)
class Group:
    """Rows that belong together."""

    title: str
    rows: list[Row]


def compare(runs: Sequence[Run], console: Console, now: datetime) -> list[Group]:
    """Return the parameters in which runs differ, and all their figures; `runs` starts with the oldest."""
    figures = [dict(_figures(run)) for run in runs]
    keys = dict.fromkeys(key for one in figures for key in one)
    titles = dict.fromkeys(title for title, _ in keys)
    groups = [
        Group("Parameters that differ", list(_parameters(runs))),
        Group(DURATIONS, list(_durations(runs, now))),
        *(
            Group(
                title,
                [
                    _row(name, [one.get((title, name)) for one in figures], console)
                    for at, name in keys
                    if at == title
                ],
            )
            for title in titles
        ),
    ]
    return [group for group in groups if group.rows]


def _parameters(runs: Sequence[Run]) -> Iterator[Row]:
    for name in _names(run.parameters for run in runs):
        values = [run.parameters.get(name) for run in runs]
        if any(value != values[0] for value in values):
            yield Row(name, values)


def _durations(runs: Sequence[Run], now: datetime) -> Iterator[Row]:
    """Yield how long the runs and each of their steps took; a step that was not reached has no value."""
    taken = [
        {"the whole run": run.duration(now)} | {step.title: step.duration(now) for step in run.steps}
        for run in runs
    ]
    for name in _names(taken):
        spans = [one.get(name) for one in taken]
        seconds = [round(span.total_seconds(), 1) if span else None for span in spans]
        if any(value is not None for value in seconds):
            yield _judge_change(name, seconds, -1)


def _figures(run: Run) -> Iterator[tuple[tuple[str, str], float]]:
    """Yield a run's figures, keyed by artifact title and figure name, each name once per step."""
    for step in run.steps:
        seen: set[str] = set()
        for artifact in sorted(step.outputs, key=lambda one: not one.is_metrics):
            for name, value in artifact.metadata.items():
                is_figure = isinstance(value, int | float) and not isinstance(value, bool)
                if is_figure and name not in seen and not artifact.table and artifact.schema != CURVES:
                    seen.add(name)
                    yield (f"{step.title}: {artifact.name}", name), value


def _row(name: str, values: list[float | None], console: Console) -> Row:
    direction = (name in console.higher_is_better) - (name in console.lower_is_better)
    return _judge_change(name, values, direction)


def _judge_change(name: str, values: list[float | None], direction: int) -> Row:
    first, last = values[0], values[-1]
    if first is None or last is None:
        return Row(name, values)
    change = last - first
    verdict = "better" if change * direction > 0 else "worse" if change * direction < 0 else ""
    return Row(name, values, change, verdict)


def _names(mappings: Iterable[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(name for mapping in mappings for name in mapping))
