"""Longer histories have longer periods; an empty warehouse has an extent all the same."""

from datetime import date, timedelta

import pytest

from dashboard.extent import Extent

AS_OF = date(2026, 3, 2)
EMPTY = {"as_of": AS_OF, "prediction_date": None, "first_day": None, "currency_count": 0, "sources": []}


@pytest.mark.parametrize(("days", "period"), [(1, 1), (1100, 1), (1101, 7), (3650, 7)])
def test_shorter_histories_have_finer_periods(days, period):
    row = EMPTY | {"first_day": AS_OF - timedelta(days=days), "categories": [], "channels": []}
    assert Extent.of(row | {"currencies": []}).period_days == period


def test_an_empty_warehouse_has_an_extent():
    extent = Extent.of(EMPTY | {"categories": [], "channels": [], "currencies": []})
    assert extent.prediction_date == extent.first_day == AS_OF
    assert extent.categories and extent.channels and extent.currencies


def test_hidden_currencies_are_counted():
    row = EMPTY | {"categories": ["a"], "channels": ["b"], "currencies": ["EUR", "USD", "GBP"]}
    assert Extent.of(row | {"currency_count": 5}).hidden_currencies == 2
