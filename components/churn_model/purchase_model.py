"""MBG/NBD, the standard model of non-contractual buying, from three numbers per customer and no labels.

An active customer buys at random at a steady rate, which is gamma distributed over customers; after each
purchase the customer leaves with a probability that is beta distributed (Batislam and others, 2007).
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import betaln, digamma, gammaln

from components.churn_model.examples import Floats
from components.churn_model.features import NAMES

RECENCY, TENURE, VISITS = (NAMES.index(name) for name in ("recency_days", "tenure_days", "visits"))
MOST_CUSTOMERS = 20_000
PENALTY = 1e-3  # keeps the parameters of very few customers finite
LARGEST_LOG = 8.0


@dataclass(frozen=True)
class PurchaseModel:
    """MBG/NBD's parameters: shape and rate (in days) of the buying rate, and both shapes of leaving."""

    shape: float
    rate: float
    leaving: float
    staying: float

    def silence_probability(self, features: Floats, days: float) -> Floats:
        """Return the probability of no purchase within the given days, for each row of rows by NAMES."""
        repeats, last, tenure = history_of(features)
        power = -(self.shape + repeats)
        gone = np.log(self.leaving / (self.staying + repeats)) + power * np.log(self.rate + last)
        silent = power * np.log(self.rate + tenure + days)
        active = power * np.log(self.rate + tenure)
        return np.asarray(np.exp(np.logaddexp(gone, silent) - np.logaddexp(gone, active)), dtype=np.float64)


def history_of(features: Floats) -> tuple[Floats, Floats, Floats]:
    """Return repeat purchases, days from first to last purchase, and days since the first."""
    tenure = features[:, TENURE]
    return features[:, VISITS] - 1, np.maximum(tenure - features[:, RECENCY], 0), tenure


def fit_purchases(features: Floats) -> PurchaseModel:
    """Fit MBG/NBD by maximum likelihood to one cut-off's customers, at most MOST_CUSTOMERS."""
    chosen = np.random.default_rng(0).permutation(len(features)) < MOST_CUSTOMERS
    histories = np.column_stack(history_of(features[chosen]))
    unit = max(float(histories[:, 2].max()) / 10, 1.0)  # days that count as one, so that all logs are small
    histories[:, 1:] /= unit
    distinct, customers = np.unique(histories, axis=0, return_counts=True)

    def loss(logs: Floats) -> tuple[float, Floats]:
        likelihood, slopes = _log_likelihood(np.exp(logs), *distinct.T)
        value = PENALTY * (logs @ logs) - np.average(likelihood, weights=customers)
        slope = 2 * PENALTY * logs - np.exp(logs) * np.average(slopes, axis=1, weights=customers)
        return float(value), slope

    bounds = [(-LARGEST_LOG, LARGEST_LOG)] * 4
    fitted = minimize(loss, np.zeros(4), jac=True, method="L-BFGS-B", bounds=bounds)
    shape, rate, leaving, staying = np.exp(fitted.x).tolist()
    return PurchaseModel(shape, rate * unit, leaving, staying)


def _log_likelihood(
    parameters: Floats, repeats: Floats, last: Floats, tenure: Floats
) -> tuple[Floats, Floats]:
    """Return each history's log likelihood, and its derivatives in the four parameters, one row each."""
    shape, rate, leaving, staying = parameters
    power = shape + repeats
    since_last, since_first = np.log(rate + last), np.log(rate + tenure)
    active = -power * since_first
    gone = np.log(leaving / (staying + repeats)) - power * since_last
    either = np.logaddexp(active, gone)
    bought = gammaln(power) - gammaln(shape) + shape * np.log(rate)
    stayed = betaln(leaving, staying + repeats + 1) - betaln(leaving, staying)
    has_left = np.exp(gone - either)  # the probability, given the history
    both = digamma(leaving + staying) - digamma(leaving + staying + repeats + 1)
    slopes = [
        digamma(power) - digamma(shape) + np.log(rate) - since_first + has_left * (since_first - since_last),
        shape / rate - power * ((1 - has_left) / (rate + tenure) + has_left / (rate + last)),
        both + has_left / leaving,
        both + digamma(staying + repeats + 1) - digamma(staying) - has_left / (staying + repeats),
    ]
    return np.asarray(bought + stayed + either, dtype=np.float64), np.array(slopes)
