"""How far the shop's total lay from what MBG/NBD and gamma-gamma say, which is much the same every year."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from components.churn_model.examples import Floats
from components.churn_model.season import REACH, YEAR

LONGEST_HORIZON = 182  # days: a longer one holds most of a year, and so no season


@dataclass(frozen=True)
class SpendSeason:
    """The log of what was spent over what was expected, at each past cut-off, and its history in days."""

    cutoff_dates: npt.NDArray[np.datetime64]
    log_ratios: Floats
    history_days: Floats

    def log_ratio(self, at: date, horizon_days: int) -> float | None:
        """Return what last year's same weeks say of a date, the nearest most; None where none has closed.

        It is trusted whole: by half the totals erred two to three times as much.
        """
        away = np.abs((np.datetime64(at, "D") - self.cutoff_dates).astype(int) - YEAR)
        near = np.where(self.history_days >= 2 * horizon_days, np.maximum(0.0, 1 - away / REACH), 0.0)
        if horizon_days > LONGEST_HORIZON or not near.any():
            return None
        return float(np.average(self.log_ratios, weights=near))

    def closed_by(self, at: date, horizon_days: int) -> "SpendSeason":
        """Return the cut-offs whose horizon had passed by a date."""
        closed = self.cutoff_dates + np.timedelta64(horizon_days, "D") <= np.datetime64(at, "D")
        return SpendSeason(self.cutoff_dates[closed], self.log_ratios[closed], self.history_days[closed])
