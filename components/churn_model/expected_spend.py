"""Expected spend within the horizon: the chance to buy, a buyer's spend, and a corrected total.

The parts that need no outcomes are fitted to the day's own customers: MBG/NBD, gamma-gamma, and one factor
for all.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from components.churn_model.amounts import AmountModel, fit_amounts
from components.churn_model.examples import MIXED, Floats, Texts
from components.churn_model.model import ChurnModel
from components.churn_model.probability import from_log_odds, to_log_odds
from components.churn_model.purchase_model import PurchaseModel
from components.churn_model.purchase_process import PurchaseProcess
from components.churn_model.spend_model import SpendModel, Units, in_units, measure_units

LEVEL, LEVEL_WITHOUT_YEAR = 0.8, 0.9  # of intervals: in a first year they cover less than their level
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
class SpendPrediction:
    """Each customer's spend within the horizon, in their currency; NaN for interval ends not shown.

    at_risk is the spend that is lost if the customer stays away, times the probability of that.
    """

    expected: Floats
    low: Floats
    high: Floats
    at_risk: Floats


@dataclass(frozen=True)
class SpendFit:
    """What a day adds to a spend model: gamma-gamma of its customers, units, and the corrected total.

    scale multiplies every customer's spend so that the total is right, shift is added to the log odds of no
    purchase, and known_year says whether last year's season is known.
    """

    amounts: AmountModel
    units: Units
    scale: float
    shift: float
    known_year: bool

    @property
    def interval_level(self) -> float:
        """The level of the day's intervals."""
        return LEVEL if self.known_year else LEVEL_WITHOUT_YEAR


@dataclass(frozen=True)
class DaySpend:
    """The spend model adapted to a day."""

    spend_model: SpendModel
    purchases: PurchaseModel
    fit: SpendFit

    @property
    def process(self) -> PurchaseProcess:
        """The day's MBG/NBD times gamma-gamma."""
        return PurchaseProcess(self.purchases, self.fit.amounts)

    def predict(self, features: Floats, currencies: Texts, silent: Floats) -> SpendPrediction:
        """Return the customers' spend, given the churn model's probability of no purchase for each.

        All of it is NaN for customers who pay in several currencies, or in one that is unknown on the day.
        """
        scaled, unit = in_units(features, currencies, self.fit.units)
        silent = _shift_odds(silent, self.fit.shift)
        if_buys = self.fit.scale * unit * self.spend_model.of_buyers(scaled, self.process)
        low, high = self.spend_model.interval(silent, if_buys, self.fit.interval_level)
        return SpendPrediction((1 - self._silence(scaled, silent)) * if_buys, low, high, silent * if_buys)

    def _silence(self, features: Floats, silent: Floats) -> Floats:
        """Return the given probability, or MBG/NBD's own if gamma-gamma serves without trees."""
        if self.spend_model.trees is not None:
            return silent
        return self.purchases.silence_probability(features, self.spend_model.horizon_days)


def spend_columns(
    day_spend: DaySpend | None, features: Floats, currencies: Texts, silent: Floats
) -> list[pa.Array]:
    """Return COLUMNS for rows by NAMES, given the probability of no purchase for each.

    All are null without a spend model, and for customers who pay in several currencies.
    """
    if day_spend is None:
        return [pa.nulls(len(features), field.type) for field in COLUMNS]
    predicted = day_spend.predict(features, currencies, silent)
    amounts = [predicted.expected, predicted.low, predicted.high, predicted.at_risk]
    mixed = currencies == MIXED
    return [
        *(pa.array(np.round(values, CENTS), from_pandas=True) for values in amounts),
        pa.array(currencies.astype(object), pa.string(), mask=mixed),
    ]


def fit_spend_day(
    churn_model: ChurnModel, spend_model: SpendModel, features: Floats, currencies: Texts, at: date
) -> DaySpend:
    """Fit what a day adds to its customers' spend; the churn model must be adapted to the day already."""
    units = measure_units(features, currencies, spend_model.units)
    scaled, unit = in_units(features, currencies, units)
    one_currency = ~np.isnan(unit)
    features, scaled = features[one_currency], scaled[one_currency]
    process = PurchaseProcess(churn_model.purchases, fit_amounts(scaled))
    log_ratio = spend_model.season.log_ratio(at, spend_model.horizon_days)
    known_year = log_ratio is not None
    shift = 0.0
    if known_year and churn_model.season:
        # Churn trusts a season by half; with that half, spend totals before Christmas were a quarter too low.
        shift = churn_model.season.offset(at, churn_model.horizon_days)
    silent = _shift_odds(churn_model.predict(features, at), shift)
    scale = _scale(spend_model, process, scaled, silent, log_ratio)
    fitted = SpendFit(process.amounts, units, scale, shift, known_year)
    return DaySpend(spend_model, churn_model.purchases, fitted)


def _scale(
    spend_model: SpendModel,
    process: PurchaseProcess,
    features: Floats,
    silent: Floats,
    log_ratio: float | None,
) -> float:
    """Return the factor that makes the total equal the process's total times last year's ratio.

    If that is unknown, the model's own total moves towards the process's to the extent that such
    differences did not last at past cut-offs. The ranking stays the same.
    """
    if spend_model.trees is None:
        return float(np.exp(log_ratio or 0.0))
    by_process = float(process.spend(features, spend_model.horizon_days).sum())
    own = float(((1 - silent) * spend_model.of_buyers(features, process)).sum())
    if by_process <= 0 or own <= 0:
        return 1.0
    if log_ratio is None:
        log_ratio = spend_model.season.persistence(spend_model.horizon_days) * np.log(own / by_process)
    return float(by_process * np.exp(log_ratio) / own)


def _shift_odds(silent: Floats, shift: float) -> Floats:
    return from_log_odds(to_log_odds(silent) + shift)
