"""Confidence bands of the ROC and precision-recall curves: the range of 95% of resamples."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from components.churn_model.examples import Flags, Floats
from components.train_churn_model.intervals import MOST_CUSTOMERS

RESAMPLES = 200
GRID = np.linspace(0, 1, 101)


@dataclass(frozen=True)
class Band:
    """The lower and the upper bound at each point of GRID."""

    low: Floats
    high: Floats


def resample_curves(churned: Flags, probability: Floats) -> tuple[Band, Band]:
    """Return the bands of true against false positives, and of precision against recall.

    At most MOST_CUSTOMERS are used, drawn at random.
    """
    generator = np.random.default_rng(0)
    kept = generator.permutation(len(churned)) < MOST_CUSTOMERS
    order = np.argsort(-probability[kept], kind="stable")
    ranked, outcomes = probability[kept][order], churned[kept][order]
    ends = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))
    curves = [
        weighted_curves(outcomes, generator.poisson(1.0, len(outcomes)), ends) for _ in range(RESAMPLES)
    ]
    roc, precision = map(np.array, zip(*curves, strict=True))
    return _band(roc), _band(precision)


def weighted_curves(
    churned: Flags, weights: npt.NDArray[np.int64], ends: npt.NDArray[np.int64]
) -> tuple[Floats, Floats]:
    """Return true against false positives and precision against recall, on GRID.

    The customers are sorted, riskiest first; ends are the last positions of equal probabilities.
    """
    true = np.cumsum(weights * churned)[ends]
    false = np.cumsum(weights * ~churned)[ends]
    recall, false_rate = true / max(true[-1], 1), false / max(false[-1], 1)
    named = true + false
    precision = np.divide(true, named, out=np.ones(len(true)), where=named > 0)
    roc = np.interp(GRID, np.append(0.0, false_rate), np.append(0.0, recall))
    return roc, np.interp(GRID, recall, precision)


def _band(curves: Floats) -> Band:
    return Band(*np.percentile(curves, [2.5, 97.5], axis=0))
