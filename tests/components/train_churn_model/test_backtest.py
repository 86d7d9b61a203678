"""What past dates tell: their spread, and the calibration error that is claimed for the next horizon."""

import math
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from components.train_churn_model.backtest import (
    Claim,
    PastCutoff,
    Spread,
    _choose_cutoffs,
    claim_of,
    spread_of,
)

AS_OF, HORIZON, CUSTOMERS = date(2025, 12, 1), 90, 4000
BY_CHANCE = math.sqrt(10 / (2 * math.pi * CUSTOMERS))
ONE = PastCutoff(date(2025, 9, 2), CUSTOMERS, 400, 0.5, 0.45, 0.8, 0.5, 0.05, {"RFM": {"log_loss": 0.6}})


def before(days: int, predicted: float, churned: float, history_days: int = 400) -> PastCutoff:
    """Return a cut-off this many days before the newest, with what was predicted and what happened."""
    day = ONE.cutoff_date - timedelta(days=days)
    return replace(
        ONE, cutoff_date=day, predicted=predicted, churned=churned, history_days=history_days, roc_auc=0.7
    )


def test_figures_are_spread_over_the_dates() -> None:
    spread = spread_of([before(30, 0.5, 0.5), ONE])
    assert spread["roc_auc"] == Spread(pytest.approx(0.75), 0.7, 0.8, 2)
    assert spread["log_loss less RFM's"] == Spread(
        pytest.approx(-0.1), pytest.approx(-0.1), pytest.approx(-0.1), 2
    )


def test_in_a_known_season_no_more_than_was_found_is_claimed() -> None:
    a_year_before_as_of = before(274, 0.9, 0.1)
    assert claim_of([a_year_before_as_of, ONE], AS_OF, HORIZON) == Claim(
        0.05, pytest.approx(0.05 + BY_CHANCE), True
    )


def test_in_a_new_season_past_errors_widen_the_claim() -> None:
    past = [before(90, 0.4, 0.5), before(60, 0.9, 0.1, history_days=179)]
    # The errors are -.1 and .05; the one of .8 had less than two horizons of history.
    claim = claim_of([*past, ONE], AS_OF, HORIZON)
    assert claim == Claim(0.05, pytest.approx(0.05 + BY_CHANCE + 0.15), False)
    assert claim_of([past[1], ONE], AS_OF, HORIZON) == Claim(0.05, None, False)


def test_the_date_a_year_ago_is_among_those_judged() -> None:
    able = np.array([AS_OF - timedelta(days=90 + 30 * age) for age in reversed(range(14))], dtype="M8[D]")
    chosen = _choose_cutoffs(able, AS_OF)
    assert len(chosen) == 6
    assert chosen[-1] == able[-1]
    assert np.abs((np.datetime64(AS_OF) - chosen).astype(int) - 364).min() <= 15
    assert list(_choose_cutoffs(able[:3], AS_OF)) == list(able[:3])
