"""Evaluate a recipe on customers and outcomes that it was not fitted on."""

from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import StratifiedKFold

from components.churn_model.day import fit_day, on_day
from components.churn_model.examples import Examples, Flags, Floats
from components.churn_model.model import ChurnModel, Recipe, fit
from components.churn_model.purchase_model import PurchaseModel, fit_purchases
from components.shared.errors import StepError
from components.train_churn_model.baselines import fit_baselines

LATER_TIME = "fitted on the earlier cut-offs whose outcomes had closed, judged on the newest cut-off"
OTHER_CUSTOMERS = "fitted and judged on different customers of one cut-off: too little history for later time"
FOLDS = 5
ENOUGH = 50
LEAST = 2


@dataclass(frozen=True)
class Evaluation:
    """Predictions for the newest cut-off's rows by models that have not seen their outcomes.

    baselines holds those of each baseline. purchases is MBG/NBD of the newest cut-off's customers, as it
    would have been fitted on that day. models are the judged models as they were then, each with the rows
    that it was judged on: a single one if judged over time.
    """

    protocol: str
    test: Examples
    probability: Floats
    baselines: dict[str, Floats]
    rows_fitted: int
    purchases: PurchaseModel
    models: list[tuple[ChurnModel, Examples]]

    def as_of_newest(self, model: ChurnModel) -> ChurnModel:
        """Return a model as it was at the newest cut-off."""
        return as_of_newest(model, self.test, self.purchases)


def as_of_newest(model: ChurnModel, test: Examples, purchases: PurchaseModel) -> ChurnModel:
    """Return a model as it was at the cut-off of some customers, given their MBG/NBD."""
    return on_day(model, fit_day(model, test.features, test.newest_cutoff, purchases))


def closed_before_newest(examples: Examples, horizon_days: int) -> Examples:
    """Return the examples whose outcome was known at the newest cut-off."""
    closed = examples.cutoff_dates + np.timedelta64(horizon_days, "D")
    return examples.take(closed <= examples.cutoff_dates.max())


def evaluate(examples: Examples, recipe: Recipe, horizon_days: int) -> Evaluation:
    """Judge a recipe over time, or over customers if the earlier cut-offs hold too little.

    Raises StepError if the newest cut-off has fewer than LEAST customers of either class.
    """
    test = examples.newest
    if test.rarer < LEAST:
        churned, stayed = int(test.churned.sum()), int((~test.churned).sum())
        rare = "churned" if churned < stayed else "stayed"
        raise StepError(
            f"in the {horizon_days} days from the newest cut-off, {test.newest_cutoff}, {churned} of its "
            f"customers churned and {stayed} stayed: a model needs at least {LEAST} of each, so "
            f"{LEAST - test.rarer} more who {rare} are missing; use a longer history, a later as_of or "
            "another horizon_days"
        )
    earlier = closed_before_newest(examples, horizon_days)
    if earlier.rarer < ENOUGH:
        return _over_customers(test, recipe, horizon_days)
    fitted = fit(earlier, recipe, horizon_days)
    purchases = fit_purchases(test.features)
    model = as_of_newest(fitted, test, purchases)
    baselines = fit_baselines(earlier, model)
    return Evaluation(
        LATER_TIME,
        test,
        predict_newest(model, test),
        {name: predict(test.features) for name, predict in baselines.items()},
        len(earlier.churned),
        purchases,
        [(model, test)],
    )


def predict_newest(model: ChurnModel, test: Examples) -> Floats:
    """Return a model's probabilities for the customers of one cut-off, from that date on."""
    return model.predict(test.features, test.newest_cutoff)


def _over_customers(test: Examples, recipe: Recipe, horizon_days: int) -> Evaluation:
    probability = np.empty(len(test.churned))
    baselines: dict[str, Floats] = {}
    models = []
    purchases = fit_purchases(test.features)
    folds = StratifiedKFold(min(FOLDS, test.rarer), shuffle=True, random_state=0)
    for _, held_out in folds.split(test.features, test.churned):
        is_test: Flags = np.isin(np.arange(len(test.churned)), held_out)
        train, judged = test.take(~is_test), test.take(is_test)
        model = as_of_newest(fit(train, recipe, horizon_days), test, purchases)
        probability[is_test] = predict_newest(model, judged)
        for name, predict in fit_baselines(train, model).items():
            baselines.setdefault(name, np.empty(len(test.churned)))[is_test] = predict(judged.features)
        models.append((model, judged))
    return Evaluation(OTHER_CUSTOMERS, test, probability, baselines, len(test.churned), purchases, models)
