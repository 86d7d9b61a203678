"""The effect of a campaign, in figures and in a sentence; no figures if nothing can be concluded."""

from dataclasses import dataclass

import numpy as np

from audience.estimate import (
    LEAST_HELD_OUT,
    ODD_SPLIT,
    Bools,
    Estimate,
    Floats,
    cap_spend,
    chance,
    chance_of_split,
    customers_to_see,
    estimate,
)
from audience.lists import customers_needed

FOUND, NOT_FOUND, TOO_FEW, BAD_SPLIT = "found", "not found", "too few", "bad split"
SURE = 0.05
OF_SPEND = 0.1  # the effect on spend to detect, as a share of the held-out customers' mean


@dataclass(frozen=True)
class Arms:
    """Customers of a campaign, or of one currency in it: listed or not, prediction and outcome."""

    listed: Bools
    churn_probability: Floats
    expected_spend: Floats
    churned: Floats
    spent: Floats

    def take(self, which: Bools) -> "Arms":
        """Return the selected customers."""
        return Arms(*(getattr(self, name)[which] for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class Effect:
    """A row of retention_effects; figures are None if nothing can be concluded."""

    measure: str
    currency: str
    verdict: str
    sentence: str
    listed: int
    held_out: int
    listed_mean: float | None = None
    held_out_mean: float | None = None
    difference: float | None = None
    difference_low: float | None = None
    difference_high: float | None = None
    p_value: float | None = None
    detectable: float | None = None
    customers_needed: int | None = None
    cost_per_customer: float | None = None
    cost_per_kept: float | None = None
    cost_per_kept_low: float | None = None
    cost_per_kept_high: float | None = None

    @property
    def subject(self) -> str:
        """What the effect is on, with the currency if it has one."""
        return self.measure if self.currency == "all" else f"{self.measure}, {self.currency}"


@dataclass(frozen=True)
class Costs:
    """The cost per listed and per retained customer; the upper end is None if it is unbounded."""

    cost_per_customer: float
    cost_per_kept: float | None = None
    cost_per_kept_low: float | None = None
    cost_per_kept_high: float | None = None

    @classmethod
    def of(cls, cost: float, churn: Estimate) -> "Costs":
        """Return the cost per retained customer, given that every listed customer was paid for."""
        low, best, high = (
            cost / -each if each < 0 else None for each in (churn.low, churn.difference, churn.high)
        )
        return cls(cost, best, low, high)


def judge_churn(arms: Arms, share: float, points: float, cost: float | None) -> Effect:
    """Return a campaign's effect on the churn rate; points is the effect to detect, as a share."""
    if nothing := _no_conclusion("churn", "all", arms, share):
        return nothing
    outcome = arms.churned
    found = estimate(outcome, arms.listed, arms.churn_probability)
    p_value = chance(outcome, arms.listed, arms.churn_probability)
    needed = customers_to_see(points, found, len(outcome))
    is_found = p_value <= SURE
    costs = Costs.of(cost, found) if cost is not None and is_found and found.difference < 0 else None
    told = (
        _describe_churn(found, int(arms.listed.sum()), costs)
        if is_found
        else _describe_no_effect(
            f"{_points(-found.difference)} per 100 retained",
            f"{_points(-found.high)} to {_points(-found.low)}",
            p_value,
        )
    )
    power = (
        f"This size detects {_points(found.detectable)} per 100 with a power of 80%"
        f"{_describe_need(f'{_points(points)} per 100', needed, len(outcome))}."
    )
    only = Costs(cost) if cost is not None else None
    return _effect("churn", "all", arms, outcome, found, p_value, needed, f"{told} {power}", costs or only)


def judge_spend(arms: Arms, currency: str, share: float) -> Effect:
    """Return a campaign's effect on spend, capped at the buyers' 99th percentile."""
    if nothing := _no_conclusion("spend", currency, arms, share):
        return nothing
    outcome = cap_spend(arms.spent)
    predicted = np.minimum(arms.expected_spend, outcome.max())
    found = estimate(outcome, arms.listed, predicted, skewed=True)
    p_value = chance(outcome, arms.listed, predicted)
    wanted = OF_SPEND * float(outcome[~arms.listed].mean())
    needed = customers_to_see(wanted, found, len(outcome)) if wanted else None
    more, low, high = (
        ("more", found.low, found.high) if found.difference > 0 else ("less", -found.high, -found.low)
    )
    told = (
        f"Each listed customer spent {abs(found.difference):,.2f} {currency} {more} because of the campaign "
        f"({low:,.2f} to {high:,.2f})."
        if p_value <= SURE
        else _describe_no_effect(
            f"{found.difference:z,.2f} {currency} spent a customer",
            f"{found.low:z,.2f} to {found.high:z,.2f}",
            p_value,
        )
    )
    power = f"This size detects {found.detectable:,.2f} {currency} a customer with a power of 80%"
    if needed:
        power += _describe_need(f"{wanted:,.2f}", needed, len(outcome))
    return _effect("spend", currency, arms, outcome, found, p_value, needed, f"{told} {power}.", None)


def _no_conclusion(measure: str, currency: str, arms: Arms, share: float) -> Effect | None:
    """Return an effect that says why nothing can be concluded, or None."""
    listed, held_out = int(arms.listed.sum()), int((~arms.listed).sum())
    if held_out < LEAST_HELD_OUT:
        why = (
            f"No conclusion: {held_out:,} customers are held out, but {LEAST_HELD_OUT} are needed; "
            f"list {customers_needed(share):,} next time, or hold out more."
        )
        return Effect(measure, currency, TOO_FEW, why, listed, held_out)
    if chance_of_split(arms.listed, arms.churn_probability, share) < ODD_SPLIT:
        why = (
            f"No conclusion: {held_out:,} of {listed + held_out:,} are held out instead of {share:.0%}, or "
            "their predictions differ from those of the listed: the split is not random. Was "
            "retention_audiences changed by hand?"
        )
        return Effect(measure, currency, BAD_SPLIT, why, listed, held_out)
    return None


def _effect(
    measure: str,
    currency: str,
    arms: Arms,
    outcome: Floats,
    found: Estimate,
    p_value: float,
    needed: int | None,
    sentence: str,
    costs: Costs | None,
) -> Effect:
    return Effect(
        measure,
        currency,
        FOUND if p_value <= SURE else NOT_FOUND,
        sentence,
        int(arms.listed.sum()),
        int((~arms.listed).sum()),
        float(outcome[arms.listed].mean()),
        float(outcome[~arms.listed].mean()),
        found.difference,
        found.low,
        found.high,
        p_value,
        found.detectable,
        needed,
        **(vars(costs) if costs else {}),
    )


def _describe_churn(found: Estimate, listed: int, costs: Costs | None) -> str:
    if found.difference > 0:
        return (
            f"The campaign lost {_points(found.difference)} of every 100 listed customers "
            f"({_points(found.low)} to {_points(found.high)})."
        )
    kept = (
        f"The campaign retained {_points(-found.difference)} of every 100 listed customers "
        f"({_points(-found.high)} to {_points(-found.low)}), {-found.difference * listed:,.0f} in total."
    )
    if costs is None or costs.cost_per_kept is None:
        return kept
    most = f"{costs.cost_per_kept_high:,.2f}" if costs.cost_per_kept_high is not None else "no upper bound"
    return f"{kept} Each one cost {costs.cost_per_kept:,.2f} ({costs.cost_per_kept_low:,.2f} to {most})."


def _describe_no_effect(difference: str, interval: str, p_value: float) -> str:
    return (
        f"No significant effect: a difference of {difference} ({interval}) occurs by chance "
        f"{p_value * 100:.0f} times in 100."
    )


def _points(share: float) -> str:
    return f"{share * 100:z.1f}"


def _describe_need(wanted: str, needed: int, customers: int) -> str:
    if needed <= customers:
        return ""
    return f"; {needed - customers:,} more customers are needed to detect {wanted}"
