"""The exit task records how a run ended, in the table that people query."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from google.cloud.aiplatform_v1 import PipelineJob, PipelineTaskDetail
from google.protobuf import json_format

from components.record_run import step
from components.record_run.step import run as record_run
from components.shared.clients import bigquery_client
from components.shared.errors import StepError
from components.shared.names import BUCKET, DATASETS, REPOSITORY
from components.shared.queries import MissingTableError
from components.shared.run_record import step_record
from pipelines.specification import COMPILED

PROJECT, LOCATION = "winter-days-local", "us-central1"


def fail(run_id: str, step: str, cause: str) -> None:
    with pytest.raises(StepError), step_record(PROJECT, BUCKET, run_id, step):
        raise StepError(cause)


def ended(
    run_id: str,
    state: str,
    error: str = "",
    scored_at: str = "2020-01-31T02:00:00Z",
    dataset: str = DATASETS["warehouse"],
    repository: str = REPOSITORY,
) -> Any:
    """Record the end of a run, and return its row."""
    record_run(
        project=PROJECT,
        location=LOCATION,
        bucket=BUCKET,
        repository=repository,
        warehouse_dataset=dataset,
        as_of="2026-01-31",
        run_id=run_id,
        max_query_gib=1,
        scored_at=scored_at,
        state=state,
        error=error,
    )
    query = f"SELECT * FROM `{PROJECT}.{dataset}.pipeline_runs` WHERE run_id = '{run_id}'"
    [row] = bigquery_client(PROJECT).query(query).result()
    return row


def test_the_exit_task_records_why_a_run_failed(services: None) -> None:
    fail("failed-run", "run_dataform", "a table is missing")
    row = ended("failed-run", "FAILED", "generic")
    assert (row.state, row.failed_step, row.error) == ("FAILED", "run_dataform", "a table is missing")
    assert row.started_at < row.ended_at


def test_every_failure_of_parallel_steps_is_kept_whichever_started_first(services: None) -> None:
    """Two steps fail while a third, which starts between them and is the pipeline's first, succeeds."""
    both = threading.Barrier(2)

    def fail_together(step: str, cause: str) -> None:
        with pytest.raises(StepError), step_record(PROJECT, BUCKET, "side-by-side", step):
            both.wait(60)
            raise StepError(cause)

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(fail_together, "check_clicks", "no click came")
        with step_record(PROJECT, BUCKET, "side-by-side", "export_sales"):
            second = pool.submit(fail_together, "check_startups", "no startup came")
            first.result(60)
            second.result(60)
    row = ended("side-by-side", "FAILED", "generic")
    assert set(row.failed_step.split(", ")) == {"check_clicks", "check_startups"}
    assert set(row.error.splitlines()) == {
        "check_clicks: no click came",
        "check_startups: no startup came",
    }
    states = {step["step"]: step["state"] for step in json.loads(row.steps)}
    assert states == {"check_clicks": "FAILED", "check_startups": "FAILED", "export_sales": "SUCCEEDED"}


def test_records_of_a_deleted_job_of_the_same_id_are_ignored(services: None) -> None:
    fail("deleted-run", "write_predictions", "of long ago")
    triggered = datetime.now(UTC)
    fail("deleted-run", "run_dataform", "of now")
    row = ended("deleted-run", "FAILED", scored_at=triggered.isoformat())
    assert (row.failed_step, row.error) == ("run_dataform", "of now")
    assert row.started_at >= triggered


