"""Record how a run ended and what it cost: a row in pipeline_runs and one structured log line."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from google.api_core.exceptions import NotFound
from google.api_core.retry import Retry
from google.cloud.aiplatform_v1 import PipelineJob, PipelineTaskDetail

from components.cost.machines import job_machines, step_of, task_seconds
from components.cost.receipt import Receipt, receipt_of
from components.shared.cancelling import cancel_work
from components.shared.clients import bigquery_client, pipeline_service_client
from components.shared.dates import parse_time
from components.shared.errors import StepError
from components.shared.jobs import attribute_jobs
from components.shared.logs import log, plain_line
from components.shared.queries import read_sql, run_query
from components.shared.retries import FAILED_CALL
from components.shared.run_record import Counts, read_records

WITH_WARNINGS = "SUCCEEDED_WITH_WARNINGS"
SEVERITIES = {"SUCCEEDED": "INFO", WITH_WARNINGS: "WARNING"}
CALL, CALL_SECONDS = Retry(timeout=120), 60
SQL = Path(__file__).with_name("pipeline_runs.sql")


def run(
    *,
    project: str,
    location: str,
    bucket: str,
    repository: str,
    warehouse_dataset: str,
    as_of: str,
    run_id: str,
    job: str = "",
    max_query_gib: int,
    max_run_cost: float = 0.0,
    scored_at: str,
    state: str,
    error: str,
    shown: Any = None,
) -> None:
    """Stop the work that the run left behind, and append its row; the line is logged even if BigQuery fails.

    job is the id of Vertex AI's job if it differs from run_id: a retry has the run_id of the original run.
    scored_at is when the run was triggered; state and error are what the pipeline reports about its end;
    repository is the id of Dataform's. A run that cost more than max_run_cost, in USD, is reported; 0 means
    no limit. shown are the metrics through which the consoles of Vertex AI and of the local cloud show the
    receipt.
    """
    ended_at = datetime.now(UTC)
    steps = _steps(project, bucket, run_id, scored_at)
    warnings = [warning for step in steps for warning in step["counts"].get("warnings", [])]
    if warnings and state == "SUCCEEDED":
        state = WITH_WARNINGS
    made_by = _read_job(project, location, job or run_id)
    receipt = _receipt(made_by, steps)
    summary = {"run_id": run_id, "as_of": as_of, "state": state, **_summary(steps, made_by, error)}
    summary |= _receipt_columns(receipt)
    log(SEVERITIES.get(state, "ERROR"), f"run {run_id} {state}", **summary, warnings=warnings)
    costly = 0 < max_run_cost < receipt.estimated_cost
    plain_line(
        step="record_run", state=state, costly=int(costly), cost_cents=round(100 * receipt.estimated_cost)
    )
    _show(receipt, shown)
    if state not in SEVERITIES:
        _end(project, location, repository, run_id)
    sql = read_sql(SQL, project=project, dataset=warehouse_dataset)
    parameters = summary | {"ended_at": ended_at, "steps": json.dumps(steps)}
    with attribute_jobs(run_id, "record_run", max_query_gib):
        run_query(bigquery_client(project, location), sql, parameters)


def _read_job(project: str, location: str, job_id: str) -> PipelineJob:
    """Return Vertex AI's job, or an empty one if it cannot be read.

    Someone may have deleted the job or revoked a permission: that must not cost the run its row.
    """
    name = f"projects/{project}/locations/{location}/pipelineJobs/{job_id}"
    try:
        return pipeline_service_client(location).get_pipeline_job(name=name, retry=CALL, timeout=CALL_SECONDS)
    except FAILED_CALL as error:
        log("WARNING", f"{job_id} cannot be read: {error!r}")
        return PipelineJob()


def _receipt(job: PipelineJob, steps: list[Counts]) -> Receipt:
    """Return the job's receipt, or one without machines if the job says nothing of them.

    What a retry reused is in the receipt of the job that did it.
    """
    try:
        created = cast("datetime", job.create_time)
        own = [step for step in steps if datetime.fromisoformat(step["started_at"]) >= created]
        return receipt_of(own, task_seconds(job), job_machines(job))
    except (KeyError, TypeError, ValueError) as error:
        log("WARNING", f"the receipt has no machines: {error!r}")
        return receipt_of(steps, {}, {})


def _receipt_columns(receipt: Receipt) -> dict[str, Any]:
    """Return the receipt as the columns of the run's row."""
    used = [asdict(step) | {"usd": step.usd()} for step in receipt.steps]
    return {
        "documents_read": receipt.documents_read,
        "bytes_billed": receipt.bytes_billed,
        "machine_seconds": float(receipt.machine_seconds),
        "estimated_cost": float(receipt.estimated_cost),
        **{f"{service}_cost": usd for service, usd in receipt.parts.items()},
        "step_costs": json.dumps(used),
    }


def _show(receipt: Receipt, metrics: Any) -> None:
    """Show the receipt among the run's metrics."""
    if metrics is None:
        return
    for name, value in _receipt_columns(receipt).items():
        if name != "step_costs":
            metrics.log_metric(name, value)


def _end(project: str, location: str, repository: str, run_id: str) -> None:
    """End what is left; a failure to do so must not cost the run its row."""
    try:
        for name in cancel_work(project, location, repository, run_id, retry=CALL, timeout=CALL_SECONDS):
            log("WARNING", f"cancelled {name}, which {run_id} had left running")
    except FAILED_CALL as error:
        log("ERROR", f"work that {run_id} left running may continue: {error}")


def _steps(project: str, bucket: str, run_id: str, scored_at: str) -> list[Counts]:
    """Return the records of the run's steps, none without a bucket; scored_at need not be a valid time."""
    try:
        since = parse_time(scored_at, "scored_at")
    except StepError:
        since = None
    try:
        return read_records(project, bucket, run_id, since)
    except NotFound:
        return []


def _summary(steps: list[Counts], job: PipelineJob, error: str) -> dict[str, Any]:
    """Return when the run started, which steps failed and why, in their own words if they left any."""
    failed = {step["step"]: step["error"] for step in steps if step["state"] == "FAILED"} or _killed(job)
    causes = failed.values() if len(failed) == 1 else (f"{step}: {cause}" for step, cause in failed.items())
    return {
        "started_at": steps[0]["started_at"] if steps else "",
        "failed_step": ", ".join(failed),
        "error": "\n".join(causes) or error or "",
    }


def _killed(job: PipelineJob) -> dict[str, str]:
    """Return the job's failed steps, which left no record if they were killed, with what Vertex AI says."""
    details = job.job_detail.task_details
    groups = {detail.parent_task_id for detail in details}
    return {
        step_of(detail.task_name): detail.error.message
        for detail in details
        if detail.state == PipelineTaskDetail.State.FAILED and detail.task_id not in groups
    }
