"""The value of the spend model at a cut-off, compared with simpler ways to the same figure."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from components.churn_model.examples import Examples, Floats
from components.churn_model.expected_spend import DaySpend, Spend, fit_spend_day
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
CHAMPION = "the champion's trees"
RIVALS = (GAMMA_GAMMA, PACE, CHAMPION)  # whose ranking the model's is compared with, customer by customer


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
    churn: ChurnModel, spend: SpendModel, test: Examples, champion: SpendModel | None = None
) -> SpendFigures | None:
    """Judge a spend model on one cut-off's customers, with the churn model as it was on that day.

    The champion's trees get the same churn model, so that the two differ in nothing else. None if too few
    spent anything, or if spend is unknown.
    """
    if test.money is None:
        return None
    customers, at = (test.features, test.money.currencies), test.newest_cutoff
    model = fit_spend_day(churn, spend, *customers, at)
    spending = spending_of(test, model.fit.units)
    if spending is None or (spending.spent > 0).sum() < LEAST_BUYERS or np.ptp(spending.spent) == 0:
        return None
    silent = churn.predict(test.features, at)
    _, unit = in_units(*customers, model.fit.units)
    known = ~np.isnan(test.money.spent / unit)

    def predict_spend(day: DaySpend) -> Spend:
        """Return a model's predictions for the customers whose spend is known, in units."""
        said = day.predict(*customers, silent)
        return Spend(*((of / unit)[known] for of in vars(said).values()))

    others = baselines(model, spending.features)
    if champion is not None:
        others[CHAMPION] = predict_spend(fit_spend_day(churn, champion, *customers, at)).expected
    return _figures(model, spending, predict_spend(model), others, at)


def _figures(
    model: DaySpend, spending: Spending, said: Spend, others: dict[str, Floats], at: date
) -> SpendFigures:
    shown = ~np.isnan(said.high)
    held = (spending.spent >= said.low) & (spending.spent <= said.high)
    ways = {MODEL: said.expected, **others}
    rivals = {name: values for name, values in others.items() if name in RIVALS}
    return SpendFigures(
        cutoff_date=at,
        customers=len(spending.spent),
        figures={name: judge_spend(spending.spent, values) for name, values in ways.items()},
        against=gini_differences(spending.spent, said.expected, rivals),
        trees=model.spend.trees is not None,
        known_year=model.fit.known_year,
        level=model.fit.level,
        shown=float(shown.mean()),
        covered=float(held[shown].mean()) if shown.any() else None,
    )


def baselines(model: DaySpend, features: Floats) -> dict[str, Floats]:
    """Return what simpler ways expect each customer (rows in units) to spend."""
    horizon = model.spend.horizon_days
    return {
        GAMMA_GAMMA: model.process.spend(features, horizon),
        LAST_HORIZON: features[:, HORIZON_SPEND],
        PACE: features[:, PACE_SPEND] / 4,
    }
