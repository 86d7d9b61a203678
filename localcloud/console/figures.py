"""Metrics as the pages show them: figures, a confusion matrix, a ROC curve, two runs side by side."""

from collections.abc import Iterator
from dataclasses import dataclass

from localcloud.console.artifacts import Artifact
from localcloud.console.runs import Run

CURVE_SIZE = 240


@dataclass(frozen=True)
class Confusion:
    """How often each actual class (a row) was predicted as which (a column)."""

    classes: list[str]
    rows: list[list[float]]


@dataclass(frozen=True)
class Difference:
    """A metric of two runs; None where a run has no such metric."""

    step: str
    metric: str
    before: float | None
    after: float | None

    @property
    def change(self) -> float | None:
        """What was added from the one to the other."""
        return None if self.before is None or self.after is None else self.after - self.before


def confusion_of(artifact: Artifact) -> Confusion | None:
    """Return the confusion matrix of a ClassificationMetrics artifact that has one."""
    matrix = artifact.metadata.get("confusionMatrix")
    if not matrix:
        return None
    classes = [str(one.get("displayName", "")) for one in matrix["annotationSpecs"]]
    return Confusion(classes, [row["row"] for row in matrix["rows"]])


def roc_of(artifact: Artifact) -> str | None:
    """Return the points of the ROC curve of a ClassificationMetrics artifact, as an SVG polyline has them."""
    points = artifact.metadata.get("confidenceMetrics")
    if not points:
        return None
    rates = sorted((point.get("falsePositiveRate", 0.0), point.get("recall", 0.0)) for point in points)
    return " ".join(f"{CURVE_SIZE * x:.1f},{CURVE_SIZE * (1 - y):.1f}" for x, y in rates)


def compare(first: Run, second: Run) -> list[Difference]:
    """Return every numeric metric of two runs."""
    before, after = dict(_metrics(first)), dict(_metrics(second))
    titles = {step.name: step.title for run in (first, second) for step in run.steps}
    return [
        Difference(titles[key[0]], key[2], before.get(key), after.get(key))
        for key in dict.fromkeys([*before, *after])
    ]


def _metrics(run: Run) -> Iterator[tuple[tuple[str, str, str], float]]:
    for step in run.steps:
        for artifact in step.outputs:
            for metric, value in artifact.metadata.items() if artifact.schema == "system.Metrics" else ():
                if isinstance(value, int | float) and not isinstance(value, bool):
                    yield (step.name, artifact.key, metric), value
