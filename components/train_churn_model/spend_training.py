"""What past cut-offs say about money, and a spend model fitted to what was known by a date."""

from dataclasses import dataclass, replace
from datetime import date

from components.churn_model.examples import Examples
from components.churn_model.model import ChurnModel
from components.churn_model.spend_model import (
    SpendModel,
    Units,
    fit_spend,
    fit_without_trees,
    measure_spend_season,
    measure_units,
    spending_of,
)
from components.churn_model.spend_season import SpendSeason
from components.train_churn_model.spend_evaluation import SpendFigures, evaluate_spend


@dataclass(frozen=True)
class SpendHistory:
    """What a shop's past cut-offs say about money: its currencies' units, and its totals' deviations."""

    units: Units
    season: SpendSeason
    horizon_days: int

    def fit(self, examples: Examples, at: date, trees: bool = True) -> SpendModel | None:
        """Fit a spend model to examples, with the totals known at a date; None if spend is unknown."""
        spending = spending_of(examples, self.units)
        if spending is None:
            return None
        season = self.season.closed_by(at, self.horizon_days)
        fitting = fit_spend if trees else fit_without_trees
        return fitting(spending, self.horizon_days, self.units, season)

    def judge(self, churn_model: ChurnModel, earlier: Examples, test: Examples) -> SpendFigures | None:
        """Judge a model of the earlier examples at a later cut-off, with the churn model as it was then."""
        spend_model = self.fit(earlier, test.newest_cutoff)
        return evaluate_spend(churn_model, spend_model, test) if spend_model else None

    def now(self, spend_model: SpendModel, at: date) -> SpendModel:
        """Return an earlier training's model with the totals known at a date, which need no fitting."""
        return replace(spend_model, season=self.season.closed_by(at, self.horizon_days))


def measure_history(examples: Examples, horizon_days: int) -> SpendHistory | None:
    """Return what the examples' cut-offs say about money; None if spend was not recorded."""
    if examples.money is None:
        return None
    units = measure_units(examples.features, examples.money.currencies)
    spending = spending_of(examples, units)
    if spending is None:
        return None
    return SpendHistory(units, measure_spend_season(spending, horizon_days), horizon_days)
