"""Renewals: MBG/NBD assumes irregular buying, and is not trusted where buying is regular."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from components.churn_model import day
from components.churn_model.model import choose_recipe
from components.churn_model.reading import read_training_examples
from components.extract_features.step import extract_features
from components.train_churn_model.evaluation import LATER_TIME, evaluate
from components.train_churn_model.metrics import judge

AS_OF, HORIZON, DAYS = date(2025, 11, 30), 45, 800


def renewals(customers: int) -> pd.DataFrame:
    """Return what subscribers paid: every 30 days, give or take one or two, until they cancel."""
    dice = np.random.default_rng(3)
    rows = []
    for number in range(customers):
        first, paid = dice.integers(0, DAYS - 100), dice.geometric(0.06)
        days = first + 30 * np.arange(paid) + np.round(dice.normal(0, 1.5, paid)).astype(int)
        rows += [(f"c{number}", int(day)) for day in days if 0 <= day < DAYS]
    sales = pd.DataFrame(rows, columns=["customer_key", "day"])
    return sales.assign(
        sale_id=[f"s{row}" for row in range(len(sales))],
        sale_date=[AS_OF - timedelta(days=DAYS - day) for day in sales["day"]],
        product_category="plan",
        quantity=1,
        total_amount=20.0,
        status="completed",
    )


def test_renewals_are_judged_better_without_mbg_nbd(
    module_warehouse: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    module_warehouse.load_sales(renewals(800))
    extract_features(
        **module_warehouse.place,
        warehouse_dataset=module_warehouse.warehouse_dataset,
        as_of=str(AS_OF),
        horizon_days=HORIZON,
        cutoffs=12,
    )
    place = module_warehouse.client, module_warehouse.client.project, module_warehouse.features_dataset
    examples = read_training_examples(*place, AS_OF, HORIZON)
    assert day.trust_of(examples.newest.features) == 0.0

    def log_loss() -> float:
        judged = evaluate(examples, choose_recipe(examples.newest.rarer), HORIZON)
        assert judged.protocol == LATER_TIME
        return judge(judged.test.churned, judged.probability)["log_loss"]

    distrusted = log_loss()
    monkeypatch.setattr(day, "trust_of", lambda _: 1.0)
    assert distrusted < log_loss() - 0.005
