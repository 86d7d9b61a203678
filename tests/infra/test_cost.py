"""The forecast of a month's cost, against amounts worked out by hand and a receipt of the benchmark."""

import json

import pytest

from components.cost.forecast import forecast_run, rates
from components.cost.machines import machines_of
from components.shared.clients import bigquery_client
from components.shared.names import DATASETS, LOCATION
from infra.cost.__main__ import main
from infra.cost.month import month, totals
from infra.migration import make_tables
from localcloud.endpoints import Endpoints
from pipelines.specification import COMPILED


def test_reads_cost_the_list_price_of_each_edition() -> None:
    lines = {edition: month(1_000_000, 10_000_000, 2_000, edition) for edition in ("standard", "enterprise")}
    standard, enterprise = (
        next(line for line in found if line.what == "the export") for found in lines.values()
    )
    reads = 30 * (10_002_000 + 10_003)  # plus a thousandth for counting them
    assert standard.amount == enterprise.amount == reads
    assert standard.list_usd == pytest.approx(reads * 0.03 / 100_000)
    assert standard.usd == pytest.approx((reads - 30 * 50_000) * 0.03 / 100_000)
    assert enterprise.list_usd == pytest.approx(reads * 0.05 / 1_000_000)


def test_an_export_of_changes_reads_changes_and_all_weekly() -> None:
    lines = month(1_000_000, 10_000_000, 2_100, export_mode="changes")
    export = next(line for line in lines if line.what == "the export")
    assert export.amount == 30 * (2_100 + 1_428_571 + 10_003)


def test_every_step_has_a_rate_and_a_machine() -> None:
    machines = machines_of(json.loads(COMPILED.read_text(encoding="utf-8")))
    # Sharded tasks do the work of export_sales and write_predictions, and share their rates.
    in_shards = {"plan_export", "export_shard", "number_shards", "score_shard"}
    assert set(rates()["steps"]) == set(machines) - in_shards
    assert all(step.machine for step in forecast_run(10_000, 2_000, machines).steps)


def test_totals_add_up_and_never_exceed_the_list_price() -> None:
    lines = month(2_000, 27_000, 75)
    listed, paid = totals(lines)
    assert listed == pytest.approx(sum(line.list_usd for line in lines))
    assert all(0 <= line.usd <= line.list_usd for line in lines)
    assert paid < listed


def test_the_table_is_at_most_80_columns_wide(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--customers", "50000000", "--sales", "1000000000", "--changes", "2000000"]) == 0
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80


def test_json_has_both_editions(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--sales", "100000", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["counts"]["sales"] == 100_000
    assert told["standard"]["usd"] > told["enterprise"]["usd"] > 0


# As tests/bench/scale.py measured it on 2026-11-28: a day of 2,000 changes after 30,000 sales, from which the
# rates were not derived.
RECEIPT = {"documents_read": 31_900, "bytes_billed": 1_120 * 2**20}


def test_a_forecast_agrees_with_an_independent_receipt() -> None:
    machines = machines_of(json.loads(COMPILED.read_text(encoding="utf-8")))
    forecast = forecast_run(30_000, 2_000, machines)
    for name, measured in RECEIPT.items():
        assert getattr(forecast, name) == pytest.approx(measured, rel=0.2)
    receipt = RECEIPT["documents_read"] * 0.03 / 100_000 + RECEIPT["bytes_billed"] / 2**40 * 6.25
    assert forecast.parts["firestore"] + forecast.parts["bigquery"] == pytest.approx(receipt, rel=0.2)


def _seconds(step: str, sales: int, documents_read: int | None = None) -> float:
    [use] = [each for each in forecast_run(sales, 2_000, {}, documents_read).steps if each.step == step]
    return use.machine_seconds


def test_training_takes_hardly_longer_once_its_samples_are_full() -> None:
    """Measured after 200,000, 1 million and 10 million sales: 49, 74 and 94 s."""
    measured = {200_000: 49.0, 1_000_000: 73.5, 10_000_000: 93.9}
    for sales, seconds in measured.items():
        assert _seconds("train_churn_model", sales) == pytest.approx(seconds, rel=0.2)


def test_an_exports_time_depends_on_what_it_reads() -> None:
    """Measured after 10 million sales with a change log, from which it reads 2,000 changes: 5 s."""
    assert _seconds("export_sales", 10_000_000, documents_read=0) < 10
    assert _seconds("export_sales", 10_000_000) > 1_000


def test_a_deployed_project_is_asked_for_its_own_counts(
    cloud: Endpoints, capsys: pytest.CaptureFixture[str]
) -> None:
    """The newest successful day is used, by its last run; failed runs are not."""
    datasets = DATASETS | {"warehouse": "warehouse_cost"}
    with bigquery_client(cloud.project, LOCATION) as client:
        for name in datasets.values():
            client.create_dataset(name, exists_ok=True)
        list(make_tables(client, cloud.project, datasets))
        client.query_and_wait(
            "CREATE TABLE warehouse_cost.dim_customer AS"
            " SELECT customer_key FROM UNNEST(['a', 'b', 'c']) AS customer_key"
        )
        asked = ["--project", cloud.project, "--warehouse", "warehouse_cost", "--json"]
        assert main(asked) == 1
        assert "no run has succeeded yet" in capsys.readouterr().err
        for day, hour, state, documents in (
            ("2026-01-30", 9, "SUCCEEDED", 100),
            ("2026-01-31", 2, "SUCCEEDED", 200),
            ("2026-01-31", 3, "SUCCEEDED_WITH_WARNINGS", 300),
            ("2026-02-01", 2, "FAILED", 400),
        ):
            counts = {"documents": documents, "new": 7, "changed": 4, "deleted": 1}
            steps = [{"step": "run_dataform", "counts": {}}, {"step": "export_sales", "counts": counts}]
            client.query_and_wait(
                "INSERT warehouse_cost.pipeline_runs (run_id, as_of_date, state, ended_at, steps) VALUES"
                f" ('r', DATE '{day}', '{state}', TIMESTAMP '{day} 0{hour}:00:00+00', '{json.dumps(steps)}')"
            )
    assert main(asked) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["counts"] == {"customers": 3, "sales": 300, "changes": 11}
    assert told["standard"] == json.loads(_forecast(capsys, 3, 300, 11))["standard"]


def _forecast(capsys: pytest.CaptureFixture[str], customers: int, sales: int, changes: int) -> str:
    counts = ["--customers", str(customers), "--sales", str(sales), "--changes", str(changes)]
    assert main([*counts, "--json"]) == 0
    return capsys.readouterr().out


def test_a_project_without_a_warehouse_is_reported(
    cloud: Endpoints, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--project", cloud.project, "--warehouse", "no_such_dataset"]) == 1
    assert "the counts of winter-days-local cannot be read" in capsys.readouterr().err
