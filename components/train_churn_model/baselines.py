"""The baselines that the model is compared with: simpler ways to the same probabilities."""

from collections.abc import Callable

import numpy as np

from components.churn_model.examples import Examples, Floats
from components.churn_model.features import NAMES
from components.churn_model.linear import fit_linear
from components.churn_model.model import ChurnModel
from components.churn_model.probability import clip, from_log_odds

type Predictor = Callable[[Floats], Floats]

REGRESSIONS = {
    "Recency only": ["recency_days"],
    "RFM logistic regression": ["recency_days", "visits", "spend"],
}
PURCHASES = "MBG/NBD"
BASE_RATE = "Base rate"


def fit_baselines(examples: Examples, model: ChurnModel) -> dict[str, Predictor]:
    """Return the fitted baselines; each gives the probability of churn for rows by NAMES.

    model was fitted on the same examples and is adapted to the judged day: its MBG/NBD is also a baseline.
    """
    baselines = {name: _regression(examples, columns) for name, columns in REGRESSIONS.items()}
    at = examples.newest_cutoff
    baselines[PURCHASES] = lambda features: model.fallback.predict(features, at)
    share = float(examples.churned.mean())
    baselines[BASE_RATE] = lambda features: clip(np.full(len(features), share))
    return baselines


def _regression(examples: Examples, names: list[str]) -> Predictor:
    columns = np.array([NAMES.index(name) for name in names])
    linear = fit_linear(examples, columns, regularisation=1.0)
    return lambda features: clip(from_log_odds(linear.log_odds(features)))
