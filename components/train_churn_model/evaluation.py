"""What a recipe is worth, on customers and outcomes it was not fitted on."""

from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import StratifiedKFold

from components.shared.errors import StepError
from components.train_churn_model.examples import Examples, Floats
from components.train_churn_model.model import ChurnModel, Recipe, fit

LATER_TIME = "fitted on the earlier cut-offs whose outcomes had closed, judged on the newest cut-off"
OTHER_CUSTOMERS = "fitted and judged on different customers of one cut-off: too little history for later time"
FOLDS = 5
ENOUGH = 50


@dataclass(frozen=True)
class Evaluation:
    """Predictions for the newest cut-off's rows by models that have not seen their outcomes."""

    protocol: str
    test: Examples
    probability: Floats
    base_rate: float
    rows_fitted: int
    models: list[tuple[ChurnModel, Examples]]


def newest(examples: Examples) -> Examples:
    """Return the examples of the newest cut-off."""
    return examples.take(examples.cutoff_dates == examples.cutoff_dates.max())


def closed_before_newest(examples: Examples, horizon_days: int) -> Examples:
    """Return the examples whose outcome was known at the newest cut-off."""
    closed = examples.cutoff_dates + np.timedelta64(horizon_days, "D")
    return examples.take(closed <= examples.cutoff_dates.max())


def evaluate(examples: Examples, recipe: Recipe, horizon_days: int) -> Evaluation:
    """Judge a recipe over time, or over customers when the earlier cut-offs hold too little."""
    test = newest(examples)
    if test.rarer < 2:
        raise StepError(
            f"{int(test.churned.sum())} of {len(test.churned)} customers churned by the newest cut-off: "
            "a model needs at least two who did and two who did not; take a longer history, a later as_of or "
            "another horizon_days"
        )
    earlier = closed_before_newest(examples, horizon_days)
    if earlier.rarer < ENOUGH:
        return _over_customers(test, recipe, horizon_days)
    model = fit(earlier, recipe, horizon_days)
    probability = model.predict(test.features)
    base_rate = float(earlier.churned.mean())
    return Evaluation(LATER_TIME, test, probability, base_rate, len(earlier.churned), [(model, test)])


def _over_customers(test: Examples, recipe: Recipe, horizon_days: int) -> Evaluation:
    probability = np.empty(len(test.churned))
    models = []
    folds = StratifiedKFold(min(FOLDS, test.rarer), shuffle=True, random_state=0)
    for _, held_out in folds.split(test.features, test.churned):
        is_test = np.isin(np.arange(len(test.churned)), held_out)
        model = fit(test.take(~is_test), recipe, horizon_days)
        probability[is_test] = model.predict(test.features[is_test])
        models.append((model, test.take(is_test)))
    return Evaluation(
        OTHER_CUSTOMERS, test, probability, float(test.churned.mean()), len(test.churned), models
    )
