"""The effect of a campaign: the difference between two randomised arms, and how much of it could be chance.

First, what the prediction explains is removed from the outcome (CUPED: Deng, Xu, Kohavi and Walker, Improving
the Sensitivity of Online Controlled Experiments, WSDM 2013), which removes a quarter of churn's variance and
more of spend's. The interval is Welch's, except for spend; whether there is an effect at all is tested by
permuting the arms within deciles of the prediction.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest, norm
from scipy.stats import t as student

LEAST_HELD_OUT = 200  # with fewer, spend's interval covers the true effect in 85 to 93% of campaigns
LEVEL, POWER = 0.95, 0.8
PERMUTATIONS = 2_000
ODD_SPLIT = 0.001  # share of fair splits that are rejected as bad
SPENT_AT_MOST = 0.99  # quantile at which buyers' spend is capped, so that no single order decides

type Floats = NDArray[np.float64]
type Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Estimate:
    """A difference, listed minus held out, with its interval, and the one detectable with power POWER."""

    difference: float
    low: float
    high: float
    detectable: float


def adjust(outcome: Floats, predicted: Floats) -> Floats:
    """Return the outcomes less what a linear fit on the prediction explains; their mean is unchanged."""
    away = predicted - predicted.mean()
    spread = away @ away
    return outcome - (away @ outcome) / spread * away if spread > 0 else outcome


def estimate(outcome: Floats, listed: Bools, predicted: Floats, *, skewed: bool = False) -> Estimate:
    """Return the effect on an outcome; each arm needs at least two customers.

    For a skewed outcome such as spend, a small holdout estimates its own variance badly, and worst when its
    mean is far off; both arms then get the pooled variance (coverage .96 instead of .93 with 200 held out).
    """
    values = adjust(outcome, predicted)
    arms = values[listed], values[~listed]
    within = sum(arm.var(ddof=0) * len(arm) for arm in arms) / (len(values) - 2)
    errors = [(within if skewed else arm.var(ddof=1)) / len(arm) for arm in arms]
    error = float(np.sqrt(sum(errors)))
    freedom = (
        sum(errors) ** 2 / sum(each**2 / (len(arm) - 1) for each, arm in zip(errors, arms, strict=True))
        if error
        else 1.0
    )
    far = student.ppf((1 + LEVEL) / 2, freedom)
    difference = float(arms[0].mean() - arms[1].mean())
    return Estimate(
        difference,
        difference - far * error,
        difference + far * error,
        float((far + student.ppf(POWER, freedom)) * error),
    )


def chance(outcome: Floats, listed: Bools, predicted: Floats, permutations: int = PERMUTATIONS) -> float:
    """Return the p-value: how often arms redrawn within deciles of the prediction differ at least as much.

    Each decile keeps its number of held-out customers. The same data give the same value.
    """
    values, held_out = adjust(outcome, predicted), ~listed
    dice = np.random.default_rng(len(values))
    drawn, usual = np.zeros(permutations), 0.0
    for tenth in np.array_split(np.argsort(predicted, kind="stable"), 10):
        here, count = values[tenth], int(held_out[tenth].sum())
        if count:
            drawn += dice.permuted(np.tile(here, (permutations, 1)), axis=1)[:, :count].sum(axis=1)
            usual += count * here.mean()
    distance = abs(values[held_out].sum() - usual)
    closer = np.abs(drawn - usual) >= distance * (1 - 1e-9)
    return float((1 + closer.sum()) / (1 + permutations))


def chance_of_split(listed: Bools, predicted: Floats, share: float) -> float:
    """Return the p-value of the split: how likely a fair draw is to be as odd in size or mean prediction."""
    held_out = int((~listed).sum())
    by_count = float(binomtest(held_out, len(listed), share).pvalue)
    if not 1 < held_out < len(listed) - 1:
        return by_count
    arms = predicted[listed], predicted[~listed]
    error = np.sqrt(sum(arm.var(ddof=1) / len(arm) for arm in arms))
    by_mean = 2 * float(norm.sf(abs(arms[0].mean() - arms[1].mean()) / error)) if error else 1.0
    return min(1.0, 2 * min(by_count, by_mean))


def cap_spend(spent: Floats) -> Floats:
    """Return the amounts spent, capped at the buyers' 99th percentile."""
    bought = spent[spent > 0]
    return np.minimum(spent, np.quantile(bought, SPENT_AT_MOST)) if bought.size else spent


def customers_to_see(wanted: float, found: Estimate, customers: int) -> int:
    """Return how many customers, with the same held-out share, are needed to detect the wanted effect."""
    return int(np.ceil(customers * (found.detectable / wanted) ** 2))
