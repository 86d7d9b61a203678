"""The features against plain Python, on purchases at the edges and on those of a crowd."""

import itertools
import math
import shutil
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from google.api_core.exceptions import BadRequest

from components.extract_features import step
from components.extract_features.first_sale import find_first_sale
from components.extract_features.step import ExtractedFeatures, extract_features
from components.shared.errors import StepError
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

# Enough of them to lie 10 days apart; the hand-made purchases concern the last three.
CUTOFFS = tuple(date(2025, 5, 31) - timedelta(days=10 * age) for age in reversed(range(36)))


def hand_made() -> list[Row]:
    """Return purchases at the edges: of cut-offs, windows, days and statuses."""
    return [
        sale("steady", "2024-05-01", 0.1),
        sale("steady", "2024-06-15", 0.2, product_category="skis"),
        sale("steady", "2025-04-11", 0.3, quantity=3),
        sale("steady", "2025-05-01", 19.99),
        sale("steady", "2025-05-01", 5.01, product_category="skis"),
        sale("steady", "2025-05-30", 7.0),
        sale("bought on the cut-off", "2025-05-10"),
        sale("bought on the cut-off", "2025-05-31"),
        sale("bought as the window ended", "2025-05-10"),
        sale("bought as the window ended", "2025-06-20"),
        sale("bought on the last day", "2025-05-30"),
        sale("bought on the last day", "2025-06-29"),
        sale("first bought on a cut-off", "2025-05-21"),
        sale("without a category", "2025-02-01", product_category=None),
        sale("given for nothing", "2025-02-01", 0.0),
        sale("refunded", "2025-05-01", status="refunded"),
        sale("refunded later", "2025-05-01"),
        sale("refunded later", "2025-06-05", status="refunded"),
        sale("in two currencies", "2025-05-10", currency="USD"),
        sale("in two currencies", "2025-05-20"),
        sale("paid otherwise later", "2025-05-20", currency="USD"),
        sale("paid otherwise later", "2025-06-20"),
        sale("paid in two later", "2025-05-20"),
        sale("paid in two later", "2025-06-20"),
        sale("paid in two later", "2025-06-20", currency="USD"),
        sale("said no currency", "2025-05-20", currency=None),
        sale("said no currency", "2025-06-20", 4.0, currency=None),
        sale(None, "2025-05-01"),
    ]


def some_sales() -> pd.DataFrame:
    """Return the hand-made purchases and those of a crowd."""
    generator = np.random.default_rng(1)
    crowd = [
        sale(
            f"crowd {generator.integers(40)}",
            str(AS_OF - timedelta(days=int(generator.integers(1, 425)))),
            round(float(generator.uniform(0, 200)), 2),
            quantity=int(generator.integers(1, 5)),
            product_category=str(generator.choice(["hats", "skis", "boots"])),
            status=str(generator.choice(["completed", "pending", "cancelled"], p=[0.8, 0.1, 0.1])),
        )
        for _ in range(500)
    ]
    sales = pd.DataFrame(hand_made() + crowd)
    return sales.assign(sale_id=[f"s{number}" for number in range(len(sales))])


