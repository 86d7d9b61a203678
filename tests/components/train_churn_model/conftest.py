"""The history that spend is trained with, from the examples of a test file."""

import pytest

from components.churn_model.examples import Examples
from components.train_churn_model.spend_training import SpendHistory, measure_history

HORIZON = 90


@pytest.fixture(scope="module")
def history(examples: Examples) -> SpendHistory:
    known = measure_history(examples, HORIZON)
    assert known is not None
    return known
