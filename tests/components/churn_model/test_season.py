"""Last year's season: found where it lies, half believed, and ignored where history is short."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from components.churn_model.examples import Examples
from components.churn_model.features import NAMES
from components.churn_model.linear import fit_linear
from components.churn_model.season import measure_season

CUTOFFS = [date(2024, 9, 1) + timedelta(days=28 * number) for number in range(13)]
BUSY = 3
HORIZON = 90
NEXT_BUSY = CUTOFFS[BUSY] + timedelta(days=364)


@pytest.fixture(scope="module")
def seasonal(made_up: Callable[..., Examples]) -> Examples:
    """Return examples in which one cut-off has far less churn than its customers' features suggest."""
    parts = [
        made_up(1500, [cutoff], seed=number, spared=0.6 if number == BUSY else 0.0)
        for number, cutoff in enumerate(CUTOFFS)
    ]
    return Examples(
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("features", "churned", "cutoff_dates")
        )
    )


def test_half_of_last_years_difference_is_believed(seasonal: Examples) -> None:
    season = measure_season(seasonal, fit_linear(seasonal))
    difference = season.offsets[BUSY] - season.offsets.mean()
    assert difference < -1
    assert season.offset(NEXT_BUSY, HORIZON) == pytest.approx(difference / 2, rel=0.2)
    assert abs(season.offset(NEXT_BUSY + timedelta(days=140), HORIZON)) < 0.15


def test_between_cutoffs_the_season_comes_and_goes(seasonal: Examples) -> None:
    season = measure_season(seasonal, fit_linear(seasonal))
    days = [abs(season.offset(NEXT_BUSY + timedelta(days=away), HORIZON)) for away in (0, 7, 14, 21)]
    assert days == sorted(days, reverse=True)


def test_a_cutoff_without_two_horizons_of_history_says_nothing(seasonal: Examples) -> None:
    season = measure_season(seasonal, fit_linear(seasonal))
    history = float(season.history_days[BUSY])
    assert season.offset(NEXT_BUSY, int(history // 2)) != 0
    assert season.offset(NEXT_BUSY, int(history)) == 0


def test_less_than_a_year_gives_no_season(seasonal: Examples) -> None:
    season = measure_season(seasonal, fit_linear(seasonal))
    assert season.offset(CUTOFFS[0] + timedelta(days=330), HORIZON) == 0
    assert not season.reaches(CUTOFFS[0] + timedelta(days=330), HORIZON)
    assert season.reaches(NEXT_BUSY, HORIZON)
    assert season.offset(CUTOFFS[-1] + timedelta(days=900), HORIZON) == 0


def test_a_sale_long_before_the_shop_opened_is_no_history(seasonal: Examples) -> None:
    features = seasonal.features.copy()
    _, first = np.unique(seasonal.cutoff_dates, return_index=True)
    features[:, NAMES.index("history_days")] += 2000
    features[first, NAMES.index("tenure_days")] += 2000
    tested = replace(seasonal, features=features)
    season, usual = (measure_season(each, fit_linear(seasonal)) for each in (tested, seasonal))
    assert season.history_days == pytest.approx(usual.history_days, abs=20)
