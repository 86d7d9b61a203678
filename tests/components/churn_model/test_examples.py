"""What the examples' tables may hold: gaps, and nothing infinite."""

import numpy as np
import pyarrow as pa
import pytest

from components.churn_model.examples import to_matrix
from components.churn_model.features import NAMES
from components.shared.errors import StepError


def table_with(**values: list[float | None]) -> pa.Table:
    return pa.table({name: values.get(name, [1.0, 2.0]) for name in NAMES})


def test_what_is_missing_or_not_a_number_is_a_gap() -> None:
    features = to_matrix(table_with(spend=[None, 3.0], gap_mean=[float("nan"), 4.0]))
    assert [NAMES[column] for column in np.flatnonzero(np.isnan(features[0]))] == ["spend", "gap_mean"]
    assert not np.isnan(features[1]).any()


@pytest.mark.parametrize("value", [float("inf"), float("-inf")])
def test_what_is_infinite_is_refused_by_name(value: float) -> None:
    with pytest.raises(StepError, match="infinite in spend, gap_mean: correct the sales"):
        to_matrix(table_with(spend=[1.0, value], gap_mean=[value, 1.0]))
