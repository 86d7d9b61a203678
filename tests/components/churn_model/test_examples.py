"""What the examples' tables may hold: gaps, but nothing infinite."""

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from components.churn_model.examples import MIXED, collect_examples, to_matrix
from components.churn_model.features import NAMES
from components.churn_model.spend_model import measure_units, spending_of
from components.shared.errors import StepError


def table_with(**values: list[float | None]) -> pa.Table:
    return pa.table({name: values.get(name, [1.0, 2.0]) for name in NAMES})


def test_missing_values_and_nan_are_gaps() -> None:
    features = to_matrix(table_with(spend=[None, 3.0], gap_mean=[float("nan"), 4.0]))
    assert [NAMES[column] for column in np.flatnonzero(np.isnan(features[0]))] == ["spend", "gap_mean"]
    assert not np.isnan(features[1]).any()


@pytest.mark.parametrize("value", [float("inf"), float("-inf")])
def test_infinite_features_are_refused_by_name(value: float) -> None:
    with pytest.raises(StepError, match="infinite in spend, gap_mean: correct the sales"):
        to_matrix(table_with(spend=[1.0, value], gap_mean=[value, 1.0]))


def training(spent: list[float | None] | None, currencies: list[str | None]) -> pa.Table:
    table = table_with().append_column("churned", pa.array([True, False]))
    table = table.append_column("cutoff_date", pa.array([date(2025, 1, 1)] * 2))
    table = table.append_column("currency", pa.array(currencies, pa.string()))
    return table if spent is None else table.append_column("spent_in_horizon", pa.array(spent, pa.float64()))


def test_customers_of_several_currencies_have_no_known_spend() -> None:
    examples = collect_examples([training([1.5, None], ["EUR", None]), training([None, None], ["EUR", None])])
    assert examples is not None
    assert examples.money is not None
    assert examples.money.currencies.tolist() == ["EUR", MIXED, "EUR", MIXED]
    assert np.isnan(examples.money.spent).tolist() == [False, True, True, True]
    units = measure_units(examples.features, examples.money.currencies)
    assert units == {"EUR": 1.0}
    spending = spending_of(examples, units)
    assert spending is not None
    assert spending.spent.tolist() == [1.5]


def test_old_examples_without_spend_have_no_money() -> None:
    old = collect_examples([training(None, ["EUR", "EUR"])])
    assert old is not None
    assert old.money is None
    assert spending_of(old, {}) is None
    unsaid = collect_examples([training([None, None], ["EUR", "EUR"])])
    assert unsaid is not None
    assert spending_of(unsaid, {"EUR": 1.0}) is None
