"""The curves' bands against scikit-learn's curves on the same weights."""

import numpy as np
import pytest
from sklearn.metrics import precision_recall_curve, roc_curve

from components.train_churn_model.curve_bands import GRID, resample_curves, weighted_curves

GENERATOR = np.random.default_rng(3)


def some_customers(count: int) -> tuple[np.ndarray, np.ndarray]:
    probability = np.round(GENERATOR.uniform(0.01, 0.99, count), 2)
    return GENERATOR.uniform(size=count) < probability, probability


def test_weighted_curves_are_scikit_learns() -> None:
    churned, probability = some_customers(500)
    order = np.argsort(-probability, kind="stable")
    churned, probability = churned[order], probability[order]
    weights = GENERATOR.poisson(1.0, 500)
    ends = np.flatnonzero(np.append(probability[1:] != probability[:-1], True))
    roc, precision = weighted_curves(churned, weights, ends)
    asked = {"sample_weight": weights, "drop_intermediate": False}
    false_rate, true_rate, _ = roc_curve(churned, probability, **asked)
    assert roc == pytest.approx(np.interp(GRID, false_rate, true_rate))
    precise, recall, _ = precision_recall_curve(churned, probability, **asked)
    assert precision[10:] == pytest.approx(np.interp(GRID, recall[-2::-1], precise[-2::-1])[10:])


def test_a_band_holds_its_curve_and_is_narrower_for_more_customers() -> None:
    widths = []
    for count in (400, 6400):
        churned, probability = some_customers(count)
        roc, precision = resample_curves(churned, probability)
        false_rate, true_rate, _ = roc_curve(churned, probability)
        own = np.interp(GRID, false_rate, true_rate)
        assert (roc.low <= own + 1e-9).all()
        assert (own <= roc.high + 1e-9).all()
        assert (precision.low <= precision.high).all()
        widths.append((roc.high - roc.low)[20:80].mean())
    assert widths[1] == pytest.approx(widths[0] / 4, rel=0.4)


def test_one_of_each_class_is_enough() -> None:
    roc, _ = resample_curves(np.array([True, False]), np.array([0.9, 0.1]))
    assert np.isfinite(roc.low).all()
