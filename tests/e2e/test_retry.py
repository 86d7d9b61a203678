"""A day that fails midway is retried: it ends as it would have, and nothing is paid for twice."""

import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from components.shared.clients import bigquery_client, dataform_client, storage_client
from components.shared.names import BUCKET, DATASETS, LOCATION, REPOSITORY
from components.shared.run_record import read_records
from localcloud.endpoints import Endpoints

pytestmark = [pytest.mark.usefixtures("cloud"), pytest.mark.timeout(1800)]  # two runs and a half
PROJECT = "winter-days-local"
DAY = datetime.now(UTC).date()
RUN = f"customer-churn-{DAY:%Y%m%d}"
SMALL = ("--customers", "150", "--days", "300", "--sources", "")
KEPT, RUN_AGAIN = ("export_sales", "run_dataform"), ("extract_features", "train_churn_model")
TABLE = f"{PROJECT}.{DATASETS['features']}.churn_scoring_examples"
SECONDS = 600


def break_when_it_runs(endpoints: Endpoints, process: "subprocess.Popen[str]") -> None:
    """Drop a table that a step in the middle needs, once the day's run exists."""
    deadline = time.monotonic() + SECONDS
    while not httpx.get(f"http://{endpoints.address('orchestrator')}/runs", timeout=60).json()["runs"]:
        assert process.poll() is None and time.monotonic() < deadline, "the batch came to no run"
        time.sleep(0.1)
    bigquery_client(PROJECT).delete_table(TABLE)


def rows(query: str) -> list[dict[str, Any]]:
    return [dict(row) for row in bigquery_client(PROJECT).query_and_wait(query)]


def predictions() -> list[dict[str, Any]]:
    names = "customer_key, churn_probability, risk_band, decile, TO_JSON_STRING(top_reasons) AS reasons"
    table = f"{DATASETS['warehouse']}.fact_predictions_churn"
    return rows(f"SELECT {names}, pipeline_run_id FROM {table} ORDER BY customer_key")


def started() -> dict[str, str]:
    """Return when each step of the run started."""
    return {record["step"]: record["started_at"] for record in read_records(PROJECT, BUCKET, RUN)}


def paid() -> tuple[int, int]:
    """Return the numbers of exported files and of Dataform's invocations."""
    repository = f"projects/{PROJECT}/locations/{LOCATION}/repositories/{REPOSITORY}"
    invocations = list(dataform_client().list_workflow_invocations(parent=repository))
    files = [blob.name for blob in storage_client(PROJECT).list_blobs(BUCKET, prefix="sales/")]
    return len(files), len(invocations)


@pytest.fixture(scope="module")
def failed(cloud: None, endpoints: Endpoints, state_dir: Path) -> str:
    """Return what the batch printed when its third step failed."""
    command = [sys.executable, "-m", "laptop.batch", "--state-dir", str(state_dir), *SMALL]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=os.environ) as process:
        break_when_it_runs(endpoints, process)
        said = process.communicate(timeout=SECONDS)[1]
    assert process.returncode == 1, said
    return said


@pytest.fixture(scope="module")
def before(failed: str) -> tuple[dict[str, str], tuple[int, int]]:
    return started(), paid()


@pytest.fixture(scope="module")
def retried(before: Any, batch: Any) -> str:
    return batch("--retry").stdout


def test_a_batch_that_failed_says_why_and_how_to_resume(failed: str, state_dir: Path) -> None:
    assert "error: extract_features failed: " in failed
    assert f"make retry STATE={state_dir} resumes from there and keeps the finished steps" in failed


def test_finished_steps_are_neither_rerun_nor_paid_for_again(retried: str, before: Any) -> None:
    for step in KEPT:
        assert f"  {step.replace('_', '-'):<18} kept\n" in retried
    for step in RUN_AGAIN:
        assert f"  {step.replace('_', '-'):<18} done " in retried
    steps, counts = started(), paid()
    assert counts == before[1]
    assert {step: steps[step] for step in KEPT} == {step: before[0][step] for step in KEPT}
    assert steps["extract_features"] > before[0]["extract_features"]


def test_the_run_has_a_row_for_its_failure_and_one_for_its_retry_with_their_costs(retried: str) -> None:
    table = f"{DATASETS['warehouse']}.pipeline_runs"
    first, second = rows(f"SELECT * FROM {table} WHERE run_id = '{RUN}' ORDER BY ended_at")
    assert (first["state"], first["failed_step"]) == ("FAILED", "extract_features")
    assert (second["state"].startswith("SUCCEEDED"), second["failed_step"]) == (True, None)
    assert first["documents_read"] > 0 == second["documents_read"]
    assert second["bytes_billed"] > 0 < second["machine_seconds"]
    for step in KEPT:
        assert f'"{step}"' in second["steps"]
        assert f'"{step}"' not in second["step_costs"]


def test_a_run_that_has_succeeded_is_not_retried(retried: str, batch: Any) -> None:
    assert f"{RUN}-r2 has succeeded: there is nothing to retry" in batch("--retry", code=1).stderr


def test_the_predictions_are_those_of_a_day_without_a_fault(retried: str, batch: Any) -> None:
    found = predictions()
    assert {row.pop("pipeline_run_id") for row in found} == {RUN}
    batch(*SMALL, "--as-of", str(DAY))
    again = predictions()
    assert {row.pop("pipeline_run_id") for row in again} <= {RUN, f"{RUN}-r3"}
    assert again == found
    assert len(found) > 50
