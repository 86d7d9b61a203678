"""The estimator against campaigns whose true effect is known, and against the plain formulas."""

import numpy as np
import pytest
from scipy import stats

from audience.estimate import LEAST_HELD_OUT, adjust, cap_spend, chance, chance_of_split, estimate
from audience.lists import customers_needed
from audience.verdicts import BAD_SPLIT, FOUND, NOT_FOUND, TOO_FEW, judge_churn, judge_spend
from tests.audience.plain import shares, simulate


def test_without_a_prediction_the_interval_is_welchs() -> None:
    arms = simulate(np.random.default_rng(1), 900, 0.3, 0.2).arms
    found = estimate(arms.churned, arms.listed, np.zeros(900))
    theirs = stats.ttest_ind(arms.churned[arms.listed], arms.churned[~arms.listed], equal_var=False)
    low, high = theirs.confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((low, high))


def test_with_a_prediction_it_is_near_the_regression_on_arm_and_prediction() -> None:
    arms = simulate(np.random.default_rng(2), 4_000, 0.3, 0.2).arms
    columns = np.column_stack([np.ones(4_000), arms.listed, arms.churn_probability])
    [_, slope, _], _, _, _ = np.linalg.lstsq(columns, arms.churned)
    found = estimate(arms.churned, arms.listed, arms.churn_probability)
    plain = estimate(arms.churned, arms.listed, np.zeros(4_000))
    assert found.difference == pytest.approx(slope, abs=0.0005)
    assert found.high - found.low < 0.95 * (plain.high - plain.low)


def test_an_adjusted_outcome_keeps_its_mean_and_is_uncorrelated_with_the_prediction() -> None:
    arms = simulate(np.random.default_rng(3), 500, 0.3, 0.2).arms
    values = adjust(arms.churned, arms.churn_probability)
    assert values.mean() == pytest.approx(arms.churned.mean())
    assert np.corrcoef(values, arms.churn_probability)[0, 1] == pytest.approx(0, abs=1e-12)


def test_the_permutation_test_agrees_with_scipys_for_a_single_stratum() -> None:
    dice = np.random.default_rng(4)
    outcome, listed = dice.normal(size=200), np.arange(200) % 4 > 0
    outcome[listed] += 0.3
    theirs = stats.permutation_test(
        (outcome[listed], outcome[~listed]), lambda a, b: a.mean() - b.mean(), n_resamples=5_000, rng=5
    )
    assert chance(outcome, listed, np.zeros(200), 5_000) == pytest.approx(theirs.pvalue, abs=0.04)


def test_the_interval_holds_the_true_effect_and_false_positives_are_rare() -> None:
    """Sixty campaigns; tests/bench/campaigns.py has a thousand."""
    some = shares(np.random.default_rng(5), 60, 2_000, 0.1, 0.15)
    none = shares(np.random.default_rng(6), 60, 2_000, 0.1, 0.0)
    for found in (some, none):
        assert found["churn held"] >= 0.88
        assert found["spend held"] >= 0.88
        assert found["odd split"] == 0
    assert none["churn found"] <= 0.15
    assert none["spend found"] <= 0.15
    assert some["churn found"] > 3 * none["churn found"]


def test_a_holdout_that_was_half_treated_or_lost_is_a_bad_split() -> None:
    arms = simulate(np.random.default_rng(7), 4_000, 0.1, 0.2).arms
    assert chance_of_split(arms.listed, arms.churn_probability, 0.1) > 0.001
    risky = ~arms.listed & (arms.churn_probability > 0.6)
    without = arms.take(~risky)
    effect = judge_churn(without, 0.1, 0.03, 2.5)
    assert (effect.verdict, effect.difference, effect.cost_per_kept) == (BAD_SPLIT, None, None)


def test_a_holdout_under_two_hundred_is_refused_with_the_number_needed() -> None:
    arms = simulate(np.random.default_rng(8), 1_500, 0.1, 0.2).arms
    for effect in (judge_churn(arms, 0.1, 0.03, None), judge_spend(arms, "EUR", 0.1)):
        assert (effect.verdict, effect.difference) == (TOO_FEW, None)
        assert f"{LEAST_HELD_OUT} are needed" in effect.sentence
        assert "list 2,287" in effect.sentence


@pytest.mark.parametrize("share", [0.05, 0.1, 0.5])
def test_customers_needed_yields_enough_held_out(share: float) -> None:
    enough = stats.binom.sf(LEAST_HELD_OUT - 1, customers_needed(share), share)
    assert 0.97 < enough < 0.99


def test_the_cost_of_one_kept_customer() -> None:
    arms = simulate(np.random.default_rng(9), 20_000, 0.3, 0.3).arms
    effect = judge_churn(arms, 0.3, 0.03, 2.5)
    assert effect.verdict == FOUND
    assert effect.cost_per_kept == pytest.approx(2.5 / 0.15, rel=0.15)
    assert effect.cost_per_kept_low < effect.cost_per_kept < effect.cost_per_kept_high
    assert "The campaign retained" in effect.sentence


def test_without_a_finding_it_says_how_many_more_are_needed() -> None:
    arms = simulate(np.random.default_rng(10), 2_500, 0.1, 0.0).arms
    effect = judge_churn(arms, 0.1, 0.03, None)
    assert (effect.verdict, effect.cost_per_kept) == (NOT_FOUND, None)
    assert (
        f"{effect.customers_needed - 2_500:,} more customers are needed to detect 3.0 per 100"
        in effect.sentence
    )


@pytest.mark.parametrize("seed", [10, 11, 12])
def test_a_difference_is_positive_where_more_are_retained_or_spent(seed: int) -> None:
    arms = simulate(np.random.default_rng(seed), 2_500, 0.1, 0.0).arms
    churn, spend = judge_churn(arms, 0.1, 0.03, None), judge_spend(arms, "EUR", 0.1)
    assert churn.verdict == spend.verdict == NOT_FOUND
    low, best, high = (
        f"{-100 * each:z.1f}" for each in (churn.difference_high, churn.difference, churn.difference_low)
    )
    assert f"a difference of {best} per 100 retained ({low} to {high})" in churn.sentence
    low, best, high = (
        f"{each:z,.2f}" for each in (spend.difference_low, spend.difference, spend.difference_high)
    )
    assert f"a difference of {best} EUR spent a customer ({low} to {high})" in spend.sentence


def test_spend_is_capped_at_the_buyers_99th_percentile() -> None:
    spent = np.array([0.0] * 100 + [*range(1, 102)])
    assert cap_spend(spent).max() == pytest.approx(100)
    assert cap_spend(np.zeros(3)).tolist() == [0, 0, 0]
