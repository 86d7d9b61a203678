"""The exit task keeps how a run ended, in the table that people ask."""

import json

import pytest

from components.record_run.step import run as record_run
from components.shared.clients import bigquery_client
from components.shared.errors import StepError
from components.shared.names import BUCKET
from components.shared.run_record import step_record

PROJECT, LOCATION = "winter-days-local", "us-central1"


def test_the_exit_task_keeps_why_a_run_failed(services: None) -> None:
    with pytest.raises(StepError), step_record(PROJECT, BUCKET, "failed-run", "run_dataform"):
        raise StepError("a table is missing")
    record_run(
        project=PROJECT,
        location=LOCATION,
        bucket=BUCKET,
        warehouse_dataset="winter_days_warehouse",
        as_of="2026-01-31",
        run_id="failed-run",
        state="FAILED",
        error="generic",
    )
    query = f"SELECT * FROM `{PROJECT}.winter_days_warehouse.pipeline_runs` WHERE run_id = 'failed-run'"
    [row] = bigquery_client(PROJECT).query(query).result()
    assert (row.state, row.failed_step, row.error) == ("FAILED", "run_dataform", "a table is missing")
    assert row.started_at < row.ended_at


@pytest.mark.parametrize(
    ("warnings", "state"), [(["visits have shifted"], "SUCCEEDED_WITH_WARNINGS"), ([], "SUCCEEDED")]
)
def test_a_steps_warnings_become_the_runs_state_and_a_log_to_alert_on(
    services: None, capsys: pytest.CaptureFixture[str], warnings: list[str], state: str
) -> None:
    run_id = f"warned-{len(warnings)}"
    with step_record(PROJECT, BUCKET, run_id, "train_churn_model") as counts:
        counts["warnings"] = warnings
    record_run(
        project=PROJECT,
        location=LOCATION,
        bucket=BUCKET,
        warehouse_dataset="winter_days_warehouse",
        as_of="2026-01-31",
        run_id=run_id,
        state="SUCCEEDED",
        error="",
    )
    query = f"SELECT state FROM `{PROJECT}.winter_days_warehouse.pipeline_runs` WHERE run_id = '{run_id}'"
    [row] = bigquery_client(PROJECT).query(query).result()
    assert row.state == state
    line = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert line["severity"] == ("WARNING" if warnings else "INFO")
    assert line["warnings"] == warnings
