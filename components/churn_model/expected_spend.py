"""What customers spend within the horizon: the chance to buy, what a buyer spends, and the right total.

What needs no outcome is fitted to the day's own customers: MBG/NBD, gamma-gamma, and one factor for all.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
from scipy.special import expit, logit

from components.churn_model.amounts import AmountModel, fit_amounts
from components.churn_model.examples import MIXED, Floats, Texts
from components.churn_model.model import LEAST_PROBABILITY, ChurnModel
from components.churn_model.purchase_model import PurchaseModel
from components.churn_model.purchase_process import PurchaseProcess
from components.churn_model.spend_model import SpendModel, Units, in_units, measure_units

LEVEL, LEVEL_WITHOUT_YEAR = 0.8, 0.9  # of an interval: the first year's own covers less than it says
CENTS = 2
COLUMNS = pa.schema(
    [
        pa.field("expected_spend", pa.float64()),
        pa.field("expected_spend_low", pa.float64()),
        pa.field("expected_spend_high", pa.float64()),
        pa.field("value_at_risk", pa.float64()),
        pa.field("currency", pa.string()),
    ]
)


@dataclass(frozen=True)
class Spend:
    """Each customer's spend in the horizon, in their currency; NaN for the ends of an interval not shown.

    at_risk is what is lost if the customer stays away, times the probability that they do.
    """

    expected: Floats
    low: Floats
    high: Floats
    at_risk: Floats


@dataclass(frozen=True)
class SpendFit:
    """What a day adds to a spend model: gamma-gamma of the day's customers, units, and the right total.

    scale is what every customer's spend is multiplied by for the total to be right, shift what is added to
    the log odds of no purchase, and known_year whether last year's season is known.
    """

    amounts: AmountModel
    units: Units
    scale: float
    shift: float
    known_year: bool

    @property
    def level(self) -> float:
        """Return the level of the day's intervals."""
        return LEVEL if self.known_year else LEVEL_WITHOUT_YEAR


@dataclass(frozen=True)
class DaySpend:
    """The spend model as it stands for a day."""

    spend: SpendModel
    purchases: PurchaseModel
    fit: SpendFit

    @property
    def process(self) -> PurchaseProcess:
        """Return MBG/NBD times gamma-gamma of the day."""
        return PurchaseProcess(self.purchases, self.fit.amounts)

    def predict(self, features: Floats, currencies: Texts, silent: Floats) -> Spend:
        """Return what customers spend, of whom the churn model says the probability of no purchase.

        All is NaN of who pays in several currencies, and in one that the day does not know.
        """
        scaled, unit = in_units(features, currencies, self.fit.units)
        silent = _levelled(silent, self.fit.shift)
        if_buys = self.fit.scale * unit * self.spend.of_buyers(scaled, self.process)
        low, high = self.spend.interval(silent, if_buys, self.fit.level)
        return Spend((1 - self._silence(scaled, silent)) * if_buys, low, high, silent * if_buys)

    def _silence(self, features: Floats, silent: Floats) -> Floats:
        """Return the model's, or MBG/NBD's own where gamma-gamma serves with it."""
        if self.spend.trees is not None:
            return silent
        return self.purchases.silence_probability(features, self.spend.horizon_days)


def money_columns(
    money: DaySpend | None, features: Floats, currencies: Texts, silent: Floats
) -> list[pa.Array]:
    """Return COLUMNS of rows by NAMES, of which the churn model says the probability of no purchase.

    All are null without a model of spend, and of who pays in several currencies.
    """
    if money is None:
        return [pa.nulls(len(features), field.type) for field in COLUMNS]
    said = money.predict(features, currencies, silent)
    amounts = [said.expected, said.low, said.high, said.at_risk]
    mixed = currencies == MIXED
    return [
        *(pa.array(np.round(values, CENTS), from_pandas=True) for values in amounts),
        pa.array(currencies.astype(object), pa.string(), mask=mixed),
    ]


def fit_spend_day(
    churn: ChurnModel, spend: SpendModel, features: Floats, currencies: Texts, at: date
) -> DaySpend:
    """Fit what a day adds to customers of that day; the churn model is as it stands for it."""
    units = measure_units(features, currencies, spend.units)
    scaled, unit = in_units(features, currencies, units)
    one_currency = ~np.isnan(unit)
    features, scaled = features[one_currency], scaled[one_currency]
    process = PurchaseProcess(churn.purchases, fit_amounts(scaled))
    year = spend.season.log_ratio(at, spend.horizon_days)
    # Churn trusts a season by half; with half of it, totals of money before Christmas were a quarter too low.
    shift = churn.season.offset(at, churn.horizon_days) if churn.season and year is not None else 0.0
    silent = _levelled(churn.predict(features, at), shift)
    scale = _scale(spend, process, scaled, silent, year)
    fitted = SpendFit(process.amounts, units, scale, shift, known_year=year is not None)
    return DaySpend(spend, churn.purchases, fitted)


def _scale(
    spend: SpendModel, process: PurchaseProcess, features: Floats, silent: Floats, year: float | None
) -> float:
    """Return the factor by which the total becomes the process's times last year's ratio.

    Where no year is known, it becomes the geometric mean of both totals. It touches no ranking.
    """
    if spend.trees is None:
        return float(np.exp(year or 0.0))
    by_process = float(process.spend(features, spend.horizon_days).sum())
    own = float(((1 - silent) * spend.of_buyers(features, process)).sum())
    if by_process <= 0 or own <= 0:
        return 1.0
    ratio = np.log(own / by_process) / 2 if year is None else year
    return float(by_process * np.exp(ratio) / own)


def _levelled(silent: Floats, shift: float) -> Floats:
    inside = np.clip(silent, LEAST_PROBABILITY, 1 - LEAST_PROBABILITY)
    return np.asarray(expit(logit(inside) + shift), dtype=np.float64)
