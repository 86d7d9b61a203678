"""Outcomes of predictions, recomputed; drift in its table; warnings in words."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from google.api_core.exceptions import NotFound

from components.churn_model import saved_model
from components.churn_model.examples import Examples
from components.churn_model.features import NAMES
from components.churn_model.model import Recipe, fit
from components.churn_model.reading import read_training_examples
from components.extract_features.step import extract_features
from components.record_run.step import run as record_run
from components.shared.clients import bigquery_client
from components.shared.names import BUCKET, DATASETS, REPOSITORY
from components.watch_predictions.alarms import find_warnings
from components.watch_predictions.outcomes import Outcome, keep_outcomes
from components.watch_predictions.stability import Stability, compare
from components.watch_predictions.step import Watch, report_figures, run, watch_predictions
from components.write_predictions.step import write_predictions

AS_OF = date(2025, 11, 30)
HORIZON = 60
PROJECT = "winter-days-local"
EARLIER = AS_OF - timedelta(days=HORIZON)


def watch_day(warehouse: Any, day: date, folder: Path, one_in: int = 1) -> Watch:
    """Watch a day whose model is in the folder, and write the report there."""
    return watch_predictions(
        **warehouse.place,
        warehouse_dataset=warehouse.warehouse_dataset,
        as_of=str(day),
        horizon_days=HORIZON,
        model_path=str(folder / "model"),
        report_path=str(folder / "watching.html"),
        one_in=one_in,
    )


def run_day(warehouse: Any, day: date, folder: Path) -> Watch:
    day_of = warehouse.place | {"as_of": str(day), "horizon_days": HORIZON}
    extract_features(**day_of, warehouse_dataset=warehouse.warehouse_dataset, cutoffs=6)
    place = warehouse.client, warehouse.client.project, warehouse.features_dataset
    examples = read_training_examples(*place, day, HORIZON)
    saved_model.save(folder / "model", fit(examples, Recipe.FULL, HORIZON), None, {})
    write_predictions(
        **day_of,
        warehouse_dataset=warehouse.warehouse_dataset,
        model_path=str(folder / "model"),
        run_id=f"run-{day}",
        scored_at="2025-11-30T02:00:00Z",
    )
    return watch_day(warehouse, day, folder)


@pytest.fixture(scope="module")
def sales(simulate: Callable[..., pd.DataFrame]) -> pd.DataFrame:
    return simulate(500, 400, AS_OF)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return [tmp_path_factory.mktemp("day") for _ in range(2)]


@pytest.fixture(scope="module")
def watches(module_warehouse: Any, sales: pd.DataFrame, folders: list[Path]) -> list[Watch]:
    """Return what two days found, the second being the day on which the first's windows close."""
    module_warehouse.load_sales(sales)
    days = zip((EARLIER, AS_OF), folders, strict=True)
    return [run_day(module_warehouse, day, folder) for day, folder in days]


def test_missing_predictions_have_no_outcomes(watches: list[Watch], folders: list[Path]) -> None:
    assert watches[0].outcomes == []
    assert "No prediction window has closed yet" in (folders[0] / "watching.html").read_text()


def test_the_outcomes_of_a_days_predictions_are_recomputed(
    module_warehouse: Any, sales: pd.DataFrame, watches: list[Watch]
) -> None:
    [outcome] = watches[1].outcomes
    bought = set(sales[(sales["sale_date"] >= EARLIER) & (sales["sale_date"] < AS_OF)]["customer_key"])
    rows = [row for row in module_warehouse.predictions() if row["prediction_date"] == EARLIER]
    probability = np.array([row["churn_probability"] for row in rows])
    churned = np.array([row["customer_key"] not in bought for row in rows])
    assert outcome.prediction_date == EARLIER
    assert outcome.customers == len(rows)
    assert outcome.predicted == round(float(probability.mean()), 9)
    assert outcome.churned == pytest.approx(churned.mean())
    log_loss = -np.log(np.where(churned, probability, 1 - probability)).mean()
    assert outcome.log_loss == round(float(log_loss), 9)
    assert outcome.brier == round(float(((probability - churned) ** 2).mean()), 9)


