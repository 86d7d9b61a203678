"""MBG/NBD against a simulation of the customers it describes."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.optimize import check_grad

from components.churn_model import amounts, purchase_model
from components.churn_model.examples import Flags, Floats
from components.churn_model.features import NAMES
from components.churn_model.purchase_model import PurchaseModel, fit_purchases

HORIZON = 90
type Customers = tuple[Floats, Flags]


@pytest.fixture(scope="module")
def simulated(simulate_buyers: Callable[..., Customers]) -> Customers:
    return simulate_buyers(40_000, 1)


def test_the_closed_form_is_the_share_that_stays_silent(truth: PurchaseModel, simulated: Customers) -> None:
    features, silent = simulated
    probability = truth.silence_probability(features, HORIZON)
    order = np.argsort(probability)
    for tenth in np.array_split(order, 10):
        assert probability[tenth].mean() == pytest.approx(silent[tenth].mean(), abs=0.025)


def test_fitting_recovers_the_true_probabilities(truth: PurchaseModel, simulated: Customers) -> None:
    features, silent = simulated
    fitted = fit_purchases(features).silence_probability(features, HORIZON)
    known = truth.silence_probability(features, HORIZON)
    assert np.abs(fitted - known).mean() < 0.02
    assert fitted.mean() == pytest.approx(silent.mean(), abs=0.01)


def test_a_longer_horizon_is_less_likely_silent(truth: PurchaseModel, simulated: Customers) -> None:
    features, _ = simulated
    short, long = (truth.silence_probability(features, days) for days in (30, 300))
    assert (long < short).all()
    assert truth.silence_probability(features, 0) == pytest.approx(1)


@pytest.mark.parametrize(("visits", "customers"), [(1, 1), (1, 5000), (3650, 3)])
def test_identical_customers_give_finite_parameters(visits: int, customers: int) -> None:
    features = np.full((customers, len(NAMES)), np.nan)
    row = {"visits": visits, "tenure_days": 3650, "recency_days": 1}
    features[:, [NAMES.index(name) for name in row]] = list(row.values())
    probability = fit_purchases(features).silence_probability(features, HORIZON)
    assert np.isfinite(probability).all()
    assert ((probability >= 0) & (probability <= 1)).all()


@pytest.mark.parametrize(
    ("model", "parameters", "customers"),
    [
        (purchase_model, [0.7, 1.3, 0.4, 2.5], [[0, 1, 4, 30], [0, 2, 5, 9], [3, 4, 9, 9]]),
        (amounts, [1.4, 3.2, 0.6], [[1, 1, 2, 40], [0.3, 2, 1, 1.1]]),
    ],
)
def test_the_gradient_of_the_likelihood_matches_finite_differences(
    model: Any, parameters: list[float], customers: list[list[float]]
) -> None:
    def likelihood(at: Floats, what: int) -> Floats:
        found: Floats = model._log_likelihood(at, *map(np.array, customers))[what]
        return found

    step = check_grad(
        lambda at: likelihood(at, 0).sum(), lambda at: likelihood(at, 1).sum(axis=1), np.array(parameters)
    )
    assert step < 1e-5
