"""How far the shop's total differed from MBG/NBD times gamma-gamma, which is similar every year."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from components.churn_model.examples import Floats
from components.churn_model.season import REACH, YEAR

LONGEST_HORIZON = 182  # days: a longer one holds most of a year, and so no season


@dataclass(frozen=True)
class SpendSeason:
    """The log of actual over expected spend at each past cut-off, and its days of history."""

    cutoff_dates: npt.NDArray[np.datetime64]
    log_ratios: Floats
    history_days: Floats

    def log_ratio(self, at: date, horizon_days: int) -> float | None:
        """Return a date's log ratio from last year's same weeks, nearest first; None if none has closed."""
        away = np.abs((np.datetime64(at, "D") - self.cutoff_dates).astype(int) - YEAR)
        near = np.where(self.history_days >= 2 * horizon_days, np.maximum(0.0, 1 - away / REACH), 0.0)
        if horizon_days > LONGEST_HORIZON or not near.any():
            return None
        return float(np.average(self.log_ratios, weights=near))

    def closed_by(self, at: date, horizon_days: int) -> "SpendSeason":
        """Return the cut-offs whose horizon had ended by a date."""
        closed = self.cutoff_dates + np.timedelta64(horizon_days, "D") <= np.datetime64(at, "D")
        return SpendSeason(self.cutoff_dates[closed], self.log_ratios[closed], self.history_days[closed])
