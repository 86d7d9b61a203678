"""Made-up examples of which the truth is known."""

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import pytest

from components.train_churn_model.examples import Examples
from components.train_churn_model.features import NAMES

HORIZON = 90
CUTOFFS = [date(2025, 1, 1) + timedelta(days=30 * number) for number in range(6)]
INDEX = {name: number for number, name in enumerate(NAMES)}


def make_examples(customers: int, cutoffs: list[date], seed: int = 0, shift: float = 0.0) -> Examples:
    """Return examples whose churn grows with recency and falls with visits; the rest is noise and gaps."""
    generator = np.random.default_rng(seed)
    rows = customers * len(cutoffs)
    features = generator.gamma(2, 10, size=(rows, len(NAMES)))
    features[generator.uniform(size=features.shape) < 0.1] = np.nan
    recency, visits = generator.gamma(2, 10, size=(2, rows)) + 1
    log_odds = 3 * np.log1p(recency) - 3 * np.log1p(visits) + shift
    features[:, INDEX["recency_days"]] = np.round(recency)
    features[:, INDEX["visits"]] = np.round(visits)
    features[:, INDEX["tenure_days"]] = np.round(recency) + 100
    features[:, INDEX["visits_same_window_last_year"]] = np.nan
    dates = np.repeat(np.array(cutoffs, dtype="datetime64[D]"), customers)
    features[:, INDEX["history_days"]] = (dates - np.datetime64("2024-01-01")).astype(float)
    churned = generator.uniform(size=rows) < 1 / (1 + np.exp(-log_odds))
    return Examples(features, churned, dates)


@pytest.fixture(scope="session")
def made_up() -> Callable[..., Examples]:
    return make_examples


@pytest.fixture(scope="session")
def many() -> Examples:
    return make_examples(400, CUTOFFS)
