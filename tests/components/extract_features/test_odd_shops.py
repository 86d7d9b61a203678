"""Unusual shops get the same features as in plain Python, too."""

from datetime import timedelta
from typing import Any

import pandas as pd
import pytest

from tests.components.extract_features.plain_features import (
    AS_OF,
    HORIZON,
    all_expected,
    assert_same,
    extract,
    sale,
    without_keys,
)

NEWEST = AS_OF - timedelta(days=HORIZON)
DAY_BEFORE = str(NEWEST - timedelta(days=1))
TWO_DAYS = ("2025-02-01", "2025-05-01")
NO_SESSIONS = pd.DataFrame({"customer_key": [], "event_date": []})
SHOPS = {
    "ten years of gaps": [
        sale("back after ten years", "2015-01-10"),
        sale("back after ten years", "2025-01-09"),
        sale("never back", "2015-06-01"),
    ],
    "one day": [sale(f"c{number}", DAY_BEFORE, number + 1.0) for number in range(5)],
    "one customer": [sale("c", "2025-04-01")],
    "all alike": [sale(f"c{number}", day) for number in range(5) for day in TWO_DAYS],
    "one purchase each": [sale(f"c{number}", f"2025-0{number}-01") for number in range(1, 6)],
    "given away": [sale(f"c{number}", day, 0.0) for number in range(3) for day in TWO_DAYS],
    "given back": [sale(f"c{number}", day, -7.5) for number in range(3) for day in TWO_DAYS],
    "priceless": [sale(f"c{number}", day, 1e12) for number in range(3) for day in TWO_DAYS],
}


@pytest.mark.parametrize("shop", SHOPS)
def test_features(module_warehouse: Any, shop: str) -> None:
    warehouse, rows = module_warehouse, SHOPS[shop]
    sales = pd.DataFrame(rows).assign(sale_id=[f"s{number}" for number in range(len(rows))])
    warehouse.load_sales(sales)
    extract(warehouse, cutoffs=1)
    trained = warehouse.features("churn_training_examples")
    scored = warehouse.features("churn_scoring_examples")
    actual = {(row["cutoff_date"], row["customer_key"]): without_keys(row) for row in trained}
    actual |= {(AS_OF, row["customer_key"]): without_keys(row) for row in scored}
    assert_same(actual, all_expected(sales, NO_SESSIONS, (NEWEST, AS_OF)))
    assert len(actual) == 2 * len({row["customer_key"] for row in rows})
