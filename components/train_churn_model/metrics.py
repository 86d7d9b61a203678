"""Metrics of churn probabilities against outcomes."""

from dataclasses import dataclass

import numpy as np
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    confusion_matrix,
    log_loss,
    roc_auc_score,
    roc_curve,
)

from components.churn_model.examples import Flags, Floats

BINS = 10
ROC_POINTS = 101


@dataclass(frozen=True)
class RocCurve:
    """False and true positive rates at falling thresholds, all within 0 and 1."""

    false_positive_rate: list[float]
    true_positive_rate: list[float]
    threshold: list[float]


def judge(churned: Flags, probability: Floats) -> dict[str, float]:
    """Return the metrics of predictions."""
    figures = {
        "roc_auc": roc_auc_score(churned, probability),
        "pr_auc": average_precision_score(churned, probability),
        "log_loss": log_loss(churned, probability, labels=[False, True]),
        "brier": brier_score_loss(churned, probability),
        "expected_calibration_error": expected_calibration_error(churned, probability),
        "top_decile_lift": top_decile_lift(churned, probability),
        "base_rate": churned.mean(),
    }
    return {name: float(figure) for name, figure in figures.items()}


def calibration(churned: Flags, probability: Floats) -> tuple[Floats, Floats, Floats]:
    """Return mean probability, churned share and row count for each tenth of the scale with any rows."""
    bins = np.minimum((probability * BINS).astype(int), BINS - 1)
    rows = np.bincount(bins, minlength=BINS)
    filled = rows > 0
    predicted = np.bincount(bins, weights=probability, minlength=BINS)[filled] / rows[filled]
    actual = np.bincount(bins, weights=churned, minlength=BINS)[filled] / rows[filled]
    return predicted, actual, rows[filled].astype(np.float64)


def expected_calibration_error(churned: Flags, probability: Floats) -> float:
    """Return the mean distance, weighted by rows, of predicted and actual share over tenths of the scale."""
    predicted, actual, rows = calibration(churned, probability)
    return float(np.average(np.abs(predicted - actual), weights=rows))


def lift_by_decile(churned: Flags, probability: Floats) -> Floats:
    """Return each decile's churn rate divided by the base rate, riskiest first."""
    order = np.argsort(-probability, kind="stable")
    tenths = np.array_split(churned[order], min(10, len(churned)))
    return np.array([tenth.mean() for tenth in tenths]) / churned.mean()


def top_decile_lift(churned: Flags, probability: Floats) -> float:
    """Return the lift of the riskiest decile."""
    return float(lift_by_decile(churned, probability)[0])


def roc_points(churned: Flags, probability: Floats) -> RocCurve:
    """Return at most ROC_POINTS points of the ROC curve, its ends included."""
    curve = np.column_stack(roc_curve(churned, probability))
    chosen = np.unique(np.linspace(0, len(curve) - 1, min(ROC_POINTS, len(curve))).astype(int))
    # scikit-learn starts with an infinite threshold, which JSON cannot hold.
    false_positive, true_positive, threshold = np.minimum(curve[chosen], 1.0).T
    return RocCurve(false_positive.tolist(), true_positive.tolist(), threshold.tolist())


def confusion(churned: Flags, probability: Floats) -> list[list[int]]:
    """Return the counts of actual (stayed, churned; rows) by predicted, at a threshold of one half."""
    counts = confusion_matrix(churned, probability >= 0.5, labels=[False, True])
    return [[int(count) for count in row] for row in counts]
