"""Simulated customers whose truth is known: they buy as MBG/NBD assumes, and browse before they buy."""

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import pytest

from components.churn_model.examples import Examples, Flags, Floats
from components.churn_model.features import NAMES
from components.churn_model.purchase_model import PurchaseModel

HORIZON = 90
CUTOFFS = [date(2025, 1, 1) + timedelta(days=30 * number) for number in range(6)]
TRUTH = PurchaseModel(shape=0.8, rate=30.0, leaving=0.7, staying=2.5)
INDEX = {name: number for number, name in enumerate(NAMES)}


def simulate_customers(customers: int, seed: int) -> tuple[Floats, Flags]:
    """Return customers' features by NAMES at their cut-offs, and who bought nothing in the horizon."""
    generator = np.random.default_rng(seed)
    rates = generator.gamma(TRUTH.shape, 1 / TRUTH.rate, customers)
    leaving = generator.beta(TRUTH.leaving, TRUTH.staying, customers)
    tenures = generator.uniform(30, 400, customers)
    features = np.full((customers, len(NAMES)), np.nan)
    silent = np.zeros(customers, dtype=bool)
    for number, (rate, share, tenure) in enumerate(zip(rates, leaving, tenures, strict=True)):
        times = [0.0]
        while generator.uniform() >= share and times[-1] <= tenure + HORIZON:
            times.append(times[-1] + generator.exponential(1 / rate))
        known = [time for time in times if time <= tenure]
        silent[number] = not any(tenure < time <= tenure + HORIZON for time in times)
        features[number, INDEX["visits"]] = len(known)
        features[number, INDEX["tenure_days"]] = tenure
        features[number, INDEX["recency_days"]] = tenure - known[-1]
    return features, silent


def make_examples(customers: int, cutoffs: list[date], seed: int = 0, spared: float = 0.0) -> Examples:
    """Return examples whose other features are noise and gaps; a share `spared` of the churners stays."""
    generator = np.random.default_rng(seed)
    features, churned = simulate_customers(customers * len(cutoffs), seed)
    noise = generator.gamma(2, 10, size=features.shape)
    noise[generator.uniform(size=features.shape) < 0.1] = np.nan
    features = np.where(np.isnan(features), noise, features)
    features[:, INDEX["sessions_in_horizon"]] = generator.poisson(np.where(churned, 2, 4))
    features[:, INDEX["visits_same_window_last_year"]] = np.nan
    dates = np.repeat(np.array(cutoffs, dtype="datetime64[D]"), customers)
    features[:, INDEX["history_days"]] = (dates - np.datetime64("2024-01-01")).astype(float)
    return Examples(features, churned & (generator.uniform(size=len(churned)) >= spared), dates)


@pytest.fixture(scope="session")
def simulate_buyers() -> Callable[..., tuple[Floats, Flags]]:
    return simulate_customers


@pytest.fixture(scope="session")
def truth() -> PurchaseModel:
    return TRUTH


@pytest.fixture(scope="session")
def made_up() -> Callable[..., Examples]:
    return make_examples


@pytest.fixture(scope="session")
def many() -> Examples:
    return make_examples(400, CUTOFFS)
