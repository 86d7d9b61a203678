"""The rows of a few customers, worked out by hand from a model with round parameters.

MBG/NBD alone predicts, with shape 1, rate 60, leaving 1 and staying 4. For a customer with k repeat
purchases, `last` days between first and last purchase and `tenure` days since the first,

    gone = 1 / (4 + k) * (60 + last) ** -(1 + k)
    silent(days) = (60 + tenure + days) ** -(1 + k)

are in the proportion of having left and of being active but silent. So the probability of no purchase in 60
days is (gone + silent(60)) / (gone + silent(0)), that of being alive silent(0) / (gone + silent(0)), and the
next purchase comes within t days with the chance 1 - (gone + silent(t)) / (gone + silent(0)). A buyer spends
200 EUR, or 20,000 JPY; the log of actual over expected spend is as large as its quantile's level.
"""

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from components.churn_model import saved_model
from components.churn_model.amounts import AmountModel
from components.churn_model.expected_spend import DaySpend, SpendFit
from components.churn_model.features import NAMES
from components.churn_model.model import ChurnModel, Recipe
from components.churn_model.purchase_model import PurchaseModel
from components.churn_model.saved_model import SavedModel
from components.churn_model.spend_model import LEVELS, SpendModel
from components.churn_model.spend_season import SpendSeason
from components.write_predictions import step
from components.write_predictions.scores import COLUMNS, PREDICTED_COLUMNS
from components.write_predictions.step import WrittenPredictions, write_predictions

AS_OF = date(2025, 11, 30)
HORIZON = 60
PURCHASES = PurchaseModel(shape=1.0, rate=60.0, leaving=1.0, staying=4.0)
FEATURES = ("visits", "tenure_days", "recency_days", "gap_mean", "currency")  # two customers have each row
CUSTOMERS = {
    "a": (1, 240, 240, None, "EUR"),
    "b": (1, 60, 60, None, "EUR"),
    "c": (1, 20, 20, None, "JPY"),
    "d": (2, 60, 30, 30, "EUR"),
    "e": (5, 60, 20, 10, "EUR"),
    "f": (9, 60, 1, 7.375, None),
}
# In the order of risk, equal ones in that of their keys; twelve customers are two, two, and one eight times.
DECILES = {
    "a1": 1,
    "a2": 1,
    "b1": 2,
    "b2": 2,
    "c1": 3,
    "c2": 4,
    "d1": 5,
    "d2": 6,
    "e1": 7,
    "e2": 8,
    "f1": 9,
    "f2": 10,
}
# probability, band and probability of being alive
RISKS = {
    "a": (0.925926, "high", 0.444444),  # 25/27 and 4/9
    "b": (0.777778, "high", 0.666667),  # 7/9 and 2/3
    "c": (0.678571, "medium", 0.75),  # 19/28 and 3/4
    "d": (0.590164, "medium", 0.737705),  # 36/61 and 45/61
    "e": (0.337692, "low", 0.762753),
    "f": (0.106312, "low", 0.917556),
}
# A usual customer bought once, 20 days ago. Effects below .05 are not worth mentioning.
REASONS = {
    "a": ["raises: one purchase, 240 days ago"],
    "b": ["raises: one purchase, 60 days ago"],
    "c": [],
    "d": ["lowers: bought on 2 days in all", "raises: buys every 30 days, silent for 30"],
    "e": ["lowers: bought on 5 days in all", "lowers: buys every 10 days, silent for 20"],
    "f": ["lowers: bought on 9 days in all", "lowers: buys every 7 days, silent for 1"],
}
NEVER = (None, None, None)
# median, low and high day of the next purchase; for b and c the median is 360 and 160 days away
NEXT = {
    **dict.fromkeys("abc", NEVER),
    "d": (date(2026, 3, 1), date(2025, 12, 9), None),  # 91, 9 and never
    "e": (date(2025, 12, 28), date(2025, 12, 3), None),  # 28, 3 and never
    "f": (date(2025, 12, 10), date(2025, 12, 1), date(2026, 2, 4)),  # 10, 1 and 66
}
# expected, low, high, at risk, currency; the high end of b is 200 * exp((.8 - 7/9) / (2/9)) = 200 * exp(.1)
SPEND = {
    "a": (14.81, None, None, 185.19, "EUR"),  # no interval at a probability of no purchase of .8 or more
    "b": (44.44, 0.0, 221.03, 155.56, "EUR"),
    "c": (6428.57, 0.0, 29180.77, 13571.43, "JPY"),
    "d": (81.97, 0.0, 333.73, 118.03, "EUR"),
    "e": (132.46, 0.0, 401.96, 67.54, "EUR"),
    "f": (None, None, None, None, None),  # pays in several currencies: no amount
}

OTHER = {"risk_band": "'another'", "currency": "'XXX'", "decile": "0"}


