"""The population stability index against its definition, and which columns may alarm."""

import math

import numpy as np
import pytest

from components.churn_model.features import NAMES
from components.watch_predictions.stability import BOUNDED, SCORE, _stability, compare

GENERATOR = np.random.default_rng(4)


def test_the_index_by_hand() -> None:
    training, today = np.array([1.0] * 5 + [2.0] * 5), np.array([1.0] * 2 + [2.0] * 8)
    expected = (0.2 - 0.5) * math.log(0.2 / 0.5) + (0.8 - 0.5) * math.log(0.8 / 0.5)
    assert _stability("a", True, training, today).index == pytest.approx(expected)


def test_the_same_customers_have_not_shifted_and_others_have() -> None:
    training = GENERATOR.gamma(2, 10, size=(2000, len(NAMES)))
    score = GENERATOR.uniform(size=2000)
    same = compare(training, training, (score, score))
    assert [one.column for one in same] == [*NAMES, SCORE]
    assert all(one.index == 0 for one in same)
    assert all(one.index > 0.25 for one in compare(training, training * 2, (score, score**3)))


def test_missing_values_are_a_bin_of_their_own() -> None:
    values = GENERATOR.uniform(size=1000)
    gone = np.where(np.arange(1000) < 300, np.nan, values)
    shifted = _stability("a", True, values, gone)
    assert shifted.index > 0.25
    assert (shifted.missing_share, shifted.training_missing_share) == (0.3, 0.0)
    nothing = np.full(1000, np.nan)
    assert _stability("a", True, nothing, nothing).index == 0
    assert _stability("a", True, nothing, values).index > 1


def test_an_empty_bin_counts_as_half_a_customer_of_few() -> None:
    training, today = np.array([1.0] * 5 + [2.0] * 5), np.array([1.0] * 10)
    expected = (1 - 0.5) * math.log(1 / 0.5) + (0.05 - 0.5) * math.log(0.05 / 0.5)
    assert _stability("a", True, training, today).index == pytest.approx(expected)


def test_columns_that_grow_with_the_data_do_not_alarm() -> None:
    assert not BOUNDED & {"tenure_days", "history_days", "visits", "spend", "recency_days"}
    assert {"visits_in_horizon", "spend_in_horizon", "sessions_in_horizon", "visits_trend"} <= BOUNDED
