"""A feature uses only its cut-off's past: a training row equals the row that was scored that day."""

import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from components.extract_features import step
from tests.components.extract_features.plain_features import (
    AS_OF,
    HORIZON,
    Row,
    all_expected,
    assert_same,
    extract,
    sale,
    without_keys,
)

NEWEST = AS_OF - timedelta(days=HORIZON)
# How a feature may come to see the future, if somebody joins or counts without a date.
LEAKS = {
    "a lifetime spend without a date": (
        "COUNT(DISTINCT new_category) AS new_categories\n",
        "COUNT(DISTINCT new_category) AS new_categories,\n"
        "    SUM(SUM(cents)) OVER (PARTITION BY customer_key) AS lifetime_cents\n",
        "SUM(cents) / 100 AS spend,",
        "MAX(lifetime_cents) / 100 AS spend,",
    ),
    "the gap to the next purchase": (
        "MAX(gap) AS gap_longest",
        "MAX(next_gap) AS gap_longest",
        "DATE_DIFF(sale_date, LAG(sale_date) OVER customer_days, DAY) AS gap\n",
        "DATE_DIFF(sale_date, LAG(sale_date) OVER customer_days, DAY) AS gap,\n"
        "    DATE_DIFF(LEAD(sale_date) OVER customer_days, sale_date, DAY) AS next_gap\n",
    ),
    "sessions of the label's window": (
        "ON known_from_date < cutoff_date AND cutoff_date <= known_until_date\n"
        "    AND event_date < cutoff_date AND",
        "ON event_date < DATE_ADD(cutoff_date, INTERVAL 9 DAY) AND",
    ),
}


@pytest.fixture(scope="module")
def shop(module_warehouse: Any) -> Any:
    generator = np.random.default_rng(4)
    sales = pd.DataFrame(
        [
            sale(
                f"c{generator.integers(20)}",
                str(AS_OF - timedelta(days=int(generator.integers(1, 500)))),
                round(float(generator.uniform(1, 200)), 2),
            )
            for _ in range(300)
        ]
    )
    days = [AS_OF - timedelta(days=int(generator.integers(1, 500))) for _ in range(300)]
    customers = [f"c{generator.integers(20)}" for _ in days]
    sessions = pd.DataFrame({"customer_key": customers, "event_date": days})
    module_warehouse.load_sales(sales.assign(sale_id=[f"s{number}" for number in sales.index]))
    module_warehouse.load_sessions(sessions.assign(session_count=1, add_to_cart_count=1))
    return module_warehouse


def features_of(rows: list[Row], key: str, day: date) -> dict[str, Row]:
    return {row["customer_key"]: without_keys(row) for row in rows if row[key] == day}


def differing(warehouse: Any) -> set[str]:
    """Return the features in which a training row differs from what was scored on its cut-off."""
    extract(warehouse, NEWEST, cutoffs=2)
    extract(warehouse, AS_OF, cutoffs=2)
    trained = warehouse.features("churn_training_examples")
    trained = features_of([row for row in trained if row["as_of_date"] == AS_OF], "cutoff_date", NEWEST)
    scored = features_of(warehouse.features("churn_scoring_examples"), "as_of_date", NEWEST)
    assert trained.keys() == scored.keys()
    assert len(trained) == 20
    return {name for key, row in trained.items() for name in row if row[name] != scored[key][name]}


def test_a_training_row_is_the_row_that_was_scored_on_its_cutoff(shop: Any) -> None:
    assert differing(shop) == set()


@pytest.mark.parametrize("leak", LEAKS)
def test_a_feature_that_sees_the_future_is_caught(
    shop: Any, leak: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(step.FOLDER, tmp_path / "sql")
    script = tmp_path / "sql" / "extract_features.sql"
    text = script.read_text()
    for old, new in zip(LEAKS[leak][::2], LEAKS[leak][1::2], strict=True):
        assert text.count(old) == 1
        text = text.replace(old, new)
    script.write_text(text)
    monkeypatch.setattr(step, "FOLDER", tmp_path / "sql")
    assert differing(shop)


def test_a_day_on_the_site_before_the_oldest_window_still_says_how_far_back_the_site_is_known(
    warehouse: Any,
) -> None:
    sales = pd.DataFrame([sale("steady", "2025-03-01"), sale("steady", "2025-05-01")]).assign(sale_id="s")
    ages = (HORIZON + 370, HORIZON + 1, HORIZON, 1, 0)
    sessions = pd.DataFrame({"event_date": [NEWEST - timedelta(days=age) for age in ages]})
    sessions = sessions.assign(customer_key="steady", session_count=1, add_to_cart_count=2)
    warehouse.load_sales(sales)
    warehouse.load_sessions(sessions)
    extract(warehouse, cutoffs=1)
    [row] = warehouse.features("churn_training_examples")
    actual = {(NEWEST, "steady"): without_keys(row)}
    assert_same(actual, all_expected(sales, sessions, (NEWEST,)))
    assert row["sessions_in_horizon"] == 2
