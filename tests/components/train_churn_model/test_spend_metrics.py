"""Figures of spend, against hand calculations and expected properties."""

import numpy as np
import pytest

from components.train_churn_model.spend_metrics import gini_differences, judge_spend


def test_the_figures_are_those_worked_out_by_hand() -> None:
    spent, expected = np.array([6.0, 3.0, 1.0, 0.0]), np.array([4.0, 5.0, 1.0, 1.0])
    figures = judge_spend(spent, expected)
    # Shares along the true order .6 .9 1 1 less .25 .5 .75 1 give 1.0; along the predicted .3 .9 1 1 give .7.
    assert figures["gini"] == pytest.approx(0.7)
    assert figures["bias"] == pytest.approx(0.1)
    assert figures["absolute_error"] == pytest.approx((2 + 2 + 0 + 1) / 10)
    assert figures["decile_error"] == pytest.approx((2 + 2 + 0 + 1) / 10)


def test_the_true_order_has_gini_1_and_a_random_one_0() -> None:
    generator = np.random.default_rng(1)
    spent = generator.gamma(0.3, 10, 20_000)
    assert judge_spend(spent, spent**3)["gini"] == pytest.approx(1)
    assert judge_spend(spent, generator.permutation(spent))["gini"] == pytest.approx(0, abs=0.03)


def test_a_better_ranking_is_clearly_better_and_the_same_is_not() -> None:
    generator = np.random.default_rng(2)
    spent = generator.gamma(0.5, 10, 4_000)
    good, poor = spent * generator.lognormal(0, 0.3, 4_000), spent * generator.lognormal(0, 3, 4_000)
    differences = gini_differences(spent, good, {"poor": poor, "same": 2 * good})
    assert differences["poor"].low > 0.1
    assert (differences["same"].low, differences["same"].high) == (0, 0)
