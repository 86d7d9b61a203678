"""Half of last year's season: how far the same weeks differed from average, beyond what features explain."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import expit

from components.churn_model.examples import Examples, Floats
from components.churn_model.features import NAMES
from components.churn_model.linear import Linear

YEAR = 364  # days: whole weeks
REACH = 30  # days from the same day last year within which a cut-off informs the season
TRUSTED_SHARE = 0.5  # one year's season is half noise; more or less did worse on earlier years
HISTORY_DAYS = NAMES.index("history_days")
TENURE_DAYS = NAMES.index("tenure_days")
KNOWN_CUSTOMERS = 10  # history begins with the tenth customer: a test sale long before a shop opens is none


@dataclass(frozen=True)
class Season:
    """How far each past cut-off's log odds were above the regression's, and its days of history."""

    cutoff_dates: npt.NDArray[np.datetime64]
    offsets: Floats
    history_days: Floats

    def reaches(self, at: date, horizon_days: int) -> bool:
        """Return whether a cut-off with two horizons of history lies about a year before a date."""
        return bool(self._weights(at, horizon_days).any())

    def offset(self, at: date, horizon_days: int) -> float:
        """Return what to add to the log odds for a date; 0 if the season is unknown."""
        if not self.reaches(at, horizon_days):
            return 0.0
        season = np.average(self.offsets, weights=self._weights(at, horizon_days)) - self.offsets.mean()
        return float(TRUSTED_SHARE * season)

    def _weights(self, at: date, horizon_days: int) -> Floats:
        away = np.abs((np.datetime64(at, "D") - self.cutoff_dates).astype(int) - YEAR)
        near = np.maximum(0.0, 1 - away / REACH)
        return np.where(self.history_days >= 2 * horizon_days, near, 0.0)


def measure_season(examples: Examples, linear: Linear) -> Season:
    """Return the offsets of the cut-offs at which some customers churned and some did not."""
    dates, offsets, histories = [], [], []
    log_odds = linear.log_odds(examples.features)
    for cutoff in np.unique(examples.cutoff_dates):
        rows = examples.cutoff_dates == cutoff
        if examples.churned[rows].all() or not examples.churned[rows].any():
            continue
        dates.append(cutoff)
        offsets.append(_offset(log_odds[rows], float(examples.churned[rows].mean())))
        histories.append(_history_days(examples.features[rows, TENURE_DAYS]))
    return Season(np.array(dates, dtype="datetime64[D]"), np.array(offsets), np.array(histories))


def _history_days(tenure_days: Floats) -> float:
    """Return for how many days KNOWN_CUSTOMERS have been known; 0 if there are fewer."""
    return float(np.sort(tenure_days)[-KNOWN_CUSTOMERS]) if len(tenure_days) >= KNOWN_CUSTOMERS else 0.0


def _offset(log_odds: Floats, share: float) -> float:
    """Return what to add to the log odds so that the mean probability equals a share."""

    def excess(offset: float) -> float:
        return float(expit(log_odds + offset).mean() - share)

    return float(brentq(excess, -50, 50))
