"""The runs that Vertex knows: their ids, looking them up, listing and cancelling them."""

import re
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

from google.api_core import exceptions
from google.protobuf import json_format

from orchestrator.backend import Backend
from orchestrator.errors import InvalidFieldError, NoSuchRunError, RunStateError
from orchestrator.schemas import Run, RunList
from orchestrator.spec import digest_of

if TYPE_CHECKING:
    from google.cloud.aiplatform_v1.types import PipelineJob

PIPELINE = "customer-churn"
CALL_SECONDS = 20.0
MAX_ATTEMPTS = 50
KEPT_SPEC = "mlops/pipelines/sha256-{}.json"
ATTEMPT = re.compile(r"-r(\d+)$")
ACTIVE = tuple(f"PIPELINE_STATE_{name}" for name in ("QUEUED", "PENDING", "RUNNING", "CANCELLING", "PAUSED"))


def run_id_of(as_of: date, attempt: int = 1) -> str:
    """Return the id of a day's run: the same for every trigger of the day, another for each attempt."""
    suffix = f"-r{attempt}" if attempt > 1 else ""
    return f"{PIPELINE}-{as_of.isoformat().replace('-', '')}{suffix}"


def attempt_of(run_id: str) -> int:
    """Return which attempt at its day a run is, from 1."""
    found = ATTEMPT.search(run_id)
    return int(found[1]) if found else 1


def find_job(backend: Backend, run_id: str) -> "PipelineJob | None":
    """Return the job of this id, or None when there is none."""
    name = f"{backend.settings.parent}/pipelineJobs/{run_id}"
    try:
        return backend.jobs.get_pipeline_job(name=name, retry=backend.retry, timeout=CALL_SECONDS)
    except exceptions.NotFound:
        return None


def get_job(backend: Backend, run_id: str) -> "PipelineJob":
    """Return the job of this id; raise NoSuchRunError when there is none."""
    job = find_job(backend, run_id)
    if job is None:
        raise NoSuchRunError(f"there is no run {run_id}")
    return job


def next_attempt(backend: Backend, as_of: date) -> str:
    """Return the first id of a day that no run has."""
    for attempt in range(1, MAX_ATTEMPTS + 1):
        run_id = run_id_of(as_of, attempt)
        if find_job(backend, run_id) is None:
            return run_id
    raise RunStateError(f"{as_of} has {MAX_ATTEMPTS} attempts already: delete some of them in Vertex AI")


def list_runs(backend: Backend, as_of: date | None, page_size: int, page_token: str) -> RunList:
    """Return a page of the runs, the newest first, all or those of a day."""
    wanted = f'labels.pipeline="{PIPELINE}"' + (f' AND labels.as_of="{as_of}"' if as_of else "")
    try:
        page = next(_pages(backend, wanted, page_size, page_token))
    except exceptions.BadRequest as error:
        raise InvalidFieldError(("query", "page_token"), f"is refused: {error.message}") from error
    runs = [run_of(backend, job) for job in page.pipeline_jobs]
    return RunList(runs=runs, next_page_token=page.next_page_token)


def active_ids(backend: Backend, trigger: str) -> set[str]:
    """Return the ids of the runs of a kind of trigger that have not ended."""
    wanted = f'labels.pipeline="{PIPELINE}" AND labels.trigger="{trigger}" AND state="{{}}"'
    pages = (page for state in ACTIVE for page in _pages(backend, wanted.format(state)))
    return {id_of(job) for page in pages for job in page.pipeline_jobs}


def _pages(backend: Backend, wanted: str, size: int = 100, token: str = "") -> Iterator[Any]:
    request = {
        "parent": backend.settings.parent,
        "filter": wanted,
        "order_by": "create_time desc",
        "page_size": size,
        "page_token": token,
    }
    answer = backend.jobs.list_pipeline_jobs(request=request, retry=backend.retry, timeout=CALL_SECONDS)
    yield from answer.pages


def cancel_run(backend: Backend, run_id: str) -> Run:
    """Ask Vertex to stop a run, and return it as it stands; raise RunStateError when it has ended."""
    job = get_job(backend, run_id)
    if job.state.name not in ACTIVE:
        raise RunStateError(f"{run_id} has ended already: {job.state.name}")
    try:
        backend.jobs.cancel_pipeline_job(name=job.name, retry=backend.retry, timeout=CALL_SECONDS)
    except exceptions.BadRequest as error:
        raise RunStateError(f"{run_id} cannot be cancelled: {error.message}") from error
    return run_of(backend, get_job(backend, run_id))


def id_of(job: "PipelineJob") -> str:
    """Return a job's id, the last part of its name."""
    return str(job.name.rpartition("/")[2])


def run_of(backend: Backend, job: "PipelineJob") -> Run:
    """Return what callers are told of a job."""
    run_id, labels = id_of(job), dict(job.labels)
    return Run.model_validate(
        {
            "id": run_id,
            "name": job.name,
            "state": job.state.name,
            "as_of": labels.get("as_of") or None,
            "attempt": attempt_of(run_id),
            "trigger": labels.get("trigger", ""),
            "console": backend.settings.console_link(run_id),
            "spec": _kept_spec(backend.settings.bucket, labels.get("spec", "")),
            "created_at": job.create_time,
            "started_at": job.start_time,
            "ended_at": job.end_time,
            "error": job.error.message,
        }
    )


def _kept_spec(bucket: str, label: str) -> str:
    return f"gs://{bucket}/{KEPT_SPEC.format(digest_of(label))}" if label else ""


def parameters_of(job: "PipelineJob") -> dict[str, Any]:
    """Return the parameters of a job's run; Vertex gives every number as a float."""
    config = json_format.MessageToDict(type(job).pb(job).runtime_config)
    parameters: dict[str, Any] = config.get("parameterValues", {})
    return parameters
