"""What else MBG/NBD says: who is still active, how often they buy, and when they buy next.

All of it follows in closed form from its four parameters and three numbers per customer, except for one mean
over the probability of leaving (Batislam and others, 2007; Wagner and Hoppe, 2008).
"""

import numpy as np
from scipy.special import expit
from scipy.stats import beta

from components.churn_model.examples import Floats
from components.churn_model.purchase_model import PurchaseModel, history_of

NODES = (np.arange(32) + 0.5) / 32  # quantile levels of the probability of leaving, evenly spaced
LEAST_LEAVING = 1e-9


def alive_log_odds(purchases: PurchaseModel, features: Floats) -> Floats:
    """Return the log odds that each customer (rows by NAMES) has not left by the cut-off."""
    repeats, last, tenure = history_of(features)
    waited = np.log(purchases.rate + tenure) - np.log(purchases.rate + last)
    left = np.log(purchases.leaving / (purchases.staying + repeats))
    return np.asarray(-left - (purchases.shape + repeats) * waited, dtype=np.float64)


def expected_purchases(purchases: PurchaseModel, features: Floats, days: float) -> Floats:
    """Return each customer's expected number of purchase days within the given days."""
    repeats, _, tenure = history_of(features)
    distinct, which = np.unique(repeats, return_inverse=True)
    after = (purchases.staying + distinct + 1)[:, None]
    leaving = np.maximum(beta.ppf(NODES, purchases.leaving, after), LEAST_LEAVING)[which]
    waited = np.log1p(leaving * days / (purchases.rate + tenure)[:, None])
    while_active = -np.expm1(-(purchases.shape + repeats)[:, None] * waited) / leaving
    alive = expit(alive_log_odds(purchases, features))
    return np.asarray(alive * while_active.mean(axis=1), dtype=np.float64)


def days_until(purchases: PurchaseModel, features: Floats, power: Floats, chance: float) -> Floats:
    """Return the days within which each customer buys with a given probability; infinite if never.

    The probability of silence is MBG/NBD's, raised to each customer's power.
    """
    repeats, _, tenure = history_of(features)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # customers who have left never buy
        gone = np.exp(-alive_log_odds(purchases, features))
        active = (1 - chance) ** (1 / power) * (1 + gone) - gone
        longer = np.where(active > 0, active, 0.0) ** (-1 / (purchases.shape + repeats))
    return np.asarray((purchases.rate + tenure) * (longer - 1), dtype=np.float64)
