"""What a purchase is worth and what buyers spend, against simulated customers."""

from datetime import date, timedelta

import numpy as np
import pytest

from components.churn_model.amounts import AmountModel, fit_amounts
from components.churn_model.examples import Floats
from components.churn_model.features import NAMES
from components.churn_model.spend_model import LEVELS, SpendModel, in_units, measure_units
from components.churn_model.spend_season import SpendSeason

TRUTH = AmountModel(shape=6.0, spread=4.0, rate=15.0, unit=1.0)
NOTHING = SpendSeason(np.array([], dtype="datetime64[D]"), np.array([]), np.array([]))


def payers(customers: int) -> tuple[Floats, Floats]:
    """Return customers by NAMES whose payments follow gamma-gamma, and each one's true mean."""
    generator = np.random.default_rng(5)
    visits = generator.integers(1, 9, customers).astype(float)
    rates = generator.gamma(TRUTH.spread, 1 / TRUTH.rate, customers)
    features = np.full((customers, len(NAMES)), np.nan)
    features[:, NAMES.index("visits")] = visits
    features[:, NAMES.index("spend_mean")] = generator.gamma(TRUTH.shape * visits, 1 / rates) / visits
    return features, TRUTH.shape / rates


def test_gamma_gamma_finds_each_customers_mean_from_few_purchases() -> None:
    features, means = payers(30_000)
    known, fitted = TRUTH.expected(features), fit_amounts(features).expected(features)
    assert fitted.mean() == pytest.approx(means.mean(), rel=0.03)
    assert fitted == pytest.approx(known, rel=0.08)
    for tenth in np.array_split(np.argsort(known), 10):
        assert known[tenth].mean() == pytest.approx(means[tenth].mean(), rel=0.04)


def test_where_nobody_paid_anything_nothing_is_expected() -> None:
    features, _ = payers(3)
    features[:, NAMES.index("spend_mean")] = 0
    assert (fit_amounts(features).expected(features) == 0).all()


@pytest.mark.parametrize("level", [0.8, 0.9])
def test_an_interval_holds_its_level_of_a_mixture_with_zero(level: float) -> None:
    generator = np.random.default_rng(6)
    silent, if_buys = generator.uniform(0.0, 0.79, 200_000), generator.gamma(3, 10, 200_000)
    around = np.log(np.quantile(generator.lognormal(0, 0.7, 200_000), LEVELS))
    spent = if_buys * generator.lognormal(0, 0.7, 200_000) * (generator.uniform(size=200_000) >= silent)
    low, high = SpendModel(90, {}, NOTHING, around).interval(silent, if_buys, level)
    assert ((spent >= low) & (spent <= high)).mean() == pytest.approx(level, abs=0.01)
    assert (low[silent >= (1 - level) / 2] == 0).all()
    assert np.isnan(SpendModel(90, {}, NOTHING, around).interval(np.array([0.8]), np.ones(1), level)).all()


def test_the_same_weeks_last_year_are_weighted_by_nearness() -> None:
    at = date(2025, 11, 30)
    days = [at - timedelta(days=364 + off) for off in (10, 20, 60)]
    season = SpendSeason(np.array(days, dtype="datetime64[D]"), np.array([0.3, 0.6, 9.0]), np.full(3, 200.0))
    assert season.log_ratio(at, 90) == pytest.approx((0.3 * 20 + 0.6 * 10) / 30)
    assert season.log_ratio(at, 183) is None
    assert season.log_ratio(at, 101) is None
    assert len(season.closed_by(days[1], 90).log_ratios) == 0
    assert season.closed_by(days[1] + timedelta(days=90), 90).log_ratios.tolist() == [0.6, 9.0]


def test_a_season_that_repeats_after_a_horizon_is_trusted_and_one_that_turns_is_not() -> None:
    days = [date(2025, 1, 1) + timedelta(days=30 * step) for step in range(9)]

    def season(ratios: list[float], history: float = 100.0) -> SpendSeason:
        return SpendSeason(np.array(days, dtype="datetime64[D]"), np.array(ratios), np.full(9, history))

    assert season([0.2] * 9).persistence(90) == pytest.approx((0.5 + 6) / (1 + 6))
    assert season([0.1] * 3 + [0.2] * 3 + [0.4] * 3).persistence(90) == 1
    assert season([0.4] * 3 + [0.1] * 3 + [0.025] * 3).persistence(90) == pytest.approx(
        (0.5 + 6 / 4) / (1 + 6)
    )
    assert season([0.2] * 3 + [-0.2] * 3 + [0.2] * 3).persistence(90) == 0
    assert NOTHING.persistence(90) == 0.5
    # Shifted by a day, as the cut-offs of a 91-day horizon are; and with too little history to say anything.
    turning = [0.2] * 3 + [0.0] * 3 + [-0.2] * 3
    assert season(turning).persistence(91) == season(turning).persistence(90) < 0.1
    assert season(turning, history=89.0).persistence(90) == 0.5


def test_other_currencies_are_scaled_by_what_their_customers_pay() -> None:
    features = np.zeros((5, len(NAMES)))
    features[:, NAMES.index("spend_mean")] = [10, 20, 30, 2000, 4000]
    features[:, NAMES.index("visits")] = 7
    currencies = np.array(["EUR", "EUR", "EUR", "JPY", "JPY"])
    units = measure_units(features, currencies)
    assert units == {"EUR": 1.0, "JPY": 150.0}
    scaled, unit = in_units(features, currencies, units)
    assert unit.tolist() == [1, 1, 1, 150, 150]
    assert scaled[3, NAMES.index("spend_mean")] == pytest.approx(2000 / 150)
    assert (scaled[:, NAMES.index("visits")] == 7).all()
    assert measure_units(features[3:], currencies[3:], units) == units
