"""Metrics as the pages show them: a confusion matrix, a ROC curve."""

from dataclasses import dataclass

from localcloud.console.artifacts import Artifact

CURVE_SIZE = 240


@dataclass(frozen=True)
class Confusion:
    """How often each actual class (row) was predicted as each class (column)."""

    classes: list[str]
    rows: list[list[float]]


def confusion_of(artifact: Artifact) -> Confusion | None:
    """Return the confusion matrix of a ClassificationMetrics artifact, or None if it has none."""
    matrix = artifact.metadata.get("confusionMatrix")
    if not matrix:
        return None
    classes = [str(one.get("displayName", "")) for one in matrix["annotationSpecs"]]
    return Confusion(classes, [row["row"] for row in matrix["rows"]])


def roc_of(artifact: Artifact) -> str | None:
    """Return a ClassificationMetrics artifact's ROC curve as the points of an SVG polyline, or None."""
    points = artifact.metadata.get("confidenceMetrics")
    if not points:
        return None
    rates = sorted((point.get("falsePositiveRate", 0.0), point.get("recall", 0.0)) for point in points)
    return " ".join(f"{CURVE_SIZE * x:.1f},{CURVE_SIZE * (1 - y):.1f}" for x, y in rates)
