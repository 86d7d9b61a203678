from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generators.population import LONGEST_LIFE, Population, _candidates, _purchases, season

DAY = date(2026, 11, 23)
SHOP = Population(300)


@given(st.dates(date(2015, 1, 1), date(2040, 1, 1)))
@settings(max_examples=6, deadline=None)
def test_a_day_made_alone_is_the_same_as_after_others(day: date) -> None:
    after_others = [SHOP.purchases(day + timedelta(days=shift)) for shift in (-2, -1, 0)][-1]
    _purchases.cache_clear()
    _candidates.cache_clear()
    alone = SHOP.purchases(day)
    assert alone.number.tolist() == after_others.number.tolist()
    assert alone.price_level.tolist() == after_others.price_level.tolist()


def test_another_seed_gives_another_shop() -> None:
    other = Population(300, seed=8)
    assert other.living(DAY).rate.tolist() != SHOP.living(DAY).rate.tolist()
    assert other.customer_id(1) != SHOP.customer_id(1)


@pytest.mark.parametrize("customers", [1, 2000])
def test_about_as_many_are_alive_as_asked_for(customers: int) -> None:
    days = [DAY - timedelta(days=800 * back) for back in range(6)]
    mean = np.mean([len(Population(customers).living(day)) for day in days])
    assert mean == pytest.approx(customers, rel=0.1, abs=1.0)


def test_customers_are_unique_and_live_from_birth_to_end() -> None:
    living = SHOP.living(DAY)
    assert len(set(living.number.tolist())) == len(living)
    assert (living.birth <= DAY.toordinal()).all()
    assert (living.end > DAY.toordinal()).all()
    assert (living.end - living.birth <= LONGEST_LIFE).all()


def test_nobody_buys_before_birth_or_after_the_end_and_all_buy_at_birth() -> None:
    for back in range(200):
        day = DAY - timedelta(days=back)
        buyers, ordinal = SHOP.purchases(day), day.toordinal()
        assert (buyers.birth <= ordinal).all()
        assert (buyers.end > ordinal).all()
        living = SHOP.living(day)
        born = living.number[living.birth == ordinal]
        assert set(born.tolist()) <= set(buyers.number.tolist())


def test_customers_leave_and_new_ones_come() -> None:
    before = set(SHOP.living(DAY - timedelta(days=365)).number.tolist())
    now = set(SHOP.living(DAY).number.tolist())
    # With a mean lifetime of four years, about a quarter of the customers change each year.
    assert 0.1 < len(before - now) / len(before) < 0.4
    assert 0.1 < len(now - before) / len(now) < 0.4


def test_december_is_busier_than_june_and_saturday_than_sunday() -> None:
    assert season(date(2026, 12, 19)) > 1.3 * season(date(2026, 6, 20))
    assert season(date(2026, 12, 19)) > season(date(2026, 12, 20))
    year = [season(date(2026, 1, 1) + timedelta(days=shift)) for shift in range(364)]
    assert np.mean(year) == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize("wrong", [{"customers": 0}, {"seed": -1}])
def test_an_invalid_population_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="customers must be at least 1, and seed must not"):
        Population(**wrong)
