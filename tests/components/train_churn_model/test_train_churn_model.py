"""Training from the warehouse's features to the model, the figures and the report."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import log_loss, roc_auc_score

from components.churn_model import saved_model
from components.churn_model.day import fit_day, on_day
from components.churn_model.examples import Examples
from components.churn_model.model import NAMES, Recipe, fit
from components.extract_features.step import extract_features
from components.shared.errors import StepError
from components.train_churn_model import evaluation
from components.train_churn_model.evaluation import OTHER_CUSTOMERS
from components.train_churn_model.step import TrainingResult, train_churn_model

AS_OF = date(2025, 11, 30)
HORIZON = 60


def train(warehouse: Any, folder: Path, horizon_days: int = HORIZON, **more: Any) -> TrainingResult:
    return train_churn_model(
        **warehouse.place,
        as_of=str(AS_OF),
        horizon_days=horizon_days,
        challenger_path=str(folder / "challenger"),
        model_path=str(folder / "model"),
        report_path=str(folder / "report.html"),
        model_card_path=str(folder / "model_card.md"),
        **more,
    )


def extract(warehouse: Any, cutoffs: int = 6) -> None:
    extract_features(
        **warehouse.place,
        warehouse_dataset=warehouse.warehouse_dataset,
        as_of=str(AS_OF),
        horizon_days=HORIZON,
        cutoffs=cutoffs,
    )


@pytest.fixture(scope="module")
def learnable(module_warehouse: Any, simulate: Callable[..., pd.DataFrame]) -> Any:
    module_warehouse.load_sales(simulate(600, 500, AS_OF))
    extract(module_warehouse, cutoffs=12)
    return module_warehouse


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("training")


@pytest.fixture(scope="module")
def result(learnable: Any, folder: Path) -> TrainingResult:
    return train(learnable, folder)


def test_it_beats_the_baselines(result: TrainingResult) -> None:
    assert result.metrics["roc_auc"] > result.baselines["Recency only"]["roc_auc"] + 0.01
    assert result.metrics["log_loss"] < result.baselines["Base rate"]["log_loss"] - 0.05
    assert result.differences["RFM logistic regression"].high < 0
    assert result.promoted
    assert result.served_version == result.model_version
    assert result.metrics["expected_calibration_error"] < 0.1
    assert not result.fallback


def test_the_figures_are_those_of_a_model_fitted_by_hand_on_closed_outcomes(
    learnable: Any, result: TrainingResult
) -> None:
    rows = pd.DataFrame(learnable.features("churn_training_examples"))
    rows = rows.sort_values(["cutoff_date", "customer_key"])
    newest = rows["cutoff_date"].max()
    ages = pd.to_timedelta(newest - rows["cutoff_date"]).dt.days
    earlier, test = rows[ages >= HORIZON], rows[ages == 0]
    examples = Examples(
        earlier[NAMES].to_numpy(dtype=float, na_value=np.nan),
        earlier["churned"].to_numpy(dtype=bool),
        earlier["cutoff_date"].to_numpy().astype("datetime64[D]"),
    )
    customers = test[NAMES].to_numpy(dtype=float, na_value=np.nan)
    model = fit(examples, Recipe(result.recipe), HORIZON)
    probability = on_day(model, fit_day(model, customers, newest)).predict(customers, newest)
    assert result.metrics["roc_auc"] == pytest.approx(roc_auc_score(test["churned"], probability))
    assert result.metrics["log_loss"] == pytest.approx(log_loss(test["churned"], probability))
    assert result.rows_judged == len(test)
    assert result.rows == len(rows)
    assert sum(sum(row) for row in result.confusion_matrix) == len(test)


def test_training_again_gives_the_same_files(learnable: Any, result: TrainingResult, folder: Path) -> None:
    again = folder / "again"
    assert train(learnable, again) == result
    for name in ("report.html", "model_card.md"):
        assert (again / name).read_bytes() == (folder / name).read_bytes()
    features = np.random.default_rng(0).gamma(2, 10, size=(50, len(NAMES)))
    models = [saved_model.load(place / "model").served for place in (folder, again)]
    assert np.array_equal(*(model.predict(features, AS_OF) for model in models))


def test_the_model_is_served_under_its_version(result: TrainingResult, folder: Path) -> None:
    loaded = saved_model.load(folder / "model")
    assert loaded.served.version == loaded.manifest["version"] == result.model_version
    assert re.fullmatch(r"churn-[0-9a-f]{12}", result.model_version)
    assert loaded.served.horizon_days == HORIZON
    assert loaded.judged is not None
    assert loaded.judged.version != result.model_version


def train_on_half(warehouse: Any, folder: Path) -> TrainingResult:
    """Train on every second customer's examples."""
    whole, half = warehouse.features_dataset, f"{warehouse.features_dataset}_half"
    warehouse.client.create_dataset(half)
    chosen = "MOD(FARM_FINGERPRINT(customer_key), 2) = 0"
    warehouse.query(
        f"CREATE TABLE {half}.churn_training_examples AS"
        f" SELECT * FROM {whole}.churn_training_examples WHERE {chosen}"
    )
    return train(replace(warehouse, name=f"{warehouse.name}_half"), folder, scoring_dataset=whole)


def test_a_champion_that_is_as_good_keeps_serving(
    learnable: Any, result: TrainingResult, folder: Path, tmp_path: Path
) -> None:
    fewer = train_on_half(learnable, tmp_path / "champion")
    assert 0 < fewer.rows < result.rows
    judged = train(learnable, tmp_path / "new", champion_path=str(tmp_path / "champion" / "model"))
    if judged.promoted:
        assert f"replaces {fewer.model_version}" in judged.decision
    else:
        assert f"{fewer.model_version} stays champion" in judged.decision
    assert saved_model.load(tmp_path / "new" / "model").served.version == judged.served_version
    same = train(learnable, tmp_path / "same", champion_path=str(folder / "model"))
    assert same.promoted
    assert same.served_version == result.model_version


