"""Closed forms for being alive, purchases to come and the next one, against simulated customers."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import pytest

from components.churn_model.examples import Examples, Flags, Floats
from components.churn_model.features import NAMES
from components.churn_model.lifetime import alive_log_odds, days_until, expected_purchases
from components.churn_model.model import ChurnModel, Recipe, fit
from components.churn_model.prospects import COLUMNS, days_to_next, probability_alive, prospects
from components.churn_model.purchase_model import PurchaseModel

HORIZON = 90
AT = date(2025, 6, 1)


@dataclass(frozen=True)
class Lives:
    """Customers' features by NAMES, whether they are alive, purchases in HORIZON, days to the next one."""

    features: Floats
    alive: Flags
    purchases: Floats
    wait: Floats


@pytest.fixture(scope="module")
def lives(truth: PurchaseModel) -> Lives:
    """Return 40,000 customers simulated until they leave, for at most 2,000 days."""
    generator = np.random.default_rng(4)
    features = np.full((40_000, len(NAMES)), np.nan)
    alive, purchases, wait = [], [], []
    for row in features:
        tenure = generator.uniform(30, 400)
        rate, share = (
            generator.gamma(truth.shape, 1 / truth.rate),
            generator.beta(truth.leaving, truth.staying),
        )
        stays = generator.geometric(max(share, 1e-9))  # purchases in a lifetime, including the first, at 0
        gaps = generator.exponential(1 / rate, min(stays - 1, 1000))
        times = np.append(0.0, np.cumsum(gaps[np.cumsum(gaps) < 2000]))
        known, later = times[times <= tenure], times[times > tenure]
        row[NAMES.index("visits")] = len(known)
        row[NAMES.index("tenure_days")], row[NAMES.index("recency_days")] = tenure, tenure - known[-1]
        alive.append(stays > len(known))
        purchases.append((later <= tenure + HORIZON).sum())
        wait.append(later[0] - tenure if len(later) else np.inf)
    return Lives(features, np.array(alive), np.array(purchases, dtype=float), np.array(wait))


def chance_alive(truth: PurchaseModel, features: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-alive_log_odds(truth, features))))


def test_the_probability_of_being_alive_matches_the_share_alive(truth: PurchaseModel, lives: Lives) -> None:
    alive = chance_alive(truth, lives.features)
    for tenth in np.array_split(np.argsort(alive), 10):
        assert alive[tenth].mean() == pytest.approx(lives.alive[tenth].mean(), abs=0.02)


def test_expected_purchases_match_the_mean_of_actual_ones(truth: PurchaseModel, lives: Lives) -> None:
    expected = expected_purchases(truth, lives.features, HORIZON)
    assert expected.mean() == pytest.approx(lives.purchases.mean(), rel=0.02)
    for tenth in np.array_split(np.argsort(expected), 10)[3:]:
        assert expected[tenth].mean() == pytest.approx(lives.purchases[tenth].mean(), rel=0.08, abs=0.02)


@pytest.mark.parametrize("chance", [0.1, 0.5, 0.9])
def test_the_given_share_buys_within_days_until(truth: PurchaseModel, lives: Lives, chance: float) -> None:
    days = days_until(truth, lives.features, np.ones(len(lives.features)), chance)
    soon = days < 365
    assert soon.sum() > 500
    assert (lives.wait <= days)[soon].mean() == pytest.approx(chance, abs=0.02)


def test_silence_for_days_until_is_as_likely_as_asked(truth: PurchaseModel, lives: Lives) -> None:
    features, power = lives.features[:300], np.linspace(0.5, 2, 300)
    days = days_until(truth, features, power, 0.5)
    for row in np.flatnonzero(np.isfinite(days)):
        silent = truth.silence_probability(features[[row]], float(days[row]))[0]
        assert silent ** power[row] == pytest.approx(0.5, abs=1e-6)


def test_a_customer_long_gone_has_no_day_and_raises_no_warning(truth: PurchaseModel) -> None:
    features = np.full((1, len(NAMES)), np.nan)
    for name, value in {"visits": 400, "tenure_days": 20_000, "recency_days": 19_000}.items():
        features[0, NAMES.index(name)] = value
    assert np.isinf(days_until(truth, features, np.ones(1), 0.1)).all()


@pytest.fixture(scope="module")
def model(many: Examples, truth: PurchaseModel) -> ChurnModel:
    return replace(fit(many, Recipe.FALLBACK, HORIZON), purchases=truth)


def test_a_model_that_agrees_with_mbg_nbd_gives_its_values(model: ChurnModel, lives: Lives) -> None:
    features = lives.features[:2000]
    silent = model.predict(features, AT)
    alive = chance_alive(model.purchases, features)
    assert probability_alive(model, features, silent) == pytest.approx(alive, abs=1e-3)
    dated = days_to_next(model, features, silent)[1]
    plain = days_until(model.purchases, features, np.ones(2000), 0.5)
    assert dated[~np.isnan(dated)] == pytest.approx(plain[~np.isnan(dated)], rel=1e-3)


def test_likelier_churn_means_less_likely_alive_and_a_later_purchase(model: ChurnModel, lives: Lives) -> None:
    features = lives.features[:2000]
    silent = model.predict(features, AT)
    features, silent = features[silent < 0.999], silent[silent < 0.999]
    gloomy = silent + (1 - silent) / 3
    assert (probability_alive(model, features, gloomy) < probability_alive(model, features, silent)).all()
    early, late = days_to_next(model, features, silent)[1], days_to_next(model, features, gloomy)[1]
    assert np.isnan(late).sum() > np.isnan(early).sum()
    assert (late >= early)[~np.isnan(late)].all()


def test_the_curve_meets_the_model_at_the_horizon(model: ChurnModel, lives: Lives) -> None:
    plain = model.predict(lives.features, AT)
    features = lives.features[(plain > 0.001) & (plain < 0.999)]
    assert len(features) > 30_000
    assert days_to_next(model, features, np.full(len(features), 0.5))[1] == pytest.approx(HORIZON, rel=1e-3)


def test_the_columns_are_ordered_dates_or_none_where_no_purchase_is_expected(
    model: ChurnModel, lives: Lives
) -> None:
    features = lives.features[:2000]
    columns = prospects(model, features, model.predict(features, AT), AT)
    assert [column.type for column in columns] == COLUMNS.types
    alive, *dates = (column.to_pylist() for column in columns)
    assert all(0 <= one <= 1 for one in alive)
    furthest = AT + timedelta(days=2 * HORIZON)
    dated = opened = 0
    for middle, low, high in zip(*dates, strict=True):
        if middle is None:
            assert low is None and high is None
            continue
        dated, opened = dated + 1, opened + (high is None)
        assert AT <= low <= middle <= (high or furthest) <= furthest
    assert 0 < opened < dated < 2000


def test_the_base_rate_says_nothing_about_anybody(model: ChurnModel, lives: Lives) -> None:
    columns = prospects(model.base_rate, lives.features[:5], np.full(5, 0.4), AT)
    assert [column.to_pylist() for column in columns] == [[None] * 5] * 4
    assert [column.type for column in columns] == COLUMNS.types
