"""Submit runs: upload the specification to the bucket, then create the job in Vertex AI, each once."""

import json
import logging
from datetime import UTC, date, datetime, timedelta
from typing import Any

from fastapi import HTTPException
from google.api_core.exceptions import Conflict
from google.cloud.aiplatform_v1 import PipelineJob
from pydantic import BaseModel

from orchestrator.run_requests import (
    BackfillBody,
    InvalidFieldError,
    RunRequest,
    refuse_expired,
    refuse_future,
)
from orchestrator.runs import (
    PIPELINE,
    ActiveRunError,
    Backend,
    Run,
    parameters_of,
    run_id_of,
)
from orchestrator.settings import Settings
from orchestrator.single_run import Made, start
from pipelines.sizes import Sizes, fit_to_machines, sizes_after

BACKFILL = "backfill"
UNKNOWN = Sizes()  # the pipeline's defaults, until a run has counted
log = logging.getLogger(__name__)


class TriggeredRun(Run):
    """The run of a trigger: a new one, or (created is false) the one that an earlier trigger made."""

    created: bool
    dry_run: bool = False
    parameters: dict[str, Any]


class Backfill(BaseModel):
    """The days of a backfill: the run just submitted, existing runs, and the days still waiting.

    waiting_for is the id of the active run that blocks the next day.
    """

    submitted: list[Run]
    existing: list[Run]
    waiting: list[date]
    waiting_for: str = ""


def submit(backend: Backend, request: RunRequest) -> TriggeredRun:
    """Submit the request's run, or find the one that an earlier trigger of the day submitted.

    Raises ActiveRunError if a new run must wait for another, and a 409 if the existing run has other
    parameters than the request.
    """
    if request.rerun:
        attempt, job = backend.new_attempt(request.as_of), None
    else:
        attempt, job = backend.triggered_attempt(request.as_of)
    if job:
        created = False
    else:
        run_id = run_id_of(request.as_of, attempt)
        job, created = start(backend, run_id, lambda: _create(backend, request, attempt))
    run = TriggeredRun(**dict(backend.run_of(job)), created=created, parameters=parameters_of(job))
    if not created:
        _refuse_other_parameters(run, request.parameters)
    return run


def preview(backend: Backend, request: RunRequest) -> TriggeredRun:
    """Return the run that the request would submit, without asking Google."""
    job = _job(backend, request, attempt=1)
    job.name = backend.name_of(job.display_name)
    run = dict(backend.run_of(job))
    return TriggeredRun(**run, created=False, dry_run=True, parameters=parameters_of(job))


def backfill(backend: Backend, body: BackfillBody) -> Backfill:
    """Submit the oldest day without a run if no run is active, and return the days that wait.

    Runs take longer than a request may last: repeat the request, with the same days, until `waiting` is
    empty. No day is submitted twice, however often it is requested.
    """
    answer = Backfill(submitted=[], existing=[], waiting=[])
    for day in _days(body, backend.settings):
        _, job = backend.triggered_attempt(day)
        if job:
            answer.existing.append(backend.run_of(job))
        else:
            answer.waiting.append(day)
    if answer.waiting:
        _submit_oldest_waiting(backend, answer)
    return answer


def _submit_oldest_waiting(backend: Backend, answer: Backfill) -> None:
    """Submit the oldest waiting day, or record which run it waits for."""
    try:
        run = submit(backend, RunRequest(answer.waiting[0], datetime.now(UTC), BACKFILL, {}))
    except ActiveRunError as error:
        answer.waiting_for = error.run_id
    else:
        answer.waiting.pop(0)
        (answer.submitted if run.created else answer.existing).append(run)


def _days(body: BackfillBody, settings: Settings) -> list[date]:
    if body.first > body.last:
        raise InvalidFieldError(("body", "from"), f"{body.first} is after to, {body.last}")
    refuse_future(body.last, settings, ("body", "to"))
    refuse_expired(body.first, settings, ("body", "from"))
    count = (body.last - body.first).days + 1
    if count > settings.max_backfill_days:
        message = f"the backfill has {count} days, more than {settings.max_backfill_days}: split it"
        raise InvalidFieldError(("body", "to"), message)
    return [body.first + timedelta(days=number) for number in range(count)]


def _create(backend: Backend, request: RunRequest, attempt: int) -> Made:
    sized_by, counts = backend.newest_counts()
    sizes = sizes_after(counts, backend.settings.most_shards)
    job = _job(backend, request, attempt, sizes, sized_by)
    log.info("%s follows the size of %s: %s", job.display_name, sized_by or "no run", sizes)
    wanted = {"parent": backend.parent, "pipeline_job": job, "pipeline_job_id": job.display_name}
    try:
        return backend.jobs.create_pipeline_job(wanted, **backend.call), True
    except Conflict:
        return backend.get(job.display_name), False


def _job(
    backend: Backend, request: RunRequest, attempt: int, sizes: Sizes = UNKNOWN, sized_by: str = ""
) -> PipelineJob:
    """Return the job of a run, sized after an earlier one; the settings and the request take precedence."""
    settings, run_id = backend.settings, run_id_of(request.as_of, attempt)
    parameters = _parameters(settings, request, run_id, sizes.shards)
    labels = {
        "pipeline": PIPELINE,
        "as_of": request.as_of.isoformat(),
        "trigger": request.trigger,
        "attempt": str(attempt),
        "spec": backend.spec.label,
        **({"sized_by": sized_by} if sized_by else {}),
    }
    runtime_config = {
        "gcs_output_directory": f"gs://{settings.bucket}/mlops/pipeline_root",
        "parameter_values": parameters,
        "failure_policy": "PIPELINE_FAILURE_POLICY_FAIL_FAST",
    }
    return PipelineJob(
        display_name=run_id,
        pipeline_spec=fit_to_machines(backend.spec.text, sizes.machines | settings.machines, parameters),
        labels=settings.labels | labels,
        runtime_config=runtime_config,
        service_account=settings.run_service_account,
    )


def _parameters(
    settings: Settings, request: RunRequest, run_id: str, shards: dict[str, int]
) -> dict[str, Any]:
    return {
        **shards,
        **settings.parameters,
        **request.parameters,
        "project": settings.project,
        "location": settings.location,
        "bucket": settings.bucket,
        "dataform_service_account": settings.dataform_service_account,
        "as_of": request.as_of.isoformat(),
        "run_id": run_id,
        "scored_at": request.scored_at.isoformat(timespec="seconds"),
    }


def _refuse_other_parameters(run: TriggeredRun, wanted: dict[str, Any]) -> None:
    for name, value in wanted.items():
        had = run.parameters.get(name)
        if had != value:
            known, asked = f"{run.id} exists with {name}={json.dumps(had)}", json.dumps(value)
            raise HTTPException(409, f"{known}, not {asked}: use rerun=true for a new attempt")