@pytest.mark.parametrize(("days_later", "horizon"), [(80, HORIZON), (0, 7)])
def test_outcomes_are_kept_also_by_rare_runs_and_after_a_longer_horizon(
    module_warehouse: Any, watches: list[Watch], days_later: int, horizon: int
) -> None:
    identifiers = {
        "project": module_warehouse.client.project,
        "warehouse_dataset": module_warehouse.warehouse_dataset,
    }
    module_warehouse.query(f"DELETE FROM {module_warehouse.warehouse_dataset}.churn_outcomes WHERE TRUE")
    day = AS_OF + timedelta(days=days_later)
    found = keep_outcomes(module_warehouse.client, identifiers, {"as_of": day, "horizon_days": horizon})
    assert [each for each in found if each.prediction_date == EARLIER] == watches[1].outcomes


def test_drift_is_in_its_table_once_a_day(
    module_warehouse: Any, watches: list[Watch], folders: list[Path]
) -> None:
    name = f"{module_warehouse.warehouse_dataset}.churn_drift"

    def of_the_day() -> list[dict[str, Any]]:
        return module_warehouse.query(
            f"SELECT * FROM {name} WHERE as_of_date = '{AS_OF}' ORDER BY column_name"
        )

    before = of_the_day()
    assert {row["column_name"]: row["stability"] for row in before} == pytest.approx(
        {column.column: round(column.index, 9) for column in watches[1].columns}
    )
    assert watch_day(module_warehouse, AS_OF, folders[1]) == watches[1]
    assert of_the_day() == before


def test_the_report_says_what_was_seen(watches: list[Watch], folders: list[Path]) -> None:
    page = (folders[1] / "watching.html").read_text()
    [outcome] = watches[1].outcomes
    assert f"<th>{EARLIER}</th>" in page
    assert f"{outcome.log_loss:.4f}" in page
    assert all(warning in page for warning in watches[1].warnings)
    most = max(watches[1].columns, key=lambda column: column.index)
    assert f"<th>{most.column}</th>" in page
    assert "http" not in page


def test_a_sample_is_no_loss_of_customers(
    module_warehouse: Any, watches: list[Watch], folders: list[Path]
) -> None:
    of_a_third = watch_day(module_warehouse, AS_OF, folders[1], one_in=3)
    assert of_a_third.training_customers == 3 * watches[1].training_customers
    assert watch_day(module_warehouse, AS_OF, folders[1]) == watches[1]


def watch_as_a_step(folder: Path, run_id: str, bucket: str = BUCKET) -> None:
    """Run the step on tables that do not exist."""

    def table(dataset: str, name: str) -> Any:
        return SimpleNamespace(metadata={"projectId": PROJECT, "datasetId": dataset, "tableId": name})

    run(
        project=PROJECT,
        location="us-central1",
        bucket=bucket,
        as_of=str(AS_OF),
        run_id=run_id,
        max_query_gib=1,
        one_in=1,
        horizon_days=90,
        scoring_examples=table(DATASETS["assertions"], "churn_scoring_examples"),
        model=SimpleNamespace(path=str(folder / "model")),
        predictions=table("winter_days_warehouse", "fact_predictions_churn"),
        report=SimpleNamespace(path=str(folder / "watching.html"), metadata={}),
    )


@pytest.mark.parametrize(
    ("run_id", "cause"),
    [
        ("no-table", f"{DATASETS['assertions']}.churn_training_examples does not exist: "),
        ("no-model", "holds no churn model"),
    ],
)
def test_a_failure_while_watching_is_a_warning_of_a_run_that_succeeds(
    services: None,
    many: Examples,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    run_id: str,
    cause: str,
) -> None:
    if run_id == "no-table":
        saved_model.save(tmp_path / "model", fit(many, Recipe.FALLBACK, 90), None, {})
    watch_as_a_step(tmp_path, run_id)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    [told] = [line for line in lines if line["severity"] == "ERROR"]
    assert told["message"].startswith("monitoring failed; the predictions are not affected: ")
    assert cause in told["message"]
    assert "\n" not in told["message"]
    assert told["stack_trace"].startswith("Traceback (most recent call last):")
    assert "monitoring failed" in (tmp_path / "watching.html").read_text()
    ended = {"as_of": str(AS_OF), "run_id": run_id, "scored_at": "2020-01-31T02:00:00Z"}
    record_run(
        project=PROJECT,
        location="us-central1",
        bucket=BUCKET,
        repository=REPOSITORY,
        warehouse_dataset="winter_days_warehouse",
        max_query_gib=1,
        **ended,
        state="SUCCEEDED",
        error="",
    )
    query = f"SELECT * FROM `{PROJECT}.winter_days_warehouse.pipeline_runs` WHERE run_id = '{run_id}'"
    [row] = bigquery_client(PROJECT).query(query).result()
    assert (row.state, row.failed_step) == ("SUCCEEDED_WITH_WARNINGS", None)
    [step] = json.loads(row.steps)
    assert (step["step"], step["counts"]["warnings"]) == ("watch_predictions", [told["message"]])