@pytest.fixture
def place(warehouse: Any, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Return the step's arguments, for a day with these customers and this model."""
    rows = [
        dict(zip(FEATURES, values, strict=True)) | {"customer_key": f"{name}{number}", "spend_mean": 10}
        for name, values in CUSTOMERS.items()
        for number in (2, 1)
    ]
    columns = ["as_of_date", "horizon_days", *rows[0]]
    values = [", ".join("NULL" if value is None else repr(value) for value in row.values()) for row in rows]
    warehouse.query(
        f"INSERT INTO {warehouse.features_dataset}.churn_scoring_examples ({', '.join(columns)}) "
        f"VALUES {', '.join(f"('{AS_OF}', {HORIZON}, {each})" for each in values)}"
    )
    usual = np.full(len(NAMES), np.nan)
    for name, value in (("visits", 1), ("tenure_days", 20), ("recency_days", 20)):
        usual[NAMES.index(name)] = value
    served = ChurnModel(Recipe.FALLBACK, HORIZON, "churn-by-hand", usual, PURCHASES, 0.5)
    saved = SavedModel(served, None, {}, day_spend=DaySpend(spend_model(), PURCHASES, spend_fit()))
    monkeypatch.setattr(saved_model, "load", lambda _: saved)
    return {
        **warehouse.place,
        "warehouse_dataset": warehouse.warehouse_dataset,
        "as_of": str(AS_OF),
        "horizon_days": HORIZON,
        "model_path": "by hand",
        "scored_at": "2025-11-30T02:00:00Z",
    }


def spend_model() -> SpendModel:
    """Return a model whose trees say 100 for everybody."""
    nothing = SpendSeason(np.array([], dtype="datetime64[D]"), np.array([]), np.array([]))
    trees: Any = SimpleNamespace(predict=lambda rows: np.full(len(rows), 100.0))
    return SpendModel(HORIZON, {}, nothing, LEVELS, trees=trees, columns=np.array([0]))


def spend_fit() -> SpendFit:
    amounts = AmountModel(1.0, 2.0, 1.0, 1.0)
    return SpendFit(amounts, {"EUR": 1.0, "JPY": 100.0}, scale=2.0, shift=0.0, known_year=True)


def expected_row(key: str, run_id: str) -> dict[str, Any]:
    name = key[0]
    probability, band, alive = RISKS[name]
    spend = ("expected_spend", "expected_spend_low", "expected_spend_high", "value_at_risk", "currency")
    purchase = "expected_next_purchase"
    return {
        "prediction_date": AS_OF,
        "customer_key": key,
        "churn_probability": probability,
        "risk_band": band,
        "decile": DECILES[key],
        "top_reasons": REASONS[name],
        "model_version": "churn-by-hand",
        "as_of_date": AS_OF,
        "horizon_days": HORIZON,
        "pipeline_run_id": run_id,
        "scored_at": datetime(2025, 11, 30, 2, tzinfo=UTC),
        "probability_alive": alive,
        **dict(zip((purchase, f"{purchase}_low", f"{purchase}_high"), NEXT[name], strict=True)),
        **dict(zip(spend, SPEND[name], strict=True)),
    }


def test_the_rows_are_those_worked_out_by_hand(warehouse: Any, place: dict[str, Any]) -> None:
    assert write_predictions(**place, run_id="run-1") == WrittenPredictions(
        customers=12,
        high_risk=4,
        medium_risk=4,
        low_risk=4,
        changed=12,
        model_version="churn-by-hand",
        ranks=True,
    )
    assert warehouse.predictions() == [expected_row(key, "run-1") for key in sorted(DECILES)]


def test_a_row_that_differs_in_any_column_names_the_new_run(warehouse: Any, place: dict[str, Any]) -> None:
    """One column of each row is changed; that of the reasons is in test_write_predictions.py."""
    write_predictions(**place, run_id="run-1")
    columns = [name for name in PREDICTED_COLUMNS if name not in ("customer_key", "top_reasons")]
    spoilt = dict(zip(sorted(DECILES), columns, strict=True))
    for key, column in spoilt.items():
        value = "DATE '2026-01-01'" if "next_purchase" in column else OTHER.get(column, "0.5")
        table = f"{warehouse.warehouse_dataset}.fact_predictions_churn"
        warehouse.query(f"UPDATE {table} SET {column} = {value} WHERE customer_key = '{key}'")
    assert write_predictions(**place, run_id="run-2").changed == 12
    assert warehouse.predictions() == [expected_row(key, "run-2") for key in sorted(DECILES)]


def test_the_bands_include_their_lower_ends(
    warehouse: Any, place: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    bands = {1.0: "high", 0.7: "high", 0.699999: "medium", 0.4: "medium", 0.399999: "low", 0.0: "low"}

    def write_borders(_model: Any, _tables: Any, _as_of: date, file: Any, _day_spend: Any) -> int:
        keys = pa.array([f"c{number}" for number in range(len(bands))])
        unknown = [pa.nulls(len(bands), column.type) for column in list(COLUMNS)[3:]]
        columns = [keys, pa.array(list(bands)), pa.array([["a reason"]] * len(bands)), *unknown]
        pq.write_table(pa.table(columns, schema=COLUMNS), file)
        return len(bands)

    monkeypatch.setattr(step, "write_scores", write_borders)
    write_predictions(**place, run_id="run-1")
    assert {row["churn_probability"]: row["risk_band"] for row in warehouse.predictions()} == bands
