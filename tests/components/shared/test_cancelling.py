"""A run that has ended costs nothing more: its queries and Dataform's work are found and ended."""

import os
import signal
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from google.cloud.bigquery import Client
from google.cloud.dataform_v1 import WorkflowInvocation

from components.record_run.step import run as record_run
from components.shared.cancelling import cancel_work
from components.shared.clients import bigquery_client, dataform_client
from components.shared.errors import StoppedError
from components.shared.jobs import attribute_jobs, job_prefix, query_settings
from components.shared.names import BUCKET, DATASETS, REPOSITORY
from components.shared.queries import run_query
from components.shared.run_record import read_records, step_record
from infra.deploy.warehouse import make_workspace
from tests.components.run_dataform.test_run_dataform import (
    LOCATION,
    PROJECT,
    SLOW,
    TABLE,
    kill_while_it_waits,
    push,
    states,
)

State = WorkflowInvocation.State


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def run_id() -> str:
    return f"customer-churn-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def bigquery(services: None) -> Iterator[Client]:
    with bigquery_client(PROJECT, LOCATION) as client:
        yield client


@pytest.fixture
def repository(services: None) -> str:
    """The laptop's Dataform repository, in which nothing runs."""
    make_workspace(dataform_client(), f"projects/{PROJECT}/locations/{LOCATION}", REPOSITORY, "work")
    return REPOSITORY


def start_slow(client: Client, run_id: str) -> str:
    with attribute_jobs(run_id, "extract_features", 1):
        return str(client.query(SLOW, job_config=query_settings(), job_id_prefix=job_prefix()).job_id)


def test_a_run_s_queries_end_and_those_of_its_next_attempt_go_on(
    bigquery: Client, repository: str, run_id: str
) -> None:
    first, second = (start_slow(bigquery, name) for name in (run_id, f"{run_id}-r2"))
    try:
        assert cancel_work(PROJECT, LOCATION, repository, run_id) == [first]
        wait_until(lambda: bigquery.get_job(first).state == "DONE")
        assert bigquery.get_job(first).error_result
        assert bigquery.get_job(second).state == "RUNNING"
    finally:
        bigquery.cancel_job(second)
    assert cancel_work(PROJECT, LOCATION, repository, run_id) == []


def test_the_exit_task_ends_the_work_of_a_step_that_no_signal_reached(services: None, tmp_path: Path) -> None:
    push(tmp_path, "unheard", {"slow": TABLE + SLOW})
    kill_while_it_waits("unheard")
    assert states("unheard") == [State.RUNNING]
    ended = {"as_of": "2026-01-31", "scored_at": "2026-01-31T02:00:00Z", "state": "CANCELLED", "error": ""}
    place = {"project": PROJECT, "location": LOCATION, "bucket": BUCKET, "repository": "unheard"}
    record_run(
        **place,
        **ended,
        run_id="customer-churn-20260131",
        warehouse_dataset=DATASETS["warehouse"],
        max_query_gib=1,
    )
    wait_until(lambda: states("unheard") == [State.CANCELLED])


def test_a_step_that_is_told_to_stop_cancels_its_query_and_says_so(bigquery: Client, run_id: str) -> None:
    with (
        pytest.raises(StoppedError, match="SIGTERM"),
        step_record(PROJECT, BUCKET, run_id, "extract_features"),
    ):
        threading.Timer(1, os.kill, (os.getpid(), signal.SIGTERM)).start()
        run_query(bigquery, SLOW, {})
    [job] = [job for job in bigquery.list_jobs(max_results=50) if job.job_id.startswith(f"{run_id}__")]
    wait_until(lambda: bigquery.get_job(job.job_id).state == "DONE")
    assert bigquery.get_job(job.job_id).error_result
    [record] = read_records(PROJECT, BUCKET, run_id)
    assert (record["state"], "SIGTERM" in record["error"]) == ("FAILED", True)


def test_a_query_of_a_step_carries_its_run_and_its_byte_limit(bigquery: Client) -> None:
    with attribute_jobs("customer-churn-20260131", "write_predictions", 7):
        job = run_query(bigquery, "SELECT 1 AS n", {})
    made = bigquery.get_job(job.job_id)
    assert made.job_id.startswith("customer-churn-20260131__write_predictions__")
    assert made.labels == {"run_id": "customer-churn-20260131", "step": "write_predictions"}
    assert made.maximum_bytes_billed == 7 * 2**30


@pytest.mark.parametrize(
    ("run_id", "prefix", "label"),
    [("A run/1", "A-run-1__", "a-run-1"), ("x" * 90, "x" * 90 + "__", "x" * 63)],
)
def test_any_run_id_makes_a_job_s_name_and_label(run_id: str, prefix: str, label: str) -> None:
    with attribute_jobs(run_id, "step", 1):
        assert str(job_prefix()).startswith(prefix)
        assert query_settings().labels["run_id"] == label
