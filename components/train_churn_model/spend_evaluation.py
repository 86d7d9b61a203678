"""The value of the spend model at a cut-off, compared with simpler ways to the same figure."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from components.churn_model.examples import Examples, Floats
from components.churn_model.expected_spend import DaySpend, SpendPrediction, fit_spend_day
from components.churn_model.features import NAMES
from components.churn_model.model import ChurnModel
from components.churn_model.spend_model import Spending, SpendModel, in_units, spending_of
from components.train_churn_model.intervals import Interval
from components.train_churn_model.spend_metrics import gini_differences, judge_spend

MODEL = "this model"
LEAST_BUYERS = 50  # at a cut-off, below which its figures say nothing
GAMMA_GAMMA = "MBG/NBD x gamma-gamma"
HORIZON_SPEND, PACE_SPEND = NAMES.index("spend_in_horizon"), NAMES.index("spend_in_4_horizons")
LAST_HORIZON, PACE = "last horizon's spend", "last year's pace"
CHAMPIONS_TREES = "the champion's trees"
# Whose ranking the model's is compared with, customer by customer.
RIVALS = (GAMMA_GAMMA, PACE, CHAMPIONS_TREES)


@dataclass(frozen=True)
class SpendFigures:
    """One cut-off's figures of the model, each baseline and the champion's trees; amounts are in units.

    against is the model's Gini minus that of each of RIVALS present; trees says whether the model
    has any. covered is the share of the shown intervals that contained the outcome, level the share that they
    claim, shown the share of customers who have one.
    """

    cutoff_date: date
    customers: int
    figures: dict[str, dict[str, float]]
    against: dict[str, Interval]
    trees: bool
    known_year: bool
    level: float
    shown: float
    covered: float | None


def evaluate_spend(
    churn_model: ChurnModel, spend_model: SpendModel, test: Examples, champion: SpendModel | None = None
) -> SpendFigures | None:
    """Judge a spend model on one cut-off's customers, with the churn model as it was on that day.

    The champion's trees get the same churn model, so that the two differ in nothing else. None if too few
    spent anything, or if spend is unknown.
    """
    if test.money is None:
        return None
    customers, at = (test.features, test.money.currencies), test.newest_cutoff
    day_spend = fit_spend_day(churn_model, spend_model, *customers, at)
    spending = spending_of(test, day_spend.fit.units)
    if spending is None or (spending.spent > 0).sum() < LEAST_BUYERS or np.ptp(spending.spent) == 0:
        return None
    silent = churn_model.predict(test.features, at)
    _, unit = in_units(*customers, day_spend.fit.units)
    known = ~np.isnan(test.money.spent / unit)

    def predict_spend(day: DaySpend) -> SpendPrediction:
        """Return a model's predictions for the customers whose spend is known, in units."""
        predicted = day.predict(*customers, silent)
        return SpendPrediction(
            expected=(predicted.expected / unit)[known],
            low=(predicted.low / unit)[known],
            high=(predicted.high / unit)[known],
            at_risk=(predicted.at_risk / unit)[known],
        )

    others = baselines(day_spend, spending.features)
    if champion is not None:
        others[CHAMPIONS_TREES] = predict_spend(fit_spend_day(churn_model, champion, *customers, at)).expected
    return _figures(day_spend, spending, predict_spend(day_spend), others, at)


def _figures(
    day_spend: DaySpend, spending: Spending, predicted: SpendPrediction, others: dict[str, Floats], at: date
) -> SpendFigures:
    shown = ~np.isnan(predicted.high)
    held = (spending.spent >= predicted.low) & (spending.spent <= predicted.high)
    ways = {MODEL: predicted.expected, **others}
    rivals = {name: values for name, values in others.items() if name in RIVALS}
    return SpendFigures(
        cutoff_date=at,
        customers=len(spending.spent),
        figures={name: judge_spend(spending.spent, values) for name, values in ways.items()},
        against=gini_differences(spending.spent, predicted.expected, rivals),
        trees=day_spend.spend_model.trees is not None,
        known_year=day_spend.fit.known_year,
        level=day_spend.fit.interval_level,
        shown=float(shown.mean()),
        covered=float(held[shown].mean()) if shown.any() else None,
    )


def baselines(day_spend: DaySpend, features: Floats) -> dict[str, Floats]:
    """Return what simpler ways expect each customer (rows in units) to spend."""
    horizon = day_spend.spend_model.horizon_days
    return {
        GAMMA_GAMMA: day_spend.process.spend(features, horizon),
        LAST_HORIZON: features[:, HORIZON_SPEND],
        PACE: features[:, PACE_SPEND] / 4,
    }
