"""How far the shop's total differs from MBG/NBD times gamma-gamma, which recurs similarly every year."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from components.churn_model.examples import Floats
from components.churn_model.season import REACH, YEAR

LONGEST_HORIZON = 182  # days: a longer one covers most of a year, and so shows no season
CUTOFFS_A_HORIZON = 3  # as extract_features spaces them
ASSUMED = 0.5  # share of a log ratio that lasts, counted as one more observation


@dataclass(frozen=True)
class SpendSeason:
    """The log of actual over expected spend at each past cut-off, and its days of history."""

    cutoff_dates: npt.NDArray[np.datetime64]
    log_ratios: Floats
    history_days: Floats

    def log_ratio(self, at: date, horizon_days: int) -> float | None:
        """Return a date's log ratio, the mean of last year's weighted by nearness; None if unknown."""
        away = np.abs((np.datetime64(at, "D") - self.cutoff_dates).astype(int) - YEAR)
        near = np.where(self.history_days >= 2 * horizon_days, np.maximum(0.0, 1 - away / REACH), 0.0)
        if horizon_days > LONGEST_HORIZON or not near.any():
            return None
        return float(np.average(self.log_ratios, weights=near))

    def persistence(self, horizon_days: int) -> float:
        """Return the share, 0 to 1, of a log ratio that was still there a horizon later.

        It is the slope of a line through the origin over past cut-offs, shrunk towards a half, which it is
        without any. A shop's first horizon is left out, since its process is unsettled.
        """
        later = self.cutoff_dates[None, :] - self.cutoff_dates[:, None]
        off = np.abs(later.astype(int) - horizon_days) * 2 * CUTOFFS_A_HORIZON
        before, after = np.nonzero((off <= horizon_days) & (self.history_days[:, None] >= horizon_days))
        first, second = self.log_ratios[before], self.log_ratios[after]
        if not first.any():
            return ASSUMED
        slope = float(first @ second / (first @ first))
        lasted = (ASSUMED + len(first) * slope) / (1 + len(first))
        return float(np.clip(lasted, 0.0, 1.0))

    def closed_by(self, at: date, horizon_days: int) -> "SpendSeason":
        """Return the cut-offs whose horizon had ended by a date."""
        closed = self.cutoff_dates + np.timedelta64(horizon_days, "D") <= np.datetime64(at, "D")
        return SpendSeason(self.cutoff_dates[closed], self.log_ratios[closed], self.history_days[closed])
