"""Gamma-gamma, the standard model of purchase values: each customer's mean, shrunk to the overall mean.

The values of a customer's purchases are gamma distributed about the customer's own mean, whose inverse is
gamma distributed over customers (Fader and Hardie, 2013).
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import digamma, gammaln

from components.churn_model.examples import Floats
from components.churn_model.features import NAMES

VISITS, SPEND_MEAN = NAMES.index("visits"), NAMES.index("spend_mean")
MOST_CUSTOMERS = 6_000
PENALTY = 1e-4  # keeps the parameters of very few customers finite
LOGS = (-5.0, 7.0)
LEAST_SPREAD = 1.001  # below 1 the mean over customers would be infinite


@dataclass(frozen=True)
class AmountModel:
    """Gamma-gamma's parameters: purchase values' shape, and the shape and rate over customers, in units."""

    shape: float
    spread: float
    rate: float
    unit: float

    def expected(self, features: Floats) -> Floats:
        """Return the expected value of a purchase day for each customer."""
        visits, mean = features[:, VISITS], np.maximum(features[:, SPEND_MEAN], 0.0)
        known = self.shape * visits
        total = self.shape * self.rate * self.unit + known * mean
        return np.asarray(total / (known + max(self.spread, LEAST_SPREAD) - 1), dtype=np.float64)


def fit_amounts(features: Floats) -> AmountModel:
    """Fit gamma-gamma by maximum likelihood to at most MOST_CUSTOMERS customers with any spend."""
    paying = features[features[:, SPEND_MEAN] > 0]
    if not len(paying):
        return AmountModel(1.0, 2.0, 0.0, 1.0)
    chosen = paying[np.random.default_rng(0).permutation(len(paying)) < MOST_CUSTOMERS]
    unit = float(np.median(chosen[:, SPEND_MEAN]))
    visits, mean = chosen[:, VISITS], chosen[:, SPEND_MEAN] / unit

    def loss(logs: Floats) -> tuple[float, Floats]:
        likelihood, slopes = _log_likelihood(np.exp(logs), visits, mean)
        slope = 2 * PENALTY * logs - np.exp(logs) * slopes.mean(axis=1)
        return float(PENALTY * (logs @ logs) - likelihood.mean()), slope

    fitted = minimize(loss, [1.0, 1.0, 0.0], jac=True, method="L-BFGS-B", bounds=[LOGS] * 3)
    shape, spread, rate = np.exp(fitted.x).tolist()
    return AmountModel(shape, spread, rate, unit)


def _log_likelihood(parameters: Floats, visits: Floats, mean: Floats) -> tuple[Floats, Floats]:
    """Return each customer's log likelihood, and its derivatives in the three parameters, one row each."""
    shape, spread, rate = parameters
    known = shape * visits
    spent, all_spent = visits * mean, np.log(visits * mean + rate)
    whole = gammaln(known + spread) - gammaln(known) - gammaln(spread)
    likelihood = whole + known * np.log(spent) - np.log(mean) + spread * np.log(rate)
    both = digamma(known + spread) - all_spent
    slopes = [
        visits * (both - digamma(known) + np.log(spent)),
        both - digamma(spread) + np.log(rate),
        spread / rate - (known + spread) / (spent + rate),
    ]
    return np.asarray(likelihood - (known + spread) * all_spent, dtype=np.float64), np.array(slopes)
