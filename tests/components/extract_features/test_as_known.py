"""Sales that arrive late, change, vanish or move: a day's row keeps what was known before it, for good."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.components.extract_features.plain_features import (
    AS_OF,
    HORIZON,
    Row,
    all_expected,
    assert_same,
    extract,
    sale,
    seen,
    without_keys,
)

FOR_EVER = date(9999, 12, 31)
CUTOFFS = tuple(AS_OF - timedelta(days=HORIZON + 10 * age) for age in reversed(range(36)))


def lives(generator: np.random.Generator) -> list[Row]:
    """Return versions of sales: some known at once and for ever, others late, changed, deleted or moved."""
    found = []
    for number in range(600):
        sold = AS_OF - timedelta(days=int(generator.integers(1, 400)))
        first = sale(f"c{generator.integers(30)}", str(sold), round(float(generator.uniform(1, 99)), 2))
        first["product_category"] = str(generator.choice(["hats", "skis"]))
        known = sold + timedelta(days=int(generator.choice([0, 0, 0, 1, 25, 120])))
        for version in [first, *changes(generator, first)]:
            until = known + timedelta(days=int(generator.choice([0, 1, 7, 40, 150])))
            found.append(
                version | {"sale_id": f"s{number}", "known_from_date": known, "known_until_date": until}
            )
            known = until
        if generator.random() < 0.95:  # else it was deleted
            found[-1]["known_until_date"] = FOR_EVER
    return found


def changes(generator: np.random.Generator, first: Row) -> list[Row]:
    kinds = [
        [],
        [],
        [first | {"status": "refunded"}],
        [first | {"total_amount": first["total_amount"] + 5, "quantity": 3}],
        [first | {"customer_key": "somebody else"}, first],
        [first | {"status": "cancelled"}, first | {"sale_date": first["sale_date"] - timedelta(days=2)}],
    ]
    return kinds[generator.integers(len(kinds))]


def visits(generator: np.random.Generator) -> list[Row]:
    """Return versions of days on the site, some of which grew when a late file arrived."""
    found = []
    for _ in range(400):
        day = AS_OF - timedelta(days=int(generator.integers(1, 300)))
        one = {"customer_key": f"c{generator.integers(30)}", "event_date": day, "add_to_cart_count": 0}
        late = day + timedelta(days=int(generator.choice([3, 50])))
        pictures = [(1, day, late), (2, late, FOR_EVER)] if generator.random() < 0.3 else [(1, day, FOR_EVER)]
        names = ("session_count", "known_from_date", "known_until_date")
        found += [one | dict(zip(names, picture, strict=True)) for picture in pictures]
    return found


@pytest.fixture(scope="module")
def shop(module_warehouse: Any) -> tuple[Any, pd.DataFrame, pd.DataFrame]:
    generator = np.random.default_rng(11)
    sales, sessions = pd.DataFrame(lives(generator)), pd.DataFrame(visits(generator))
    module_warehouse.load_versions(sales)
    module_warehouse.load_session_pictures(sessions)
    extract(module_warehouse, cutoffs=len(CUTOFFS))
    return module_warehouse, sales, sessions


def test_training_rows_use_what_was_known_before_their_cutoffs(shop: Any) -> None:
    warehouse, sales, sessions = shop
    rows = [row for row in warehouse.features("churn_training_examples") if row["as_of_date"] == AS_OF]
    actual = {(row["cutoff_date"], row["customer_key"]): without_keys(row) for row in rows}
    assert_same(actual, all_expected(sales, sessions, CUTOFFS))


def test_labels_use_what_is_known_at_the_as_of_date(shop: Any) -> None:
    warehouse, sales, _ = shop
    known = [one for one in sales.to_dict("records") if one["status"] == "completed" and seen(one, AS_OF)]
    bought = {(one["customer_key"], one["sale_date"]) for one in known}
    rows = [row for row in warehouse.features("churn_training_examples") if row["as_of_date"] == AS_OF]
    assert {row["churned"] for row in rows} == {True, False}
    for row in rows:
        window = [row["cutoff_date"] + timedelta(days=ahead) for ahead in range(HORIZON)]
        assert row["churned"] == all((row["customer_key"], day) not in bought for day in window)


def test_spend_uses_what_is_known_at_the_as_of_date(shop: Any) -> None:
    warehouse, sales, _ = shop
    known = [one for one in sales.to_dict("records") if one["status"] == "completed" and seen(one, AS_OF)]
    rows = [row for row in warehouse.features("churn_training_examples") if row["as_of_date"] == AS_OF]
    for row in rows:
        ahead = [(one["sale_date"] - row["cutoff_date"]).days for one in known]
        cents = [
            round(one["total_amount"] * 100)
            for one, days in zip(known, ahead, strict=True)
            if one["customer_key"] == row["customer_key"] and 0 <= days < HORIZON
        ]
        assert row["spent_in_horizon"] == sum(cents) / 100
    assert {row["spent_in_horizon"] > 0 for row in rows} == {True, False}


@pytest.mark.parametrize("cutoff", CUTOFFS[20::5])
def test_scoring_rows_of_a_day_equal_its_later_training_rows(shop: Any, cutoff: date) -> None:
    warehouse, _, _ = shop
    extract(warehouse, cutoff, cutoffs=1)
    scored = {
        row["customer_key"]: without_keys(row)
        for row in warehouse.features("churn_scoring_examples")
        if row["as_of_date"] == cutoff
    }
    trained = {
        row["customer_key"]: without_keys(row)
        for row in warehouse.features("churn_training_examples")
        if (row["as_of_date"], row["cutoff_date"]) == (AS_OF, cutoff)
    }
    assert scored
    assert scored == trained
