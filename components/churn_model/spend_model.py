"""Expected spend: gamma trees and gamma-gamma for what buyers spend, and last year's season for the total.

The mean of both ranks as well as the trees do, and is clearly behind gamma-gamma at none of 32 past dates of
two shops (tests/bench/worth.py); the trees alone are behind at two, after a Christmas.

Amounts are counted in units, one per currency: what its customers spend on a purchase day, relative to those
of the commonest currency. A shop with one currency has a unit of 1. The amounts of customers who pay in
several currencies cannot be added up, so their unit, and everything derived from it, is NaN.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from components.churn_model.amounts import SPEND_MEAN
from components.churn_model.examples import MIXED, Examples, Flags, Floats, Texts
from components.churn_model.features import NAMES
from components.churn_model.linear import known_columns
from components.churn_model.purchase_process import PurchaseProcess, fit_process
from components.churn_model.season import HISTORY_DAYS
from components.churn_model.spend_season import SpendSeason
from components.churn_model.threads import few_threads

BOOSTING = {
    "loss": "gamma",
    "max_iter": 50,
    "max_leaf_nodes": 8,
    "learning_rate": 0.1,
    "min_samples_leaf": 100,
    "l2_regularization": 1.0,
    "max_features": 0.25,
    "early_stopping": False,
    "random_state": 0,
}
LEAST_BUYERS = 500  # rows of buyers, below which gamma-gamma serves alone
CUT = 0.999  # quantile at which a buyer's spend is cut; the excess is spread over all
LEVELS = np.arange(0.01, 1, 0.01)
PROCESS_SHARE = 0.5  # weight of gamma-gamma in what a buyer spends
CENT = 0.01
ALL_BUT_EXCLUDED = 0.8  # probability of no purchase from which an interval would be [0, 0]
# The features that are amounts; ratios of amounts and counts have no currency.
AMOUNTS = np.array(
    [column for column, name in enumerate(NAMES) if name.startswith("spend") and "over" not in name]
)

type Units = dict[str, float]


@dataclass(frozen=True)
class Spending:
    """Features with amounts in units, each customer's spend within the horizon, and the cut-offs."""

    features: Floats
    spent: Floats
    cutoff_dates: npt.NDArray[np.datetime64]

    def take(self, rows: Flags) -> "Spending":
        """Return the rows that the mask selects."""
        return Spending(self.features[rows], self.spent[rows], self.cutoff_dates[rows])

    @property
    def newest(self) -> "Spending":
        """The rows of the newest cut-off."""
        return self.take(self.cutoff_dates == self.cutoff_dates.max())


@dataclass(frozen=True)
class SpendModel:
    """What buyers spend within the horizon, in units: the mean of trees and gamma-gamma, or the latter alone.

    The fields are saved by name. around holds, at LEVELS, the quantiles of the log error: a buyer's actual
    over expected spend. kept corrects the trees for the cut of large orders: it is the buyers' spend over
    their cut spend. columns are those that the trees read. process_share is gamma-gamma's share of the mean;
    trees saved by an earlier release have none, and serve alone.
    """

    horizon_days: int
    units: Units
    season: SpendSeason
    around: Floats
    kept: float = 1.0
    trees: HistGradientBoostingRegressor | None = None
    columns: npt.NDArray[np.int64] | None = None
    process_share: float = 0.0

    def of_buyers(self, features: Floats, process: PurchaseProcess) -> Floats:
        """Return what each customer (rows by NAMES, in units) spends if they buy."""
        by_process = process.spend_of_buyers(features, self.horizon_days)
        if self.trees is None:
            return by_process
        with few_threads(len(features)):
            by_trees = self.kept * self.trees.predict(features[:, self.columns])
        both = self.process_share * by_process + (1 - self.process_share) * by_trees
        return np.asarray(both, dtype=np.float64)

    def interval(self, silent: Floats, if_buys: Floats, level: float) -> tuple[Floats, Floats]:
        """Return the interval of spend: its lower end is 0 once no purchase alone fills the lower tail.

        Both ends are NaN where the probability of no purchase is ALL_BUT_EXCLUDED or more, or if_buys is NaN.
        """
        tail, buys = (1 - level) / 2, 1 - silent
        upper = np.where(silent < tail, 1 - tail, level)
        low = np.where(silent < tail, if_buys * self._quantile((tail - silent) / buys), 0.0)
        high = np.where(silent < upper, if_buys * self._quantile((upper - silent) / buys), 0.0)
        shown = (silent < ALL_BUT_EXCLUDED) & ~np.isnan(if_buys)
        return np.where(shown, low, np.nan), np.where(shown, high, np.nan)

    def _quantile(self, level: Floats) -> Floats:
        return np.exp(np.interp(level, LEVELS, self.around))


