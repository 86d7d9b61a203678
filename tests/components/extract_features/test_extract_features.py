"""The features against plain Python that reads a customer's purchases one by one."""

import itertools
import math
import shutil
import statistics
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from google.api_core.exceptions import BadRequest

from components.extract_features import step
from components.extract_features.step import ExtractedFeatures, choose_cutoffs, extract_features
from components.shared.errors import StepError

type Row = dict[str, Any]

AS_OF = date(2025, 6, 30)
HORIZON = 30
CUTOFFS = (date(2025, 5, 11), date(2025, 5, 21), date(2025, 5, 31))
KEYS = {"as_of_date", "horizon_days", "cutoff_date", "customer_key", "churned"}


def sale(customer: str | None, day: str, amount: float = 10.0, **more: Any) -> Row:
    row = {"customer_key": customer, "sale_date": date.fromisoformat(day), "total_amount": amount}
    return row | {"quantity": 1, "product_category": "hats", "status": "completed"} | more


def hand_made() -> list[Row]:
    """Return purchases on the edges: of cut-offs, of windows, of a day, of a status."""
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
        sale(None, "2025-05-01"),
    ]


def some_sales() -> pd.DataFrame:
    """Return the hand-made purchases and a crowd's."""
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


def extract(warehouse: Any, as_of: date | str = AS_OF) -> ExtractedFeatures:
    return extract_features(
        **warehouse.place,
        warehouse_dataset=warehouse.warehouse_dataset,
        as_of=str(as_of),
        horizon_days=HORIZON,
        cutoffs=3,
    )


def expected(purchases: list[Row], cutoff: date, first_sale: date) -> Row:
    """Return the features of a customer's completed purchases, of which the first precedes the cut-off."""
    known = [one for one in purchases if one["sale_date"] < cutoff]
    days = sorted({one["sale_date"] for one in known})
    ages = [(cutoff - day).days for day in days]
    spend = {day: sum(round(p["total_amount"] * 100) for p in known if p["sale_date"] == day) for day in days}
    gaps = [(after - before).days for before, after in itertools.pairwise(days)]
    recency, tenure, history = min(ages), max(ages), (cutoff - first_sale).days

    def visits_within(oldest: float, newest: int = 0) -> int:
        return sum(newest < age <= oldest for age in ages)

    def spend_within(oldest: float, newest: int = 0) -> float:
        return sum(spend[day] for day in days if newest < (cutoff - day).days <= oldest) / 100

    def decayed(scale: float) -> float:
        return sum(round(1e6 * math.exp(-age / scale)) for age in ages) / 1e6

    mean_gap = sum(gaps) / len(gaps) if gaps else None
    deviation = statistics.pstdev(gaps) if len(gaps) > 1 else None
    total = sum(spend.values())
    last_year = visits_within(364, 364 - HORIZON)
    return {
        "recency_days": recency,
        "tenure_days": tenure,
        "visits": len(days),
        "sales": len(known),
        "items": sum(one["quantity"] for one in known),
        "categories": len({one["product_category"] for one in known} - {None}),
        "weekend_share": sum(day.weekday() >= 5 for day in days) / len(days),
        "spend": total / 100,
        "spend_largest": max(spend.values()) / 100,
        "spend_last": spend[days[-1]] / 100,
        "gap_mean": mean_gap,
        "gap_deviation": deviation,
        "gap_longest": max(gaps) if gaps else None,
        "gap_last": gaps[-1] if gaps else None,
        "longer_gap_share": sum(gap > recency for gap in gaps) / len(gaps) if gaps else None,
        "visits_in_quarter_horizon": visits_within(HORIZON / 4),
        "visits_in_half_horizon": visits_within(HORIZON / 2),
        "visits_in_horizon": visits_within(HORIZON),
        "visits_in_2_horizons": visits_within(2 * HORIZON),
        "visits_in_4_horizons": visits_within(4 * HORIZON),
        "spend_in_half_horizon": spend_within(HORIZON / 2),
        "spend_in_horizon": spend_within(HORIZON),
        "spend_in_2_horizons": spend_within(2 * HORIZON),
        "spend_in_4_horizons": spend_within(4 * HORIZON),
        "visits_decayed_fast": decayed(HORIZON / 2),
        "visits_decayed": decayed(HORIZON),
        "visits_decayed_slowly": decayed(3 * HORIZON),
        "history_days": history,
        "spend_mean": total / 100 / len(days),
        "spend_last_over_mean": spend[days[-1]] * len(days) / total if total else None,
        "visits_trend": visits_within(HORIZON) - visits_within(2 * HORIZON, HORIZON),
        "spend_trend": round(spend_within(HORIZON) - spend_within(2 * HORIZON, HORIZON), 2),
        "recency_over_tenure": recency / tenure,
        "recency_over_gap_mean": recency / mean_gap if mean_gap else None,
        "recency_over_gap_longest": recency / max(gaps) if gaps else None,
        "gap_variation": deviation / mean_gap if deviation is not None and mean_gap else None,
        "visits_same_window_last_year": last_year if history >= 364 and tenure > 364 - HORIZON else None,
    }


