"""Simulated campaigns whose true effect is known, and what the estimator finds in them."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np

from audience.estimate import ODD_SPLIT, cap_spend, chance, chance_of_split, estimate
from audience.verdicts import SURE, Arms

SPENT, SPREAD = 60.0, 0.9  # of a buyer's spend: the median, and the spread of its logarithm


@dataclass(frozen=True)
class Known:
    """A campaign, and the true effect of its action on a customer's churn and bounded spend."""

    arms: Arms
    churn: float
    spend: float


def simulate(dice: np.random.Generator, customers: int, share: float, kept: float) -> Known:
    """Return a campaign in which a share `kept` of the listed who would have left spend as buyers do.

    The prediction is right only on average: churn is drawn with its probability, spend lognormal around it.
    """
    churn_probability = dice.beta(2.0, 2.0, customers)
    if_bought = SPENT * np.exp(dice.normal(0, SPREAD / 2, customers))
    spends = if_bought * np.exp(dice.normal(-(SPREAD**2) / 2, SPREAD, customers))
    listed = dice.random(customers) >= share
    left = dice.random(customers) < churn_probability
    stayed = left & (dice.random(customers) < kept)
    churned = left & ~(listed & stayed)
    spent = np.where(churned, 0.0, spends)
    arms = Arms(listed, churn_probability, (1 - churn_probability) * if_bought, churned.astype(float), spent)
    return Known(arms, -kept * 0.5, kept * 0.5 * usual_spend())


@cache
def usual_spend() -> float:
    """Return a buyer's mean spend, capped at the 99th percentile, from a million draws of its own."""
    dice = np.random.default_rng(77)
    wide = float(np.hypot(SPREAD / 2, SPREAD))
    drawn = SPENT * np.exp(dice.normal(-(SPREAD**2) / 2, wide, 1_000_000))
    return float(np.minimum(drawn, np.quantile(drawn, 0.99)).mean())


def shares(
    dice: np.random.Generator, campaigns: int, customers: int, share: float, kept: float
) -> dict[str, float]:
    """Return the shares of campaigns whose interval holds the truth and in which an effect is found."""
    rows = [
        row
        for _ in range(campaigns)
        for row in [dict(_outcomes(simulate(dice, customers, share, kept), share))]
    ]
    return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}


def _outcomes(known: Known, share: float) -> Iterator[tuple[str, bool]]:
    arms = known.arms
    spent = cap_spend(arms.spent)
    predictions = arms.churn_probability, np.minimum(arms.expected_spend, spent.max())
    for name, truth, outcome, predicted in zip(
        ("churn", "spend"), (known.churn, known.spend), (arms.churned, spent), predictions, strict=True
    ):
        found = estimate(outcome, arms.listed, predicted, skewed=name == "spend")
        yield f"{name} held", found.low <= truth <= found.high
        yield f"{name} found", chance(outcome, arms.listed, predicted, 999) <= SURE
    yield "odd split", chance_of_split(arms.listed, arms.churn_probability, share) < ODD_SPLIT
