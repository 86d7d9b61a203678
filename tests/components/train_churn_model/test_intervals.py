"""Resampled figures against scikit-learn's on the same weights, and what their intervals say."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, log_loss, roc_auc_score

from components.train_churn_model.intervals import RESAMPLES, _Sorted, interval, resample

GENERATOR = np.random.default_rng(3)
PROBABILITY = np.clip(np.round(GENERATOR.uniform(size=600), 2), 0.01, 0.99)
CHURNED = GENERATOR.uniform(size=600) < PROBABILITY


def test_weighted_figures_are_scikit_learns() -> None:
    weights = GENERATOR.poisson(1.0, (4, 600)).astype(float)
    figures = _Sorted(CHURNED, PROBABILITY).figures(weights)
    for row, own in enumerate(weights):
        asked = {"sample_weight": own}
        assert figures["roc_auc"][row] == pytest.approx(roc_auc_score(CHURNED, PROBABILITY, **asked))
        assert figures["pr_auc"][row] == pytest.approx(average_precision_score(CHURNED, PROBABILITY, **asked))
        assert figures["log_loss"][row] == pytest.approx(log_loss(CHURNED, PROBABILITY, **asked))


def test_the_first_replicate_is_the_figure_and_the_interval_holds_it() -> None:
    replicates = resample(CHURNED, {"one": PROBABILITY})["one"]
    assert len(replicates["roc_auc"]) == RESAMPLES + 1
    found = interval(replicates["roc_auc"])
    assert found.value == pytest.approx(roc_auc_score(CHURNED, PROBABILITY))
    assert found.low < found.value < found.high
    assert found.high - found.low == pytest.approx(4 * replicates["roc_auc"].std(), rel=0.1)


def test_differences_are_paired() -> None:
    worse = np.clip(PROBABILITY + GENERATOR.normal(scale=0.02, size=600), 0.01, 0.99)
    both = resample(CHURNED, {"one": PROBABILITY, "other": worse})
    alone = interval(both["one"]["log_loss"])
    difference = interval(both["other"]["log_loss"] - both["one"]["log_loss"])
    assert difference.high - difference.low < (alone.high - alone.low) / 4
    assert np.array_equal(resample(CHURNED, {"one": PROBABILITY})["one"]["log_loss"], both["one"]["log_loss"])


def test_resamples_without_one_class_do_not_matter() -> None:
    churned = np.array([True, False, False])
    found = interval(resample(churned, {"one": np.array([0.9, 0.2, 0.1])})["one"]["roc_auc"])
    assert (found.value, found.low, found.high) == (1, 1, 1)
