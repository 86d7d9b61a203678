"""What the newest sales say, by hand: categories never sold before, and a pause longer than any before."""

from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest

from components.watch_predictions.alarms import find_pause
from components.watch_predictions.recent_sales import RecentSales, read_recent_sales
from tests.components.extract_features.plain_features import sale

AS_OF = date(2025, 11, 30)
HORIZON = 28


def recent_sales(warehouse: Any, days_ago: list[int], **more: Any) -> RecentSales:
    """Return what the shop's sales say that were made so many days before the run."""
    rows = [sale("c", str(AS_OF - timedelta(days=days))) | more for days in days_ago]
    warehouse.load_sales(pd.DataFrame(rows).assign(sale_id=[f"s{number}" for number in range(len(rows))]))
    identifiers = {"project": warehouse.client.project, "warehouse_dataset": warehouse.warehouse_dataset}
    return read_recent_sales(warehouse.client, identifiers, {"as_of": AS_OF, "horizon_days": HORIZON})


@pytest.mark.parametrize(
    ("days_ago", "pause"),
    [
        ([0, 1, 2, 3], None),  # the run's own day is not over
        ([2, 3, 4], 2),
        ([2, 3, 5], None),  # as long as the shop has closed before
        ([61, 63, 64], 61),
        ([61, 394, 393, 62], None),  # a season
        ([61, 62, 393], None),  # the first day that is read
        ([61, 62, 394], 61),  # and the one before it
    ],
)
def test_a_pause_is_told_only_if_it_is_the_longest(
    module_warehouse: Any, days_ago: list[int], pause: int | None
) -> None:
    assert recent_sales(module_warehouse, days_ago).pause(AS_OF) == pause


def test_a_pause_is_told_in_words(module_warehouse: Any) -> None:
    [warning] = find_pause(AS_OF, recent_sales(module_warehouse, [61, 62, 62, 63]))
    assert warning == (
        "no sale since 2025-09-30, 61 days before the run; before that, they were at most 1 day apart for a "
        "year: check that the shop's sales arrive, since without them its customers look lost"
    )


@pytest.mark.parametrize("days_ago", [[1], [61]])
def test_one_day_of_sales_has_no_usual_pause(module_warehouse: Any, days_ago: list[int]) -> None:
    assert find_pause(AS_OF, recent_sales(module_warehouse, days_ago)) == []


def test_sales_that_were_not_completed_do_not_end_a_pause(module_warehouse: Any) -> None:
    assert recent_sales(module_warehouse, [1, 2], status="refunded").newest_day is None
