"""The registered models as the page shows them: versions, the serving one and why, and metrics over time."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from google.cloud.aiplatform_v1 import Model as ModelMessage

from localcloud.console.runs import Run
from localcloud.rest import raw

DEFAULT = "default"  # the alias that the API itself assigns
WIDTH, HEIGHT = 240, 64
_FIGURE = re.compile(r"(-?\d+)(?:-(\d+))?")


class Models(Protocol):
    """Where the models are: the local Vertex AI Model Registry."""

    def all_versions(self) -> list[ModelMessage]:
        """Return every version of every model."""


@dataclass(frozen=True)
class Version:
    """A version of a model: its aliases, its description, the figures and words in its labels, its run."""

    number: int
    created: datetime
    aliases: list[str]
    said: str
    figures: dict[str, float]
    words: dict[str, str]
    run: Run | None


@dataclass(frozen=True)
class Point:
    """A version's figure and its position in the drawing."""

    x: float
    y: float
    value: float
    version: int


@dataclass(frozen=True)
class Line:
    """A figure across the versions, from the oldest to the newest."""

    name: str
    points: list[Point]

    @property
    def path(self) -> str:
        """The points in the format of an SVG polyline."""
        return " ".join(f"{point.x:.1f},{point.y:.1f}" for point in self.points)


@dataclass(frozen=True)
class Model:
    """A model with its versions, newest first."""

    id: str
    title: str
    description: str
    versions: list[Version]

    @property
    def lines(self) -> list[Line]:
        """The figures that differ between versions, over time."""
        names = dict.fromkeys(name for version in reversed(self.versions) for name in version.figures)
        return [line for name in names if (line := self._line(name))]

    def _line(self, name: str) -> Line | None:
        having = [version for version in reversed(self.versions) if name in version.figures]
        values = [version.figures[name] for version in having]
        low, high = min(values), max(values)
        if low == high:
            return None
        points = [
            Point(
                WIDTH * place / (len(having) - 1),
                HEIGHT * (high - version.figures[name]) / (high - low),
                version.figures[name],
                version.number,
            )
            for place, version in enumerate(having)
        ]
        return Line(name, points)


def models_of(messages: Sequence[ModelMessage], runs: Sequence[Run]) -> list[Model]:
    """Return the models, ordered by name; `runs` are the runs that a version may come from."""
    names = sorted({message.name.partition("@")[0] for message in messages})
    return [
        _model(name, [one for one in messages if one.name.partition("@")[0] == name], runs) for name in names
    ]


def _model(name: str, messages: list[ModelMessage], runs: Sequence[Run]) -> Model:
    newest_first = sorted(messages, key=lambda message: int(message.version_id), reverse=True)
    newest = newest_first[0]
    versions = [_version(message, runs) for message in newest_first]
    return Model(name.rpartition("/")[2], newest.display_name, newest.description, versions)


def _version(message: ModelMessage, runs: Sequence[Run]) -> Version:
    created = raw(message).version_create_time.ToDatetime(UTC)
    labels = dict(sorted(message.labels.items()))
    figures = dict(_figures(labels))
    return Version(
        int(message.version_id),
        created,
        [alias for alias in message.version_aliases if alias != DEFAULT],
        message.version_description,
        figures,
        {name: value for name, value in labels.items() if name not in figures},
        next((run for run in runs if _made_in(run, created)), None),
    )


def _figures(labels: dict[str, str]) -> Iterator[tuple[str, float]]:
    """Yield the labels that are figures: labels cannot contain a point, so 0-8395 means 0.8395."""
    for name, value in labels.items():
        if found := _FIGURE.fullmatch(value):
            yield name, float(f"{found[1]}.{found[2] or 0}")


def _made_in(run: Run, moment: datetime) -> bool:
    return run.started is not None and run.started <= moment and (run.ended is None or moment <= run.ended)
