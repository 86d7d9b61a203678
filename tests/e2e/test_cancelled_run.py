"""A run that is cancelled leaves no half of a partition behind, and the next run succeeds."""

import os
import time
from datetime import date
from typing import Any

import httpx
import pytest
from google.cloud.dataform_v1 import WorkflowInvocation

from components.shared.clients import bigquery_client, dataform_client
from localcloud.batch.trigger import ENDED, tasks_of, trigger
from localcloud.endpoints import DEFAULT_PROJECT, Endpoints

DAY, NEXT_DAY = date(2026, 1, 31), date(2026, 2, 1)
REPOSITORY = f"projects/{DEFAULT_PROJECT}/locations/us-central1/repositories/winter-days-data-repo"
SECONDS = 400

pytestmark = pytest.mark.usefixtures("cloud")


@pytest.fixture(scope="module")
def first_day(cloud: None, batch: Any) -> list[tuple[Any, ...]]:
    """Run a day to its end, and return its predictions."""
    batch("--customers", "150", "--days", "300", "--as-of", str(DAY))
    return predictions(DAY)


def predictions(day: date) -> list[tuple[Any, ...]]:
    sql = f"SELECT * FROM winter_days_warehouse.fact_predictions_churn WHERE prediction_date = '{day}'"
    rows = bigquery_client(DEFAULT_PROJECT).query_and_wait(f"{sql} ORDER BY customer_key")
    return [repr(row.values()) for row in rows]


def to_score(day: date) -> int:
    sql = f"SELECT COUNT(*) FROM winter_days_features.churn_scoring_examples WHERE as_of_date = '{day}'"
    [[count]] = bigquery_client(DEFAULT_PROJECT).query_and_wait(sql)
    return int(count)


def job_of(run: dict[str, Any]) -> dict[str, Any]:
    answer = httpx.get(f"http://{os.environ['VERTEX_EMULATOR_HOST']}/v1/{run['name']}", timeout=60)
    return answer.raise_for_status().json()


def cancel_in(step: str, endpoints: Endpoints) -> dict[str, Any]:
    """Trigger the next day, cancel it once this step runs, and return the job when it has ended."""
    run = trigger(endpoints, NEXT_DAY, {})
    deadline = time.monotonic() + SECONDS
    cancelled = False
    while (job := job_of(run))["state"] not in ENDED:
        assert time.monotonic() < deadline, job
        if not cancelled and any(task.name == step and task.state == "RUNNING" for task in tasks_of(job)):
            httpx.post(f"{os.environ['ORCHESTRATOR_URL']}/runs/{run['id']}:cancel").raise_for_status()
            cancelled = True
        time.sleep(0.05)
    assert cancelled
    return job


@pytest.mark.parametrize("step", ["run-dataform", "write-predictions"])
def test_a_cancelled_run_leaves_a_whole_partition_or_none(
    step: str, first_day: list[tuple[Any, ...]], endpoints: Endpoints
) -> None:
    job = cancel_in(step, endpoints)
    assert job["state"] == "PIPELINE_STATE_CANCELLED"
    assert {task.name: task.state for task in tasks_of(job)}[step] == "CANCELLED"
    assert len(predictions(NEXT_DAY)) in (0, to_score(NEXT_DAY))
    assert predictions(DAY) == first_day
    invocations = dataform_client().list_workflow_invocations(parent=REPOSITORY)
    assert WorkflowInvocation.State.RUNNING not in {invocation.state for invocation in invocations}


def test_the_next_run_succeeds(first_day: list[tuple[Any, ...]], batch: Any) -> None:
    batch("--as-of", str(NEXT_DAY))
    assert len(predictions(NEXT_DAY)) == to_score(NEXT_DAY) > 100
    assert predictions(DAY) == first_day