def all_expected(sales: pd.DataFrame, cutoffs: tuple[date, ...]) -> dict[tuple[date, str], Row]:
    """Return the features of every cut-off and customer who had bought before it."""
    purchases: dict[str, list[Row]] = {}
    for one in sales.astype(object).where(sales.notna(), None).to_dict("records"):
        if one["status"] == "completed" and one["customer_key"] and one["sale_date"] < AS_OF:
            purchases.setdefault(one["customer_key"], []).append(one)
    first_sale = min(one["sale_date"] for of in purchases.values() for one in of)
    return {
        (cutoff, customer): expected(of, cutoff, first_sale)
        for cutoff in cutoffs
        for customer, of in purchases.items()
        if min(one["sale_date"] for one in of) < cutoff
    }


def without_keys(row: Row) -> Row:
    return {name: value for name, value in row.items() if name not in KEYS}


def assert_same(actual: dict[tuple[date, str], Row], wanted: dict[tuple[date, str], Row]) -> None:
    assert actual.keys() == wanted.keys()
    for key, row in wanted.items():
        assert actual[key] == {
            name: pytest.approx(value, rel=1e-12, abs=0) if isinstance(value, float) else value
            for name, value in row.items()
        }, key


@pytest.fixture(scope="module")
def extracted(module_warehouse: Any) -> Any:
    module_warehouse.load_sales(some_sales())
    extract(module_warehouse)
    return module_warehouse


def test_training_features_are_those_of_plain_python(extracted: Any) -> None:
    rows = extracted.features("churn_training_examples")
    actual = {(row["cutoff_date"], row["customer_key"]): without_keys(row) for row in rows}
    assert_same(actual, all_expected(some_sales(), CUTOFFS))


def test_scoring_features_are_the_same_features_at_the_as_of_date(extracted: Any) -> None:
    rows = extracted.features("churn_scoring_examples")
    actual = {(AS_OF, row["customer_key"]): without_keys(row) for row in rows}
    assert_same(actual, all_expected(some_sales(), (AS_OF,)))


@pytest.mark.parametrize(
    ("customer", "cutoff", "churned"),
    [
        ("bought on the cut-off", CUTOFFS[2], False),
        ("bought as the window ended", CUTOFFS[1], True),
        ("bought as the window ended", CUTOFFS[2], False),
        ("bought on the last day", CUTOFFS[2], False),
        ("refunded later", CUTOFFS[2], True),
        ("without a category", CUTOFFS[0], True),
    ],
)
def test_labels(extracted: Any, customer: str, cutoff: date, churned: bool) -> None:
    [label] = [
        row["churned"]
        for row in extracted.features("churn_training_examples")
        if (row["customer_key"], row["cutoff_date"]) == (customer, cutoff)
    ]
    assert label is churned


def test_the_tables_are_partitioned_and_clustered(extracted: Any) -> None:
    for name in ("churn_training_examples", "churn_scoring_examples"):
        table = extracted.client.get_table(f"{extracted.features_dataset}.{name}")
        assert table.time_partitioning.field == "as_of_date"
        assert table.clustering_fields == ["customer_key"]


def both_tables(warehouse: Any) -> tuple[list[Row], list[Row]]:
    return warehouse.features("churn_training_examples"), warehouse.features("churn_scoring_examples")


def test_what_happens_from_the_as_of_date_on_changes_nothing(extracted: Any) -> None:
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
    assert extract(warehouse) == first
    assert both_tables(warehouse) == two_dates
    assert [row for row in two_dates[0] if row["as_of_date"] == AS_OF] == alone[0]


@pytest.mark.parametrize("after", ["churn_training_examples", "churn_scoring_examples"])
def test_a_failure_after_a_delete_leaves_both_tables_as_they_were(
    extracted: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: str
) -> None:
    before = both_tables(extracted)
    shutil.copytree(step.FOLDER, tmp_path / "sql")
    script = tmp_path / "sql" / "extract_features.sql"
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
    assert result == ExtractedFeatures(
        training_rows=len(training),
        churned_rows=sum(row["churned"] for row in training),
        scoring_rows=len(scoring),
        cutoff_dates=CUTOFFS,
    )


@pytest.mark.parametrize("as_of", ["30.06.2025", "2025-06-31", ""])
def test_what_is_not_a_date_is_refused(as_of: str) -> None:
    with pytest.raises(StepError, match="YYYY-MM-DD"):
        extract_features(project="p", location="l", warehouse_dataset="w", features_dataset="f", as_of=as_of)


def test_no_sale_before_the_date_is_refused(extracted: Any) -> None:
    with pytest.raises(StepError, match="no completed sale before 2020-01-01"):
        extract(extracted, "2020-01-01")


def test_a_missing_sales_table_is_refused(warehouse: Any) -> None:
    with pytest.raises(StepError, match="fct_sales does not exist"):
        extract(warehouse)


def test_a_history_shorter_than_the_horizon_is_refused() -> None:
    with pytest.raises(StepError, match="need a sale before 2025-05-31"):
        choose_cutoffs(AS_OF, date(2025, 5, 31), HORIZON, 3)


def test_a_short_history_gives_the_cutoffs_that_a_sale_precedes() -> None:
    assert choose_cutoffs(AS_OF, date(2025, 5, 20), HORIZON, 3) == CUTOFFS[1:]
    assert choose_cutoffs(AS_OF, date(2025, 5, 30), HORIZON, 3) == CUTOFFS[2:]


def test_the_newest_label_window_ends_at_the_as_of_date() -> None:
    dates = choose_cutoffs(date(2025, 11, 30), date(2024, 1, 1), 90, 6)
    assert dates[-1] + timedelta(days=90) == date(2025, 11, 30)
    assert {(after - before).days for before, after in itertools.pairwise(dates)} == {30}
    assert len(dates) == 6