def test_a_retrys_receipt_leaves_out_the_steps_that_it_reused(monkeypatch: Any) -> None:
    created = datetime(2026, 1, 31, 3, tzinfo=UTC)
    job, detail = PipelineJob(create_time=created), PipelineTaskDetail(task_name="write-predictions")
    detail.start_time, detail.end_time = created + timedelta(minutes=2), created + timedelta(minutes=3)
    kept = PipelineTaskDetail(task_name="export-sales", end_time=created)
    job.job_detail.task_details = [kept, detail]
    json_format.ParseDict(json.loads(COMPILED.read_text()), PipelineJob.pb(job).pipeline_spec)
    asked = []

    class Jobs:
        def get_pipeline_job(self, name: str, **_: Any) -> PipelineJob:
            asked.append(name)
            return job

    monkeypatch.setattr(step, "pipeline_service_client", lambda _: Jobs())
    steps = [
        {"step": name, "started_at": (created + timedelta(minutes=minutes)).isoformat(), "counts": counts}
        for name, minutes, counts in (
            ("export_sales", -60, {"documents_read": 1000, "bytes_billed": 10}),
            ("write_predictions", 2, {"bytes_billed": 7}),
        )
    ]
    receipt = step._receipt(step._read_job(PROJECT, LOCATION, "day-r2"), steps)
    assert asked == [f"projects/{PROJECT}/locations/{LOCATION}/pipelineJobs/day-r2"]
    assert (receipt.documents_read, receipt.bytes_billed, receipt.machine_seconds) == (0, 7, 60)


def test_a_killed_step_which_leaves_no_record_is_named_in_vertex_ais_words(
    services: None, monkeypatch: Any
) -> None:
    job = PipelineJob(create_time=datetime(2026, 1, 31, 3, tzinfo=UTC))
    tasks = [("exit-handler-1", 0, "a task failed"), ("extract-features-2", 1, "exit code 137")]
    job.job_detail.task_details = [
        PipelineTaskDetail(
            task_id=number, parent_task_id=parent, task_name=name, state="FAILED", error={"message": message}
        )
        for number, (name, parent, message) in enumerate(tasks, 1)
    ]
    monkeypatch.setattr(step, "_read_job", lambda *_: job)
    row = ended("killed-run", "FAILED", "Task exit-handler-1 failed.")
    assert (row.failed_step, row.error) == ("extract_features", "exit code 137")
    fail("killed-beside", "run_dataform", "a table is missing")
    assert ended("killed-beside", "FAILED").failed_step == "run_dataform"


def test_a_run_whose_trigger_has_no_time_is_kept_as_well(services: None) -> None:
    fail("no-time", "write_predictions", "scored_at='soon' is not a time")
    assert ended("no-time", "FAILED", scored_at="soon").failed_step == "write_predictions"


def test_without_its_table_the_end_is_logged_and_the_table_named(
    services: None, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(MissingTableError, match=rf"{DATASETS['assertions']}\.pipeline_runs does not exist: "):
        ended("lost-table", "SUCCEEDED", dataset=DATASETS["assertions"])
    assert json.loads(capsys.readouterr().out.splitlines()[-2])["message"] == "run lost-table SUCCEEDED"


@pytest.mark.parametrize(
    ("warnings", "state"), [(["visits have shifted"], "SUCCEEDED_WITH_WARNINGS"), ([], "SUCCEEDED")]
)
def test_a_steps_warnings_become_the_runs_state_and_a_log_to_alert_on(
    services: None, capsys: pytest.CaptureFixture[str], warnings: list[str], state: str
) -> None:
    run_id = f"warned-{len(warnings)}"
    with step_record(PROJECT, BUCKET, run_id, "train_churn_model") as counts:
        counts["warnings"] = warnings
    assert ended(run_id, "SUCCEEDED").state == state
    line = json.loads(capsys.readouterr().out.splitlines()[-2])
    assert line["severity"] == ("WARNING" if warnings else "INFO")
    assert line["warnings"] == warnings


def test_a_service_that_is_gone_while_work_is_ended_does_not_cost_the_row(
    services: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail_to_connect(*_: object, **__: object) -> None:
        raise requests.ConnectionError("no route")

    monkeypatch.setattr(step, "cancel_work", fail_to_connect)
    assert ended("unended-run", "CANCELLED").state == "CANCELLED"
