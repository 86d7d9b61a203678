"""The day's partition of predictions: what it holds, that reruns repeat it, that it is whole or untouched."""

import hashlib
import shutil
import tempfile
import tracemalloc
import uuid
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlglot
from google.api_core.exceptions import BadRequest, NotFound
from sqlglot import exp

from components.churn_model import expected_spend, prospects, saved_model
from components.churn_model.day import Customers, fit_whole_day
from components.churn_model.examples import MIXED, Examples, Money
from components.churn_model.model import NAMES, Recipe, fit
from components.extract_features.step import extract_features
from components.shared.clients import storage_client
from components.shared.errors import StepError
from components.shared.queries import MissingTableError, read_sql
from components.train_churn_model.spend_training import measure_history
from components.write_predictions import step
from components.write_predictions.scores import COLUMNS, PREDICTED_COLUMNS, key_range, write_scores
from components.write_predictions.step import WrittenPredictions, score_shard, write_predictions

AS_OF = date(2025, 11, 30)
DAY_BEFORE = AS_OF - timedelta(days=1)
HORIZON = 60
SCORED_AT = "2025-11-30T02:00:00Z"


@pytest.fixture(scope="module")
def scored(module_warehouse: Any, simulate: Callable[..., pd.DataFrame]) -> Any:
    """Return a warehouse with 2 days of features; customers' keys are digests, as silver makes them."""
    sales = simulate(160, 300, AS_OF)
    sales["customer_key"] = [hashlib.sha256(key.encode()).hexdigest() for key in sales["customer_key"]]
    sales["currency"] = [
        ("EUR", "JPY", "EUR")[number % 3] if key < "2" else "EUR"
        for number, key in enumerate(sales["customer_key"])
    ]
    module_warehouse.load_sales(sales)
    for day in (DAY_BEFORE, AS_OF):
        extract_features(
            **module_warehouse.place,
            warehouse_dataset=module_warehouse.warehouse_dataset,
            as_of=str(day),
            horizon_days=HORIZON,
            cutoffs=2,
        )
    return module_warehouse