def measure_units(features: Floats, currencies: Texts, known: Units | None = None) -> Units:
    """Return each currency's unit, keeping known ones; 1 for a currency without any spend."""
    known = known or {}
    single = currencies != MIXED
    paid = single & (features[:, SPEND_MEAN] > 0)
    names, counts = np.unique(currencies[paid], return_counts=True)
    typical = {
        str(name): float(np.median(features[paid & (currencies == name), SPEND_MEAN])) for name in names
    }
    anchors = {
        str(name): count for name, count in zip(names, counts, strict=True) if name in known or not known
    }
    anchor = max(anchors, key=lambda name: anchors[name], default="")
    base = typical.get(anchor, 1.0) / known.get(anchor, 1.0)
    return {str(name): typical.get(str(name), base) / base for name in np.unique(currencies[single])} | known


def in_units(features: Floats, currencies: Texts, units: Units) -> tuple[Floats, Floats]:
    """Return the features with amounts in units, and each row's unit; NaN if unknown."""
    names, which = np.unique(currencies, return_inverse=True)
    unit = np.array([units.get(str(name), np.nan) for name in names])[which]
    if (unit == 1).all():
        return features, unit
    scaled = features.copy()
    scaled[:, AMOUNTS] /= unit[:, None]
    return scaled, unit


def spending_of(examples: Examples, units: Units) -> Spending | None:
    """Return the examples with known spend, all money in units; None if there are none."""
    if examples.money is None:
        return None
    features, unit = in_units(examples.features, examples.money.currencies, units)
    spending = Spending(features, examples.money.spent / unit, examples.cutoff_dates)
    known = ~np.isnan(spending.spent)
    return (spending if known.all() else spending.take(known)) if known.any() else None


def measure_spend_season(spending: Spending, horizon_days: int) -> SpendSeason:
    """Return the ratios of the cut-offs that were followed by any spend."""
    dates, ratios, histories = [], [], []
    for cutoff in np.unique(spending.cutoff_dates):
        one = spending.take(spending.cutoff_dates == cutoff)
        expected = fit_process(one.features).spend(one.features, horizon_days).sum()
        if one.spent.sum() > 0 and expected > 0:
            dates.append(cutoff)
            ratios.append(float(np.log(one.spent.sum() / expected)))
            histories.append(float(one.features[:, HISTORY_DAYS].max()))
    return SpendSeason(np.array(dates, dtype="datetime64[D]"), np.array(ratios), np.array(histories))


def fit_spend(spending: Spending, horizon_days: int, units: Units, season: SpendSeason) -> SpendModel:
    """Fit buyers' spend, with trees if there are enough buyers."""
    process, buyers = fit_process(spending.newest.features), spending.take(spending.spent > 0)
    alone = _without_trees(spending.newest, process, horizon_days, units, season)
    return alone if len(buyers.spent) < LEAST_BUYERS else _with_trees(alone, buyers, process)


def fit_without_trees(spending: Spending, horizon_days: int, units: Units, season: SpendSeason) -> SpendModel:
    """Return gamma-gamma's estimate as a model, with the spread of the newest cut-off's buyers."""
    newest = spending.newest
    return _without_trees(newest, fit_process(newest.features), horizon_days, units, season)


def _without_trees(
    newest: Spending, process: PurchaseProcess, horizon_days: int, units: Units, season: SpendSeason
) -> SpendModel:
    expected = process.spend_of_buyers(newest.features, horizon_days)
    return SpendModel(horizon_days, units, season, _measure_spread(newest.spent, expected))


def _with_trees(alone: SpendModel, buyers: Spending, process: PurchaseProcess) -> SpendModel:
    """Return the model with trees; no single large order distorts them, and the total is preserved."""
    known = known_columns(buyers.features)
    columns = known[known != HISTORY_DAYS]  # it grows from cut-off to cut-off; the season accounts for it
    features = buyers.features[:, columns]
    cut = np.minimum(buyers.spent, np.quantile(buyers.spent, CUT))
    with threadpool_limits(limits=1):
        trees = HistGradientBoostingRegressor(**BOOSTING).fit(features, cut)
    kept = float(buyers.spent.sum() / cut.sum())
    model = replace(alone, kept=kept, trees=trees, columns=columns, process_share=PROCESS_SHARE)
    return replace(model, around=_measure_spread(buyers.spent, model.of_buyers(buyers.features, process)))


def _measure_spread(spent: Floats, expected: Floats) -> Floats:
    known = (spent > 0) & (expected > 0)
    if not known.any():
        return np.zeros(len(LEVELS))
    return np.asarray(np.quantile(np.log((spent[known] + CENT) / expected[known]), LEVELS), dtype=np.float64)
