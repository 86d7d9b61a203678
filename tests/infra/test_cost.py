"""The forecast of a month, against amounts worked out by hand, and against a receipt of the bench."""

import json

import pytest

from components.cost.forecast import forecast_run, rates
from components.cost.machines import machines_of
from infra.cost.__main__ import main
from infra.cost.month import COMPILED, month, totals


def test_reads_cost_what_the_lists_of_both_editions_say() -> None:
    lines = {edition: month(1_000_000, 10_000_000, 2_000, edition) for edition in ("standard", "enterprise")}
    standard, enterprise = (
        next(line for line in found if line.what == "the export") for found in lines.values()
    )
    reads = 30 * (10_002_000 + 10_003)  # and a thousandth of them to count
    assert standard.amount == enterprise.amount == reads
    assert standard.list_usd == pytest.approx(reads * 0.03 / 100_000)
    assert standard.usd == pytest.approx((reads - 30 * 50_000) * 0.03 / 100_000)
    assert enterprise.list_usd == pytest.approx(reads * 0.05 / 1_000_000)


def test_every_step_has_a_rate_and_a_machine() -> None:
    machines = machines_of(json.loads(COMPILED.read_text(encoding="utf-8")))
    # What works in shards does the work of export_sales and of write_predictions, whose rates these are.
    in_shards = {"plan_export", "export_shard", "number_shards", "score_shard"}
    assert set(rates()["steps"]) == set(machines) - in_shards
    assert all(step.machine for step in forecast_run(10_000, 2_000, machines).steps)


def test_the_sum_is_of_the_lines_and_never_above_the_list() -> None:
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


# As tests/bench/scale.py measured it on 2026-11-27: the day of 2,000 changes after 30,000 sales, of which the
# rates are not made.
RECEIPT = {"documents_read": 31_900, "bytes_billed": 732 * 2**20}


def test_a_forecast_agrees_with_a_receipt_that_it_was_not_made_of() -> None:
    machines = machines_of(json.loads(COMPILED.read_text(encoding="utf-8")))
    forecast = forecast_run(30_000, 2_000, machines)
    for name, measured in RECEIPT.items():
        assert getattr(forecast, name) == pytest.approx(measured, rel=0.2)
    receipt = RECEIPT["documents_read"] * 0.03 / 100_000 + RECEIPT["bytes_billed"] / 2**40 * 6.25
    assert forecast.parts["firestore"] + forecast.parts["bigquery"] == pytest.approx(receipt, rel=0.2)