def some_sessions() -> pd.DataFrame:
    """Return days on the site, the first of which is later than the older cut-offs."""
    generator = np.random.default_rng(2)
    rows = [
        {
            "customer_key": f"crowd {generator.integers(40)}",
            "event_date": AS_OF - timedelta(days=int(generator.integers(0, 200))),
            "session_count": int(generator.integers(1, 4)),
            "add_to_cart_count": int(generator.integers(0, 3)),
        }
        for _ in range(400)
    ]
    edges = [
        {"customer_key": "steady", "event_date": AS_OF - timedelta(days=age), "session_count": 1}
        for age in (0, HORIZON // 2, HORIZON, HORIZON + 1, 201)
    ]
    return pd.DataFrame(rows + edges).fillna({"add_to_cart_count": 1})


@pytest.fixture(scope="module")
def extracted(module_warehouse: Any) -> Any:
    module_warehouse.load_sales(some_sales())
    module_warehouse.load_sessions(some_sessions())
    extract(module_warehouse)
    return module_warehouse


def test_training_features_are_those_of_plain_python(extracted: Any) -> None:
    rows = extracted.features("churn_training_examples")
    actual = {(row["cutoff_date"], row["customer_key"]): without_keys(row) for row in rows}
    assert_same(actual, all_expected(some_sales(), some_sessions(), CUTOFFS))


def test_scoring_features_are_the_same_features_at_the_as_of_date(extracted: Any) -> None:
    rows = extracted.features("churn_scoring_examples")
    actual = {(AS_OF, row["customer_key"]): without_keys(row) for row in rows}
    assert_same(actual, all_expected(some_sales(), some_sessions(), (AS_OF,)))


@pytest.mark.parametrize(
    ("customer", "cutoff", "churned"),
    [
        ("bought on the cut-off", CUTOFFS[-1], False),
        ("bought as the window ended", CUTOFFS[-2], True),
        ("bought as the window ended", CUTOFFS[-1], False),
        ("bought on the last day", CUTOFFS[-1], False),
        ("refunded later", CUTOFFS[-1], True),
        ("without a category", CUTOFFS[-3], True),
    ],
)
def test_labels(extracted: Any, customer: str, cutoff: date, churned: bool) -> None:
    [label] = [
        row["churned"]
        for row in extracted.features("churn_training_examples")
        if (row["customer_key"], row["cutoff_date"]) == (customer, cutoff)
    ]
    assert label is churned


@pytest.mark.parametrize(
    ("customer", "cutoff", "spent"),
    [
        ("bought on the cut-off", CUTOFFS[-1], 10.0),
        ("bought as the window ended", CUTOFFS[-2], 0.0),
        ("bought as the window ended", CUTOFFS[-1], 10.0),
        ("bought on the last day", CUTOFFS[-1], 10.0),
        ("steady", CUTOFFS[-4], 32.0),
        ("refunded later", CUTOFFS[-1], 0.0),
        ("in two currencies", CUTOFFS[-1], None),
        ("in two currencies", CUTOFFS[-2], None),
        ("paid otherwise later", CUTOFFS[-1], None),
        ("paid in two later", CUTOFFS[-1], None),
        ("said no currency", CUTOFFS[-1], 4.0),
    ],
)
def test_spend_is_in_one_currency_or_missing(
    extracted: Any, customer: str, cutoff: date, spent: float | None
) -> None:
    [row] = [
        row
        for row in extracted.features("churn_training_examples")
        if (row["customer_key"], row["cutoff_date"]) == (customer, cutoff)
    ]
    assert row["spent_in_horizon"] == spent
    assert (row["spent_in_horizon"] or 0) > 0 or row["churned"] or spent is None


def test_the_tables_are_partitioned_and_clustered(extracted: Any) -> None:
    for name in ("churn_training_examples", "churn_scoring_examples"):
        table = extracted.client.get_table(f"{extracted.features_dataset}.{name}")
        assert table.time_partitioning.field == "as_of_date"
        assert table.clustering_fields == ["customer_key"]


def both_tables(warehouse: Any) -> tuple[list[Row], list[Row]]:
    return warehouse.features("churn_training_examples"), warehouse.features("churn_scoring_examples")


def test_sales_from_the_as_of_date_on_change_nothing(extracted: Any) -> None:
    before = both_tables(extracted)
    later = [
        sale(customer, day)
        for customer in ("steady", "given for nothing", "new")
        for day in (str(AS_OF), "2025-07-15")
    ]
    pending = [sale("steady", "2025-06-01", status="pending")]
    more = pd.DataFrame(later + pending).assign(sale_id="later")
    extracted.load_sales(pd.concat([some_sales(), more], ignore_index=True))
    extract(extracted)
    assert both_tables(extracted) == before


def test_a_repeat_is_identical_and_leaves_other_dates_alone(warehouse: Any) -> None:
    warehouse.load_sales(some_sales())
    first = extract(warehouse)
    alone = both_tables(warehouse)
    extract(warehouse, AS_OF - timedelta(days=1))
    two_dates = both_tables(warehouse)
    assert len(two_dates[1]) > len(alone[1])
    again = extract(warehouse)
    assert again.bytes_read > first.bytes_read  # for the rows that it deletes
    assert replace(again, bytes_read=first.bytes_read) == first
    assert both_tables(warehouse) == two_dates
    assert [row for row in two_dates[0] if row["as_of_date"] == AS_OF] == alone[0]


@pytest.mark.parametrize("fold", [1, 2, 7])
def test_of_too_many_customers_a_fixed_sample_keeps_all_its_cutoffs(extracted: Any, fold: int) -> None:
    training, scoring = both_tables(extracted)
    most_rows = -(-len(training) // fold)  # just enough for one customer in fold
    digests = extracted.query(
        "SELECT DISTINCT customer_key, FARM_FINGERPRINT(customer_key) AS digest"
        f" FROM {extracted.features_dataset}.churn_scoring_examples"
    )
    chosen = {one["customer_key"] for one in digests if abs(one["digest"]) % 1_000_003 % fold == 0}
    result = extract(extracted, most_rows=most_rows)
    fewer, all_scored = both_tables(extracted)
    extract(extracted)
    assert all_scored == scoring
    assert fewer == [row for row in training if row["customer_key"] in chosen]
    assert (result.training_rows, result.scoring_rows, result.one_in) == (len(fewer), len(scoring), fold)
    assert 0 < len(fewer) <= len(training)
    assert (len(fewer) == len(training)) == (fold == 1)


def test_training_rows_are_kept_for_some_days_and_scoring_rows_for_good(warehouse: Any) -> None:
    warehouse.load_sales(some_sales())
    days = [AS_OF - timedelta(days=age) for age in (7, 6, 0)]
    for day in days:
        extract(warehouse, day, cutoffs=1)
    training, scoring = ({row["as_of_date"] for row in table} for table in both_tables(warehouse))
    assert (training, scoring) == (set(days[1:]), set(days))
    extract(warehouse, days[0], cutoffs=1)  # a rerun or a backfill: its own rows stay while it runs
    long_ago = days[0] - timedelta(days=300)
    extract(warehouse, long_ago, cutoffs=1)
    assert {row["as_of_date"] for row in both_tables(warehouse)[0]} == {long_ago, *days}
    extract(warehouse, cutoffs=1, training_rows_days=1)
    assert {row["as_of_date"] for row in both_tables(warehouse)[0]} == {AS_OF}


def test_keeping_training_rows_for_0_days_is_refused() -> None:
    place = {"project": "p", "location": "l", "warehouse_dataset": "w", "features_dataset": "f"}
    with pytest.raises(StepError, match="training_rows_days=0: give at least 1"):
        extract_features(**place, as_of=str(AS_OF), training_rows_days=0)


@pytest.mark.parametrize("after", ["churn_training_examples", "churn_scoring_examples"])
def test_a_failure_after_a_delete_leaves_both_tables_as_they_were(
    extracted: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: str
) -> None:
    before = both_tables(extracted)
    shutil.copytree(step.FOLDER, tmp_path / "sql")
    script = tmp_path / "sql" / "replace_examples.sql"
    delete = f"{after}` WHERE as_of_date = @as_of;"
    assert delete in script.read_text()
    script.write_text(script.read_text().replace(delete, f"{delete} SELECT ERROR('injected');"))
    monkeypatch.setattr(step, "FOLDER", tmp_path / "sql")
    with pytest.raises(BadRequest, match="injected"):
        extract(extracted)
    assert both_tables(extracted) == before


def test_counts_and_cutoffs_are_reported(extracted: Any) -> None:
    result = extract(extracted)
    training, scoring = both_tables(extracted)
    assert result.bytes_read > 0
    assert result == ExtractedFeatures(
        horizon_days=HORIZON,
        bytes_read=result.bytes_read,
        training_rows=len(training),
        churned_rows=sum(row["churned"] for row in training),
        scoring_rows=len(scoring),
        one_in=1,
        cutoff_dates=CUTOFFS,
    )


@pytest.mark.parametrize("as_of", ["30.06.2025", "2025-06-31", ""])
def test_an_invalid_date_is_refused(as_of: str) -> None:
    with pytest.raises(StepError, match="YYYY-MM-DD"):
        extract_features(project="p", location="l", warehouse_dataset="w", features_dataset="f", as_of=as_of)


def test_no_sale_before_the_date_is_refused(extracted: Any) -> None:
    with pytest.raises(StepError, match="no completed sale before 2020-01-01"):
        extract(extracted, "2020-01-01")


def test_a_missing_sales_table_is_refused(warehouse: Any) -> None:
    with pytest.raises(StepError, match="fct_sale_versions does not exist"):
        extract(warehouse)


def test_the_horizon_follows_from_the_gaps_when_it_is_0(extracted: Any) -> None:
    days: dict[str, set[date]] = {}
    for one in some_sales().to_dict("records"):
        if one["status"] == "completed" and isinstance(one["customer_key"], str) and one["sale_date"] < AS_OF:
            days.setdefault(one["customer_key"], set()).add(one["sale_date"])
    gaps = sorted(
        (after - before).days for of in days.values() for before, after in itertools.pairwise(sorted(of))
    )
    usual = gaps[math.ceil(0.8 * len(gaps)) - 1]
    result = extract_features(
        **extracted.place,
        warehouse_dataset=extracted.warehouse_dataset,
        as_of=str(AS_OF),
        horizon_days=0,
        cutoffs=2,
    )
    assert usual <= result.horizon_days < usual + 7
    extract(extracted)


def test_the_first_sale_is_found_by_narrow_columns_alone(extracted: Any) -> None:
    """BigQuery bills what it reads by the columns that a query names."""
    narrow = f"{extracted.warehouse_dataset}_narrow"
    extracted.client.create_dataset(narrow)
    sales = f"{extracted.warehouse_dataset}.fct_sale_versions"
    kept = "sale_date, status, known_from_date, known_until_date"
    extracted.query(f"CREATE TABLE {narrow}.fct_sale_versions AS SELECT {kept} FROM {sales}")
    project = extracted.client.project
    assert find_first_sale(extracted.client, project, narrow, AS_OF) == date(2024, 5, 1)


def test_sales_and_sessions_are_read_once_whatever_the_cutoffs() -> None:
    script = (step.FOLDER / "extract_features.sql").read_text()
    assert script.count(".fct_sale_versions`") == 1
    assert script.count(".fct_click_versions`") == 2  # the sessions, and the date of the first one