def test_without_a_champion_mbg_nbd_alone_serves_when_it_is_judged_better(
    learnable: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The challenger's twin is made to give everybody the same probability, which loses to the baselines."""
    monkeypatch.setattr(evaluation, "predict_newest", lambda _, test: np.full(len(test.churned), 0.97))
    result = train(learnable, tmp_path)
    assert not result.promoted
    assert result.served_version == f"{result.model_version}-fallback"
    assert "its MBG/NBD alone serves" in result.decision
    assert result.decision.removesuffix(".") in result.warnings
    served = saved_model.load(tmp_path / "model").served
    assert served.version == result.served_version
    assert served.recipe is Recipe.FALLBACK
    assert (result.recipe, result.served_recipe) == (Recipe.FULL, Recipe.FALLBACK)
    assert saved_model.load(tmp_path / "challenger").served.version == result.model_version


def test_the_report_stands_alone(result: TrainingResult, folder: Path) -> None:
    page = (folder / "report.html").read_text()
    assert len(page) < 500_000
    assert page.count("<svg") == 8
    assert not re.search(r'(src|href)="(?!#)', page.replace('xlink:href="#', ""))
    assert f"{result.metrics['roc_auc']:.4f}" in page
    assert result.model_version in page
    assert str(result.cutoff_dates[0]) in page
    assert result.decision.split(":")[0] in page
    for name in result.baselines:
        assert name in page
    assert all(str(past.cutoff_date) in page for past in result.backtest)
    assert len(result.backtest) >= 2


def test_the_model_card_says_what_the_model_is_and_is_not(result: TrainingResult, folder: Path) -> None:
    card = (folder / "model_card.md").read_text()
    assert card.startswith(f"# Churn within {HORIZON} days: {result.model_version}")
    assert f"{result.metrics['log_loss']:.4f}" in card
    assert "Do not use" in card
    assert "and MBG/NBD, fitted on" in card


def test_a_small_demo_trains_a_fallback(
    warehouse: Any, simulate: Callable[..., pd.DataFrame], tmp_path: Path
) -> None:
    warehouse.load_sales(simulate(80, 300, AS_OF))
    extract(warehouse, cutoffs=1)
    result = train(warehouse, tmp_path)
    assert result.fallback
    assert any("there is no champion" in warning for warning in result.warnings) is not result.promoted
    assert result.protocol == OTHER_CUSTOMERS
    assert "simple fallback" in (tmp_path / "report.html").read_text()


ONE_PURCHASE_EACH = """
INSERT INTO {dataset}.churn_training_examples
  (as_of_date, horizon_days, cutoff_date, customer_key, {names}, churned)
SELECT
  DATE '{as_of}',
  {horizon},
  DATE_SUB(DATE '{as_of}', INTERVAL {horizon} * (1 + MOD(number, 2)) DAY),
  TO_HEX(SHA256(CAST(number AS STRING))),
  {values},
  {churned}
FROM UNNEST(GENERATE_ARRAY(1, {customers})) AS number
"""
ONE_PURCHASE = {"visits": "1", "sales": "1", "tenure_days": "1 + MOD(number, 400)"}
ONE_PURCHASE |= {"recency_days": ONE_PURCHASE["tenure_days"], "spend": "MOD(number, 97) / 4"}


def buy_once(warehouse: Any, customers: int, churned: str) -> None:
    """Make the examples of customers with one purchase each, and hence no gaps."""
    values = {name: ONE_PURCHASE.get(name, "NULL" if "gap" in name else "0") for name in NAMES}
    place = {"dataset": warehouse.features_dataset, "as_of": AS_OF, "horizon": HORIZON}
    columns = {"names": ", ".join(values), "values": ", ".join(values.values())}
    warehouse.query(ONE_PURCHASE_EACH.format(customers=customers, churned=churned, **columns, **place))


def test_customers_with_one_purchase_each_teach_their_base_rate(warehouse: Any, tmp_path: Path) -> None:
    buy_once(warehouse, 5_000, churned="MOD(number, 11) != 0")
    result = train(warehouse, tmp_path)
    assert result.rows == 5_000
    assert result.metrics["base_rate"] == pytest.approx(10 / 11, abs=0.01)
    assert not result.promoted  # no second purchase tells MBG/NBD that some come back
    assert "its log loss is" in result.decision


def test_customers_who_never_came_back_teach_nothing(warehouse: Any, tmp_path: Path) -> None:
    buy_once(warehouse, 1000, churned="TRUE")
    with pytest.raises(StepError, match="2 more who stayed are missing"):
        train(warehouse, tmp_path)


def test_features_of_another_horizon_are_refused(learnable: Any, tmp_path: Path) -> None:
    with pytest.raises(StepError, match="no rows for 2025-11-30 with horizon_days=61"):
        train(learnable, tmp_path, horizon_days=61)


def test_a_table_without_a_feature_is_refused(learnable: Any, tmp_path: Path) -> None:
    table = f"{learnable.features_dataset}.churn_training_examples"
    learnable.query(f"ALTER TABLE {table} RENAME COLUMN visits TO calls")
    try:
        with pytest.raises(StepError, match="lack the columns visits"):
            train(learnable, tmp_path)
    finally:
        learnable.query(f"ALTER TABLE {table} RENAME COLUMN calls TO visits")
