"""A usual day reads only what changed: as much after a history of 8,000 sales as after one of 2,000.

Both have as many sales and clicks a day; the longer history begins earlier and came in more exports, ten
days ago and since: assertions look at a week of exports, however many it has. What grows nevertheless is
listed here with its reason: what grows without being listed fails, as does what is listed but does not grow.
"""

import json
from collections import Counter
from collections.abc import Hashable, Mapping
from typing import Any

import pytest

from infra.cost.quotas import ACTIONS
from tests.e2e.usual_day import NEW, REFUNDED, Reads, usual_day

pytestmark = [pytest.mark.services, pytest.mark.timeout(1800)]  # four days of the batch
MOST_GROWTH = 1.5
FEW_BYTES = 16_384  # less than an eight-byte column of the 6,000 additional sales
FEW_CALLS = 4  # a query's end may be polled once more
STAGING, WAREHOUSE = "winter_days_staging", "winter_days_warehouse"
GROWING = {
    "a customer's figures are of a whole life": (
        "run_dataform: dim_customer",
        "run_dataform: agg_cust_metrics",
        "extract_features: extract_features/extract_features.sql",
    ),
}


def grown(small: Mapping[str, int], large: Mapping[str, int], few: int) -> set[str]:
    """Return what is larger in the second by more than the tolerated growth."""
    return {name for name, count in large.items() if count > MOST_GROWTH * small.get(name, 0) + few}


def listed(reasons: Mapping[str, tuple[str, ...]]) -> set[str]:
    return {name for names in reasons.values() for name in names}


def named(counts: Counter[tuple[str, str]]) -> dict[str, int]:
    return {": ".join(key): count for key, count in counts.items()}


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> tuple[Reads, Reads]:
    return (
        usual_day(tmp_path_factory.mktemp("short"), sales=2_000, exports=1),
        usual_day(tmp_path_factory.mktemp("long"), sales=8_000, exports=6),
    )


def test_fourfold_growth_is_detected_and_slight_growth_is_not() -> None:
    small, large = {"a": 100_000, "b": 100_000, "c": 10}, {"a": 400_000, "b": 110_000, "c": 40, "d": 50_000}
    assert grown(small, large, FEW_BYTES) == {"a", "d"}


def test_documents_read_are_those_that_changed(days: tuple[Reads, Reads]) -> None:
    """Plus one read per thousand documents counted, and one for the time."""
    read = [day.receipt["documents_read"] for day in days]
    assert read == [NEW + REFUNDED + 3 + 1, NEW + REFUNDED + 9 + 1]


def test_no_statement_reads_more_after_a_longer_history(days: tuple[Reads, Reads]) -> None:
    found = grown(*(named(day.processed) for day in days), FEW_BYTES)
    told = {"grow and are not listed": found - listed(GROWING), "do not grow": listed(GROWING) - found}
    assert told == {"grow and are not listed": set(), "do not grow": set()}


def test_no_service_is_called_more_often_after_a_longer_history(days: tuple[Reads, Reads]) -> None:
    small, large = (named(day.calls) for day in days)
    assert {name.partition(":")[0] for name in small} == {name.partition(":")[0] for name in large}
    found = {name for name in large if large[name] > small.get(name, 0) + FEW_CALLS}
    assert found == set()


def test_a_receipt_is_what_the_jobs_were_billed_for(days: tuple[Reads, Reads]) -> None:
    for day in days:
        told = {step["step"]: step["bytes_billed"] for step in json.loads(day.receipt["step_costs"])}
        of_jobs: dict[Hashable, Any] = {step: billed for step, billed in day.billed.items() if billed}
        assert {step: billed for step, billed in told.items() if billed} == of_jobs
        assert day.receipt["bytes_billed"] == sum(of_jobs.values()) > 0


def test_the_warehouse_has_as_many_actions_as_its_limit_assumes(days: tuple[Reads, Reads]) -> None:
    steps = {step["step"]: step["counts"] for step in json.loads(days[0].receipt["steps"])}
    assert steps["run_dataform"]["actions"] == {"SUCCEEDED": ACTIONS}
