"""A fixed sample of the queries of `make fuzz`: the local BigQuery answers as Google's own engine does."""

from itertools import islice
from random import Random

import pytest

from components.shared.clients import bigquery_client
from tests.fuzz.cases import expression, outcomes
from tests.fuzz.engines import Google, Local, Refused, alike

SEED, CASES = 17, 240


@pytest.fixture(scope="module")
def google() -> Google:
    return Google()


def test_answers_are_googles(cloud, google: Google) -> None:
    local = Local(bigquery_client("fuzzed-project"))
    found = list(islice(outcomes(SEED, google, local), CASES))
    different = [outcome for outcome in found if outcome.result == "different"]
    assert len(found) == CASES
    assert len(different) <= CASES * 0.02, different
    assert sum(not isinstance(outcome.googles, Refused) for outcome in found) > CASES * 0.8


def test_the_same_seed_gives_the_same_cases() -> None:
    first, second = ([expression(Random(3)) for _ in range(5)] for _ in range(2))
    assert first == second


def test_values_that_differ_are_told_apart() -> None:
    nan = float("nan")
    assert alike(nan, nan)
    assert alike([], None)
    assert not any(alike(*pair) for pair in ((0.0, -0.0), (1, 1.0), (nan, 1.0), (None, 0), ([1], [1, 2])))
