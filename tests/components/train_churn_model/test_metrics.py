"""The metrics against their definitions, worked out by hand or by brute force."""

import numpy as np
import pytest

from components.train_churn_model.metrics import (
    confusion,
    expected_calibration_error,
    judge,
    lift_by_decile,
    roc_points,
    top_decile_lift,
)

GENERATOR = np.random.default_rng(3)
PROBABILITY = np.round(GENERATOR.uniform(size=400), 2)
CHURNED = GENERATOR.uniform(size=400) < PROBABILITY


def test_figures_match_their_definitions() -> None:
    figures = judge(CHURNED, np.clip(PROBABILITY, 0.01, 0.99))
    likelihood = np.where(CHURNED, np.clip(PROBABILITY, 0.01, 0.99), 1 - np.clip(PROBABILITY, 0.01, 0.99))
    assert figures["roc_auc"] == pytest.approx(pairs_in_order(PROBABILITY))
    assert figures["log_loss"] == pytest.approx(-np.log(likelihood).mean())
    assert figures["brier"] == pytest.approx(((1 - likelihood) ** 2).mean())
    assert figures["base_rate"] == CHURNED.mean()


def pairs_in_order(score: np.ndarray) -> float:
    """Return the share of pairs (churned, stayed) in which the former scores higher; ties count a half."""
    ahead = np.sign(score[CHURNED][:, None] - score[~CHURNED][None, :])
    return float((ahead + 1).mean() / 2)


def test_calibration_error_by_hand() -> None:
    churned = np.array([True, False, True, True])
    probability = np.array([0.15, 0.15, 0.85, 1.0])
    # [.1, .2) holds two rows, .15 predicted and .5 observed; [.8, .9) one, .85 and 1; [.9, 1] one, 1 and 1.
    assert expected_calibration_error(churned, probability) == pytest.approx(
        2 / 4 * 0.35 + 1 / 4 * 0.15 + 1 / 4 * 0
    )


def test_lift_by_hand() -> None:
    probability = np.linspace(1, 0, 20)
    churned = np.array([True] * 3 + [False] * 16 + [True])
    assert top_decile_lift(churned, probability) == pytest.approx(1 / 0.2)
    assert lift_by_decile(churned, probability)[[1, 9]] == pytest.approx([0.5 / 0.2, 0.5 / 0.2])


def test_lift_of_fewer_customers_than_tenths() -> None:
    assert lift_by_decile(np.array([True, False]), np.array([0.2, 0.9])) == pytest.approx([0, 2])


def test_the_curve_can_be_written_as_json_and_encloses_the_auc() -> None:
    curve = roc_points(CHURNED, PROBABILITY)
    area = np.trapezoid(curve.true_positive_rate, curve.false_positive_rate)
    assert area == pytest.approx(pairs_in_order(PROBABILITY), abs=0.005)
    assert max(curve.threshold) == 1.0
    assert (curve.false_positive_rate[0], curve.true_positive_rate[0]) == (0, 0)
    assert (curve.false_positive_rate[-1], curve.true_positive_rate[-1]) == (1, 1)
    assert len(curve.threshold) <= 101


def test_confusion_by_hand() -> None:
    churned = np.array([True, True, False, False, False])
    probability = np.array([0.5, 0.4, 0.6, 0.1, 0.2])
    assert confusion(churned, probability) == [[2, 1], [1, 1]]
