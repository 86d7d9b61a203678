"""MBG/NBD against a simulation of the customers it describes."""

import numpy as np
import pytest

from components.train_churn_model.examples import Floats
from components.train_churn_model.features import NAMES
from components.train_churn_model.purchase_model import PurchaseModel, fit_purchases

TRUTH = PurchaseModel(shape=0.8, rate=30.0, leaving=0.7, staying=2.5)
HORIZON = 60


def simulate(customers: int, seed: int) -> tuple[Floats, np.ndarray]:
    """Return customers by NAMES at their cut-offs, and who bought nothing in the horizon."""
    generator = np.random.default_rng(seed)
    rates = generator.gamma(TRUTH.shape, 1 / TRUTH.rate, customers)
    leaving = generator.beta(TRUTH.leaving, TRUTH.staying, customers)
    features = np.full((customers, len(NAMES)), np.nan)
    silent = np.zeros(customers, dtype=bool)
    for number, (rate, share, tenure) in enumerate(
        zip(rates, leaving, generator.uniform(30, 400, customers), strict=True)
    ):
        times = [0.0]
        while generator.uniform() >= share:
            time = times[-1] + generator.exponential(1 / rate)
            times.append(time)
            if time > tenure + HORIZON:
                break
        known = [time for time in times if time <= tenure]
        silent[number] = not any(tenure < time <= tenure + HORIZON for time in times)
        row = {"visits": len(known), "tenure_days": tenure, "recency_days": tenure - known[-1]}
        features[number, [NAMES.index(name) for name in row]] = list(row.values())
    return features, silent


@pytest.fixture(scope="module")
def simulated() -> tuple[Floats, np.ndarray]:
    return simulate(40_000, 1)


def test_the_closed_form_is_the_share_that_stays_silent(simulated: tuple[Floats, np.ndarray]) -> None:
    features, silent = simulated
    probability = TRUTH.silence_probability(features, HORIZON)
    order = np.argsort(probability)
    for tenth in np.array_split(order, 10):
        assert probability[tenth].mean() == pytest.approx(silent[tenth].mean(), abs=0.025)


def test_fitting_finds_what_the_truth_says(simulated: tuple[Floats, np.ndarray]) -> None:
    features, silent = simulated
    fitted = fit_purchases(features).silence_probability(features, HORIZON)
    truth = TRUTH.silence_probability(features, HORIZON)
    assert np.abs(fitted - truth).mean() < 0.02
    assert fitted.mean() == pytest.approx(silent.mean(), abs=0.01)


def test_a_longer_horizon_is_less_likely_silent() -> None:
    features, _ = simulate(50, 3)
    short, long = (TRUTH.silence_probability(features, days) for days in (30, 300))
    assert (long < short).all()
    assert TRUTH.silence_probability(features, 0) == pytest.approx(1)


@pytest.mark.parametrize(("visits", "customers"), [(1, 1), (1, 5000), (3650, 3)])
def test_customers_all_alike_give_finite_parameters(visits: int, customers: int) -> None:
    features = np.full((customers, len(NAMES)), np.nan)
    row = {"visits": visits, "tenure_days": 3650, "recency_days": 1}
    features[:, [NAMES.index(name) for name in row]] = list(row.values())
    probability = fit_purchases(features).silence_probability(features, HORIZON)
    assert np.isfinite(probability).all()
    assert ((probability >= 0) & (probability <= 1)).all()
