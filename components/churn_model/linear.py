"""The linear member: a logistic regression on standardised logarithms, which also provides the reasons."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from components.churn_model.examples import Examples, Floats
from components.churn_model.features import NAMES

# The length of history grows from cut-off to cut-off, so a linear term in it would grow without bound.
NOT_LINEAR = {"history_days"}
REGULARISATION = 0.03
LEAST_DEVIATION = 1e-9  # below it, values count as all the same: rounding leaves some 1e-16


@dataclass(frozen=True)
class Linear:
    """A logistic regression on some columns of rows by NAMES."""

    columns: npt.NDArray[np.int64]
    mean: Floats
    deviation: Floats
    weight: Floats
    intercept: float

    @property
    def usual(self) -> Floats:
        """The value of each column that contributes nothing: the mean of the logarithms."""
        return from_log(self.mean)

    def contributions(self, features: Floats) -> Floats:
        """Return what each column adds to a row's log odds relative to an average row; 0 if missing."""
        values = signed_log(features[:, self.columns])
        values -= self.mean
        values *= self.weight / self.deviation
        values[np.isnan(values)] = 0.0
        return values

    def log_odds(self, features: Floats) -> Floats:
        """Return the log odds of churn of each row."""
        return np.asarray(self.contributions(features).sum(axis=1) + self.intercept, dtype=np.float64)


def signed_log(values: Floats) -> Floats:
    """Return log(1 + |x|) with the sign of x, which compresses amounts and counts."""
    return np.asarray(np.copysign(np.log1p(np.abs(values)), values), dtype=np.float64)


def from_log(values: Floats) -> Floats:
    """Invert signed_log."""
    return np.asarray(np.copysign(np.expm1(np.abs(values)), values), dtype=np.float64)


def known_columns(features: Floats) -> npt.NDArray[np.int64]:
    """Return the columns that hold at least one value."""
    return np.flatnonzero(~np.isnan(features).all(axis=0))


def fit_linear(
    examples: Examples, columns: npt.NDArray[np.int64] | None = None, regularisation: float = REGULARISATION
) -> Linear:
    """Fit the regression to examples of both classes, on all columns with a value or on those given."""
    if columns is None:
        known = known_columns(examples.features)
        columns = np.array([column for column in known if NAMES[column] not in NOT_LINEAR])
    values = signed_log(examples.features[:, columns])
    mean, deviation = np.nanmean(values, axis=0), np.nanstd(values, axis=0)
    deviation[deviation < LEAST_DEVIATION] = 1.0
    scaled = np.nan_to_num((values - mean) / deviation, copy=False, nan=0.0)
    fitted = LogisticRegression(C=regularisation, max_iter=1000).fit(scaled, examples.churned)
    return Linear(columns, mean, deviation, fitted.coef_[0], float(fitted.intercept_[0]))