def test_a_record_that_cannot_be_kept_fails_the_step(services: None, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        watch_as_a_step(tmp_path, "no-bucket", bucket="winter-days-nowhere")


def column(index: float = 0.0, bounded: bool = True, missing: float = 0.0) -> Stability:
    return Stability("visits_in_horizon", bounded, index, missing, 0.0)


def outcome(predicted: float, churned: float, customers: int = 10_000) -> Outcome:
    return Outcome(EARLIER, "churn-1", customers, predicted, churned, 0.5, 0.2)


def test_warnings_are_given_only_beyond_the_thresholds() -> None:
    many = 10_000
    below = [column(0.24), column(9.0, bounded=False)], [outcome(0.5, 0.54)]
    assert find_warnings(many, many, 0.05, *below) == []
    [shifted] = find_warnings(many, many, 0.0, [column(0.26)], [])
    assert shifted == "visits_in_horizon has shifted: stability index 0.26, over 0.25"
    assert len(find_warnings(many, many, 0.0, [column(missing=0.2)], [])) == 1
    assert len(find_warnings(many, 2 * many + 1, 0.0, [], [])) == 1
    assert len(find_warnings(2 * many + 1, many, 0.0, [], [])) == 1
    assert len(find_warnings(many, many, 0.2, [], [])) == 1
    [warning] = find_warnings(many, many, 0.0, [], [outcome(0.5, 0.56), outcome(0.5, 0.5)])
    assert warning == "of 2025-10-01's customers, 56.0% churned; 50.0% were predicted to"


def test_few_customers_are_warned_of_only_beyond_chance() -> None:
    # 30 customers, half of whom are expected to churn: 24 or more, or 6 or fewer, do with probability
    # 0.0014, 25 or more or 5 or fewer with 0.0003.
    assert find_warnings(30, 30, 0.0, [], [outcome(0.5, 24 / 30, 30)]) == []
    assert len(find_warnings(30, 30, 0.0, [], [outcome(0.5, 25 / 30, 30)])) == 1
    # Chi-squared with 10 degrees of freedom exceeds 29.59 once in a thousand: an index of 29.59 * 2 / 30.
    assert find_warnings(30, 30, 0.0, [column(1.97)], []) == []
    [shifted] = find_warnings(30, 30, 0.0, [column(1.98)], [])
    assert shifted.endswith("stability index 1.98, over 1.97")
    # 4 of 30 without a value, where all had one: by Fisher's exact test, 11% of the draws of such customers.
    assert find_warnings(30, 30, 0.0, [column(missing=4 / 30)], []) == []
    assert len(find_warnings(30, 30, 0.0, [column(missing=15 / 30)], [])) == 1


@pytest.mark.parametrize("customers", [20, 30, 60, 100, 1000])
def test_customers_who_have_not_changed_are_not_warned_of(customers: int) -> None:
    generator = np.random.default_rng(customers)

    def drawn() -> tuple[Any, Any]:
        return generator.gamma(2, 10, size=(customers, len(NAMES))), generator.uniform(size=customers)

    (then, score_then), (now, score_now) = drawn(), drawn()
    columns = compare(then, now, (score_then, score_now))
    assert find_warnings(customers, customers, 0.0, columns, []) == []


def test_runs_are_compared_by_bounded_columns_only() -> None:
    score = Stability("churn_probability", True, 0.03, 0.0, 0.0)
    watch = Watch(120, 100, 0.25, [column(0.9, bounded=False), column(0.1), score], [], [])
    assert report_figures(watch) == {
        "customers": 120,
        "unseen_share": 0.25,
        "score_shift": 0.03,
        "largest_shift": 0.1,
    }
