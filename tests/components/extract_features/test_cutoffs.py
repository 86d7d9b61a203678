"""The rules for the horizon and the cut-offs."""

import itertools
from datetime import date, timedelta

import pytest

from components.extract_features.cutoffs import choose_cutoffs, choose_horizon
from components.shared.errors import StepError

AS_OF = date(2025, 6, 30)
NEWEST = date(2025, 5, 31)


def test_a_history_shorter_than_the_horizon_says_how_much_is_missing() -> None:
    with pytest.raises(StepError, match=r"needs a sale before 2025-05-31: 5 days of history are missing"):
        choose_cutoffs(AS_OF, date(2025, 6, 4), 30, 3)


@pytest.mark.parametrize(("horizon_days", "cutoffs"), [(0, 3), (30, 0), (-1, 3)])
def test_numbers_below_one_are_refused(horizon_days: int, cutoffs: int) -> None:
    with pytest.raises(StepError, match="must both be at least 1"):
        choose_cutoffs(AS_OF, date(2024, 1, 1), horizon_days, cutoffs)


def test_a_short_history_gives_the_cutoffs_that_a_sale_precedes() -> None:
    assert choose_cutoffs(AS_OF, date(2025, 5, 15), 30, 3) == (date(2025, 5, 21), NEWEST)
    assert choose_cutoffs(AS_OF, date(2025, 5, 30), 30, 3) == (NEWEST,)


@pytest.mark.parametrize(
    ("horizon", "days_apart"),
    [(90, [30] * 5), (300, [100] * 5), (28, [28] * 5), (35, [35] * 5), (30, [30] * 5), (3, [28] * 4 + [3])],
)
def test_cutoffs_lie_a_third_of_the_horizon_apart_or_about_four_weeks(
    horizon: int, days_apart: list[int]
) -> None:
    dates = choose_cutoffs(date(2025, 11, 30), date(2015, 1, 1), horizon, 6)
    assert dates[-1] + timedelta(days=horizon) == date(2025, 11, 30)
    assert [(after - before).days for before, after in itertools.pairwise(dates)] == days_apart


@pytest.mark.parametrize("horizon", [1, 3, 7, 14, 28, 35, 56, 90, 91, 365])
@pytest.mark.parametrize("history_days", [900, 4000])
def test_the_newest_cutoff_has_one_a_horizon_before_it(horizon: int, history_days: int) -> None:
    dates = choose_cutoffs(AS_OF, AS_OF - timedelta(days=history_days), horizon, 15)
    assert dates[-1] - timedelta(days=horizon) in dates
    assert len(set(dates)) == len(dates)


def test_a_little_history_is_shared_among_the_cutoffs() -> None:
    dates = choose_cutoffs(date(2025, 11, 30), date(2025, 6, 30), 30, 10)
    assert {(after - before).days for before, after in itertools.pairwise(dates)} == {15}
    assert len(dates) == 9


@pytest.mark.parametrize(
    ("usual_gap", "history_days", "horizon"),
    [(1, 1000, 7), (7, 1000, 7), (8, 1000, 14), (87, 738, 91), (300, 730, 182), (30, 20, 7)],
)
def test_the_horizon_is_the_usual_gap_in_weeks_within_a_quarter_of_the_history(
    usual_gap: int, history_days: int, horizon: int
) -> None:
    assert choose_horizon(usual_gap, AS_OF - timedelta(days=history_days), AS_OF) == horizon


def test_no_horizon_follows_from_customers_who_never_came_back() -> None:
    with pytest.raises(StepError, match="no customer bought on two days"):
        choose_horizon(None, date(2024, 1, 1), AS_OF)