@pytest.fixture(scope="module")
def models(scored: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the folders of two saved models."""
    folder = tmp_path_factory.mktemp("models")
    rows = [row for row in scored.features("churn_training_examples") if row["as_of_date"] == AS_OF]
    examples = Examples(
        np.array([[row[name] for name in NAMES] for row in rows], dtype=float),
        np.array([row["churned"] for row in rows]),
        np.array([row["cutoff_date"] for row in rows], dtype="datetime64[D]"),
        Money(
            np.array([row["spent_in_horizon"] for row in rows], dtype=float),
            np.array([row["currency"] or MIXED for row in rows]),
        ),
    )
    history = measure_history(examples, HORIZON)
    assert history is not None
    for name, recipe in (("first", Recipe.LINEAR), ("second", Recipe.FALLBACK)):
        model, spend = fit(examples, recipe, HORIZON), history.fit(examples, AS_OF)
        saved_model.save(folder / name, model, None, {}, spend)
        day = fit_whole_day(model, spend, customers_of(scored), AS_OF)
        saved_model.keep_day(folder / name, day, model.version)
    return {name: folder / name for name in ("first", "second")}


def customers_of(scored: Any) -> Customers:
    rows = [row for row in scored.features("churn_scoring_examples") if row["as_of_date"] == AS_OF]
    features = np.array([[row[name] for name in NAMES] for row in rows], dtype=float)
    return Customers(features, np.array([row["currency"] or MIXED for row in rows]))


@pytest.fixture
def lake(scored: Any) -> Any:
    """Return an empty bucket for the parts of shards."""
    return storage_client(scored.place["project"]).create_bucket(f"parts-{uuid.uuid4().hex[:8]}")


@pytest.fixture
def write(scored: Any, models: dict[str, Path]) -> Callable[..., WrittenPredictions]:
    def run(
        run_id: str = "run-1", day: date = AS_OF, model: str = "first", **more: Any
    ) -> WrittenPredictions:
        arguments = {
            **scored.place,
            "warehouse_dataset": scored.warehouse_dataset,
            "horizon_days": HORIZON,
            "scored_at": SCORED_AT,
        }
        return write_predictions(
            as_of=str(day), model_path=str(models[model]), run_id=run_id, **arguments | more
        )

    scored.query(f"DELETE FROM {scored.warehouse_dataset}.fact_predictions_churn WHERE TRUE")
    return run


def test_every_customer_gets_the_models_prediction(
    scored: Any, models: dict[str, Path], write: Callable[..., WrittenPredictions]
) -> None:
    result = write()
    saved = saved_model.load(models["first"])
    model, day_spend = saved.served, saved.day_spend
    assert day_spend is not None
    customers = [row for row in scored.features("churn_scoring_examples") if row["as_of_date"] == AS_OF]
    features = np.array([[row[name] for name in NAMES] for row in customers], dtype=float)
    probability = np.round(model.predict(features, AS_OF), 6).tolist()
    keys = [row["customer_key"] for row in customers]
    later = [
        column.to_pylist()
        for column in prospects.prospects(model, features, model.predict(features, AS_OF), AS_OF)
    ]
    currencies = np.array([row["currency"] or MIXED for row in customers])
    spend = vars(day_spend.predict(features, currencies, model.predict(features, AS_OF))).values()
    amounts = [[None if value != value else round(value, 2) for value in of.tolist()] for of in spend]
    told = dict(
        zip(
            ("expected_spend", "expected_spend_low", "expected_spend_high", "value_at_risk"),
            amounts,
            strict=True,
        )
    )
    told["currency"] = [name or None for name in currencies.tolist()]
    ranks = sorted(range(len(keys)), key=lambda i: (-probability[i], keys[i]))
    tenths = np.array_split(ranks, 10)
    decile = {int(i): number for number, tenth in enumerate(tenths, start=1) for i in tenth}
    bands = ["high" if p >= 0.7 else "medium" if p >= 0.4 else "low" for p in probability]
    assert scored.predictions() == [
        {
            "prediction_date": AS_OF,
            "customer_key": keys[i],
            "churn_probability": probability[i],
            "risk_band": bands[i],
            "decile": decile[i],
            "top_reasons": reasons,
            "model_version": model.version,
            "as_of_date": AS_OF,
            "horizon_days": HORIZON,
            "pipeline_run_id": "run-1",
            "scored_at": datetime(2025, 11, 30, 2, tzinfo=UTC),
            **{name: values[i] for name, values in zip(prospects.COLUMNS.names, later, strict=True)},
            **{name: values[i] for name, values in told.items()},
        }
        for i, reasons in enumerate(model.explain(features, AS_OF, currencies)[1].to_pylist())
    ]
    assert {row["currency"] for row in customers} == {"EUR", None}
    for known, low, high, currency in zip(*amounts[:3], told["currency"], strict=True):
        assert (known is None) is (currency is None)
        assert high is None or 0 <= low < high
    assert any(high is None for high, known in zip(amounts[2], amounts[0], strict=True) if known is not None)
    count = Counter(bands)
    assert result == WrittenPredictions(
        customers=len(keys),
        high_risk=count["high"],
        medium_risk=count["medium"],
        low_risk=count["low"],
        changed=len(keys),
        model_version=model.version,
        ranks=True,
    )
    assert min(count["high"], count["medium"], count["low"]) > 0
    assert {date, type(None)} == {type(row["expected_next_purchase"]) for row in scored.predictions()}


@pytest.mark.parametrize(
    ("dataset", "table"),
    [("warehouse_dataset", "fact_predictions_churn"), ("features_dataset", "churn_scoring_examples")],
)
def test_a_table_that_is_missing_is_named(
    scored: Any, write: Callable[..., WrittenPredictions], dataset: str, table: str
) -> None:
    scored.client.create_dataset("without_tables", exists_ok=True)
    with pytest.raises(MissingTableError, match=rf"without_tables\.{table} does not exist: "):
        write(**{dataset: "without_tables"})


def test_the_table_is_partitioned_and_clustered(
    scored: Any, write: Callable[..., WrittenPredictions]
) -> None:
    write()
    table = scored.client.get_table(f"{scored.warehouse_dataset}.fact_predictions_churn")
    assert table.time_partitioning.field == "prediction_date"
    assert table.clustering_fields == ["customer_key"]


def test_replacing_a_day_joins_no_other() -> None:
    """BigQuery prunes a MERGE whose join is the constant FALSE by its clauses' conditions on the partition.

    Source: docs.cloud.google.com/bigquery/docs/using-dml-with-partitioned-tables, on pruning partitions when
    using a MERGE statement.
    """
    names = dict.fromkeys(("project", "warehouse_dataset", "features_dataset", "scores"), "x")
    replacing = Path(step.__file__).with_name("replace_partition.sql")
    sql = read_sql(replacing, **names, predicted_columns=PREDICTED_COLUMNS)
    merge = sqlglot.parse_one(sql, dialect="bigquery")
    assert isinstance(merge, exp.Merge)
    assert merge.args["on"] == exp.false()
    [deleted] = [when for when in merge.find_all(exp.When) if when.args.get("source")]
    assert deleted.args["condition"].sql("bigquery") == "prediction.prediction_date = @as_of"


def test_a_repeat_by_another_run_and_in_other_batches_changes_no_row(
    scored: Any, write: Callable[..., WrittenPredictions]
) -> None:
    write("run-1")
    before = scored.predictions()
    assert write("run-2", scored_at="2025-12-05T02:00:00Z", batch_rows=7).changed == 0
    assert scored.predictions() == before


def test_only_rows_that_change_name_the_new_run(
    scored: Any, write: Callable[..., WrittenPredictions]
) -> None:
    write("run-1")
    table = f"{scored.warehouse_dataset}.fact_predictions_churn"
    first, second, third, fourth = (row["customer_key"] for row in scored.predictions()[:4])
    before = scored.predictions()
    made_up = f"FROM {table} WHERE customer_key = '{first}'"
    scored.query(f"INSERT INTO {table} SELECT * REPLACE (['made up'] AS top_reasons) {made_up}")
    scored.query(f"DELETE {made_up} AND 'made up' NOT IN UNNEST(top_reasons)")
    scored.query(f"DELETE FROM {table} WHERE customer_key = '{second}'")
    scored.query(f"UPDATE {table} SET customer_key = 'nobody' WHERE customer_key = '{third}'")
    scored.query(f"UPDATE {table} SET probability_alive = NULL WHERE customer_key = '{fourth}'")
    assert write("run-2").changed == 4
    changed = {first, second, third, fourth}
    assert scored.predictions() == [
        row | {"pipeline_run_id": "run-2"} if row["customer_key"] in changed else row for row in before
    ]


@pytest.mark.parametrize("shards", [2, 7])
def test_shards_give_the_rows_of_one_and_leave_nothing_in_the_bucket(
    scored: Any,
    models: dict[str, Path],
    write: Callable[..., WrittenPredictions],
    lake: Any,
    shards: int,
) -> None:
    whole = write("run-1")
    before = scored.predictions()
    scored.query(f"DELETE FROM {scored.warehouse_dataset}.fact_predictions_churn WHERE TRUE")
    given = {"bucket": lake.name, "run_id": "run-1", "shards": shards}
    place = {"as_of": str(AS_OF), "horizon_days": HORIZON, "model_path": str(models["first"])}
    rows = [score_shard(**scored.place, **place, **given, shard=shard) for shard in range(shards)]
    keys = [row["customer_key"] for row in before]
    assert rows == [
        sum(int(key[:16], 16) * shards // 2**64 == shard for key in keys) for shard in range(shards)
    ]
    assert min(rows) > 0
    assert len(list(lake.list_blobs())) == shards
    assert write(**given) == whole
    assert scored.predictions() == before
    assert list(lake.list_blobs()) == []


@pytest.mark.parametrize("deleted", [1, 2])
def test_an_attempt_after_one_that_was_killed_while_it_deleted_the_parts_scores_every_customer(
    scored: Any, models: dict[str, Path], write: Callable[..., WrittenPredictions], lake: Any, deleted: int
) -> None:
    given = {"bucket": lake.name, "run_id": "run-1", "shards": 2}
    place = {"as_of": str(AS_OF), "horizon_days": HORIZON, "model_path": str(models["first"])}
    for shard in range(2):
        score_shard(**scored.place, **place, **given, shard=shard)
    parts = sorted(lake.list_blobs(), key=lambda blob: str(blob.name))
    contents = {part.name: part.download_as_bytes() for part in parts}
    whole = write(**given)
    before = scored.predictions()
    for name in list(contents)[deleted:]:
        lake.blob(name).upload_from_string(contents[name])
    assert write(**given) == whole
    assert scored.predictions() == before
    assert list(lake.list_blobs()) == []


def test_a_missing_part_leaves_the_partition_and_the_other_parts_alone(
    scored: Any, models: dict[str, Path], write: Callable[..., WrittenPredictions], lake: Any
) -> None:
    write("run-1")
    before = scored.predictions()
    given = {"bucket": lake.name, "run_id": "run-2", "shards": 2}
    place = {"as_of": str(AS_OF), "horizon_days": HORIZON, "model_path": str(models["first"])}
    score_shard(**scored.place, **place, **given, shard=0)
    with pytest.raises(NotFound, match="00001-of-00002"):
        write(model="second", **given)
    assert scored.predictions() == before
    assert len(list(lake.list_blobs())) == 1


def test_every_text_is_in_exactly_one_shard() -> None:
    texts = ["", "0", "7fff", "8", "80", "f" * 64, "ffff", "g", "Z", "é", "\U0001f600", "0" * 64]
    for shards in (1, 2, 3, 100):
        ranges = [key_range(shard, shards) for shard in range(shards)]
        for text in texts:
            assert sum(one["first_key"] <= text < one["end_key"] for one in ranges) == 1
        assert [one["first_key"] for one in ranges[1:]] == [one["end_key"] for one in ranges[:-1]]


@pytest.mark.parametrize(("customers", "levels"), [(1, 1), (9, 3), (20, 1), (25, 3), (101, 10**6)])
def test_the_deciles_are_those_of_a_sort_of_all_customers(
    scored: Any,
    write: Callable[..., WrittenPredictions],
    monkeypatch: pytest.MonkeyPatch,
    customers: int,
    levels: int,
) -> None:
    generator = np.random.default_rng(customers)
    probability = np.round(generator.integers(0, levels, customers) / levels, 6)
    keys = [f"c{number:03}" for number in generator.permutation(customers)]

    def write_made_up(_model: Any, _tables: Any, _as_of: date, file: Any, _money: Any) -> int:
        fields = [*prospects.COLUMNS, *expected_spend.COLUMNS]
        later = [pa.nulls(customers, field.type) for field in fields]
        columns = [keys, probability, [["a reason"]] * customers, *later]
        pq.write_table(pa.table(columns, schema=COLUMNS), file)
        return customers

    monkeypatch.setattr(step, "write_scores", write_made_up)
    write()
    found = {row["customer_key"]: row["decile"] for row in scored.predictions()}
    ranked = sorted(range(customers), key=lambda i: (-probability[i], keys[i]))
    tenths = np.array_split(ranked, 10)
    assert found == {keys[i]: number for number, tenth in enumerate(tenths, start=1) for i in tenth}


def test_another_model_replaces_every_row_of_its_day_only(
    scored: Any, write: Callable[..., WrittenPredictions]
) -> None:
    write("run-0", DAY_BEFORE)
    day_before = scored.predictions()
    write("run-1")
    result = write("run-2", model="second")
    rows = scored.predictions()
    assert rows[: len(day_before)] == day_before
    today = rows[len(day_before) :]
    assert {row["model_version"] for row in today} == {result.model_version}
    assert {row["pipeline_run_id"] for row in today} == {"run-2"}
    assert len(today) == result.customers == result.changed


def test_a_failure_while_replacing_leaves_the_partition_and_no_working_table(
    scored: Any,
    write: Callable[..., WrittenPredictions],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write("run-1")
    before = scored.predictions()
    shutil.copytree(step.FOLDER, tmp_path / "sql")
    merge = tmp_path / "sql" / "replace_partition.sql"
    assert "ELSE 'low'" in merge.read_text()
    merge.write_text(merge.read_text().replace("ELSE 'low'", "ELSE ERROR('injected')"))
    with monkeypatch.context() as patch, pytest.raises(BadRequest, match="injected"):
        patch.setattr(step, "FOLDER", tmp_path / "sql")
        write("run-2", model="second")
    assert scored.predictions() == before
    assert working_tables(scored) == []
    assert write("run-2", model="second").changed == len(before)


def test_memory_does_not_grow_with_the_customers(models: dict[str, Path]) -> None:
    model = saved_model.load(models["first"]).served
    generator = np.random.default_rng(0)

    def peak(batches: int) -> int:
        """Return the most bytes held while this many batches of customers are scored."""
        tables = (
            pa.table(
                {"customer_key": [f"c{number}" for number in range(2000)]} | dict(zip(NAMES, of, strict=True))
            )
            for of in (generator.gamma(2, 10, (len(NAMES), 2000)) for _ in range(batches))
        )
        tracemalloc.start()
        with tempfile.TemporaryFile() as file:
            assert write_scores(model, tables, AS_OF, file) == 2000 * batches
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(1)
    assert peak(12) < 1.2 * peak(3)


def working_tables(scored: Any) -> list[str]:
    tables = scored.client.list_tables(scored.features_dataset)
    return [table.table_id for table in tables if table.table_id.startswith("churn_scores_")]


def test_leftovers_of_a_killed_attempt_do_not_matter(
    scored: Any, write: Callable[..., WrittenPredictions], monkeypatch: pytest.MonkeyPatch
) -> None:
    write("run-1")
    before = scored.predictions()
    with monkeypatch.context() as patch, pytest.raises(BadRequest):
        patch.setattr(type(scored.client), "delete_table", lambda *_, **__: None)
        patch.setattr(step, "RISK_BANDS", {"high_risk": "no number", "medium_risk": 0.4})
        write("run-2")
    assert len(working_tables(scored)) == 1
    assert write("run-2").changed == 0
    assert scored.predictions() == before
    assert working_tables(scored) == []


def test_a_day_without_customers_to_score_is_refused(write: Callable[..., WrittenPredictions]) -> None:
    with pytest.raises(StepError, match="churn_scoring_examples has no rows for 2024-01-01"):
        write(day=date(2024, 1, 1))


def test_a_model_of_another_horizon_is_refused(write: Callable[..., WrittenPredictions]) -> None:
    with pytest.raises(StepError, match="predicts 60 days ahead, not horizon_days=90"):
        write(horizon_days=90)


def test_an_invalid_time_is_refused(write: Callable[..., WrittenPredictions]) -> None:
    with pytest.raises(StepError, match="scored_at='yesterday' is not a time"):
        write(scored_at="yesterday")


def test_where_the_base_rate_serves_nobody_is_ranked(
    scored: Any, models: dict[str, Path], write: Callable[..., WrittenPredictions], tmp_path: Path
) -> None:
    everybody = saved_model.load(models["first"]).served.base_rate
    saved_model.save(tmp_path, everybody, None, {})
    models["base rate"] = tmp_path
    result = write(model="base rate")
    rows = scored.predictions()
    assert not result.ranks
    assert (result.customers, result.high_risk, result.medium_risk, result.low_risk) == (len(rows), 0, 0, 0)
    said = {(row["churn_probability"], row["risk_band"], row["decile"], *row["top_reasons"]) for row in rows}
    assert said == {(round(everybody.share, 6), "unknown", 0)}
