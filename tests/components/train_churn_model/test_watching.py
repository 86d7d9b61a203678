"""What came of predictions, worked out again; drift in its table; warnings in words."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from components.extract_features.step import extract_features
from components.train_churn_model.stability import Stability
from components.train_churn_model.step import TrainingResult, train_churn_model
from components.train_churn_model.watching import Outcome, _warnings
from components.write_predictions.step import write_predictions

AS_OF = date(2025, 11, 30)
HORIZON = 60
EARLIER = AS_OF - timedelta(days=HORIZON)


def run_day(warehouse: Any, day: date, folder: Path) -> TrainingResult:
    place = warehouse.place | {"warehouse_dataset": warehouse.warehouse_dataset}
    extract_features(**place, as_of=str(day), horizon_days=HORIZON, cutoffs=6)
    result = train_churn_model(
        **place,
        as_of=str(day),
        horizon_days=HORIZON,
        challenger_path=str(folder / "challenger"),
        model_path=str(folder / "model"),
        report_path=str(folder / "report.html"),
        model_card_path=str(folder / "card.md"),
    )
    write_predictions(
        **place,
        as_of=str(day),
        horizon_days=HORIZON,
        model_path=str(folder / "model"),
        run_id=f"run-{day}",
        scored_at="2025-11-30T02:00:00Z",
    )
    return result


@pytest.fixture(scope="module")
def sales(simulate: Callable[..., pd.DataFrame]) -> pd.DataFrame:
    return simulate(500, 400, AS_OF)


@pytest.fixture(scope="module")
def results(
    module_warehouse: Any, sales: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory
) -> list[TrainingResult]:
    """Return the trainings of two days: the second comes as the windows of the first day close."""
    module_warehouse.load_sales(sales)
    return [run_day(module_warehouse, day, tmp_path_factory.mktemp("day")) for day in (EARLIER, AS_OF)]


def test_nothing_has_come_of_predictions_that_are_not_there(results: list[TrainingResult]) -> None:
    assert results[0].watch is not None
    assert results[0].watch.outcomes == []


def test_what_came_of_a_days_predictions_is_worked_out_again(
    module_warehouse: Any, sales: pd.DataFrame, results: list[TrainingResult]
) -> None:
    assert results[1].watch is not None
    [outcome] = results[1].watch.outcomes
    bought = set(sales[(sales["sale_date"] >= EARLIER) & (sales["sale_date"] < AS_OF)]["customer_key"])
    rows = [row for row in module_warehouse.predictions() if row["prediction_date"] == EARLIER]
    probability = np.array([row["churn_probability"] for row in rows])
    churned = np.array([row["customer_key"] not in bought for row in rows])
    assert outcome.prediction_date == EARLIER
    assert outcome.customers == len(rows)
    assert outcome.predicted == pytest.approx(probability.mean())
    assert outcome.churned == pytest.approx(churned.mean())
    assert outcome.log_loss == pytest.approx(-np.log(np.where(churned, probability, 1 - probability)).mean())
    assert outcome.brier == pytest.approx(((probability - churned) ** 2).mean())


def test_drift_is_in_its_table_once_a_day(
    module_warehouse: Any, results: list[TrainingResult], tmp_path: Path
) -> None:
    name = f"{module_warehouse.warehouse_dataset}.churn_drift"

    def of_the_day() -> list[dict[str, Any]]:
        return module_warehouse.query(
            f"SELECT * FROM {name} WHERE as_of_date = '{AS_OF}' ORDER BY column_name"
        )

    before = of_the_day()
    watched = results[1].watch
    assert watched is not None
    by_name = {column.column: column for column in watched.columns}
    assert {row["column_name"]: row["stability"] for row in before} == pytest.approx(
        {column: round(of.index, 9) for column, of in by_name.items()}
    )
    run_day(module_warehouse, AS_OF, tmp_path)
    assert of_the_day() == before
    assert "No prediction" not in (tmp_path / "report.html").read_text()


def column(index: float = 0.0, bounded: bool = True, missing: float = 0.0) -> Stability:
    return Stability("visits_in_horizon", bounded, index, missing, 0.0)


def outcome(predicted: float, churned: float) -> Outcome:
    return Outcome(EARLIER, "churn-1", 100, predicted, churned, 0.5, 0.2)


def test_warnings_are_given_beyond_the_thresholds_alone() -> None:
    assert _warnings(100, 100, 0.05, [column(0.24), column(9.0, bounded=False)], [outcome(0.5, 0.54)]) == []
    assert len(_warnings(100, 100, 0.0, [column(0.26)], [])) == 1
    assert len(_warnings(100, 100, 0.0, [column(missing=0.2)], [])) == 1
    assert len(_warnings(100, 201, 0.0, [], [])) == 1
    assert len(_warnings(201, 100, 0.0, [], [])) == 1
    assert len(_warnings(100, 100, 0.2, [], [])) == 1
    [warning] = _warnings(100, 100, 0.0, [], [outcome(0.5, 0.56), outcome(0.5, 0.5)])
    assert warning == "of 2025-10-01's customers 56.0% churned, 50.0% were predicted"
