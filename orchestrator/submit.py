"""Submit a run: the specification into the bucket, then the job to Vertex AI, each of them once."""

import base64
import hashlib
import json
import tempfile
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from google.api_core.exceptions import Conflict, PreconditionFailed

from components.shared.names import SPECIFICATION
from orchestrator.backend import Backend
from orchestrator.errors import RunStateError
from orchestrator.runs import (
    CALL_SECONDS,
    KEPT_SPEC,
    PIPELINE,
    attempt_of,
    get_job,
    next_attempt,
    parameters_of,
    run_id_of,
    run_of,
)
from orchestrator.schemas import TriggeredRun
from orchestrator.trigger import Order

if TYPE_CHECKING:
    from google.cloud.aiplatform_v1.types import PipelineJob
    from google.cloud.storage import Blob


def submit(backend: Backend, order: Order) -> TriggeredRun:
    """Submit the order's run, or find the one that an earlier trigger of the day has submitted.

    Raises InvalidFieldError for parameters that the pipeline does not take, before anything is done, and
    RunStateError when the run that exists has other parameters than the order asks for.
    """
    backend.spec.check(order.parameters)
    run_id = next_attempt(backend, order.as_of) if order.rerun else run_id_of(order.as_of)
    upload_spec(backend)
    job, created = _create(backend, order, run_id)
    parameters = parameters_of(job)
    if not created:
        _refuse_others(run_id, parameters, order)
    return TriggeredRun(**dict(run_of(backend, job)), created=created, parameters=parameters)


def preview(backend: Backend, order: Order) -> TriggeredRun:
    """Return the run that the order would submit, after the same checks; Google is not asked."""
    backend.spec.check(order.parameters)
    run_id = run_id_of(order.as_of)
    job = backend.vertex.gapic.PipelineJob(
        name=f"{backend.settings.parent}/pipelineJobs/{run_id}", labels=_labels(backend, order, run_id)
    )
    parameters = _parameters(backend, order, run_id)
    run = dict(run_of(backend, job))
    return TriggeredRun(**run, created=False, dry_run=True, parameters=parameters)


def upload_spec(backend: Backend) -> None:
    """Put the specification into the bucket when another one lies there, after a copy under its digest.

    When two processes write at the same time, the first one's version stays.
    """
    data = backend.spec.text.encode()
    bucket = backend.storage.bucket(backend.settings.bucket)
    current = bucket.get_blob(SPECIFICATION, retry=backend.retry, timeout=CALL_SECONDS)
    digest = base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()
    if current is None or current.md5_hash != digest:
        _write(backend, bucket.blob(KEPT_SPEC.format(backend.spec.digest)), data, 0)
        _write(backend, bucket.blob(SPECIFICATION), data, current.generation if current else 0)


def _write(backend: Backend, blob: "Blob", data: bytes, generation: int) -> None:
    with suppress(PreconditionFailed):
        blob.upload_from_string(
            data,
            content_type="application/json",
            if_generation_match=generation,
            retry=backend.retry,
            timeout=CALL_SECONDS,
        )


def _create(backend: Backend, order: Order, run_id: str) -> "tuple[PipelineJob, bool]":
    """Return the job of this id, and whether this call has made it."""
    job = _pipeline_job(backend, order, run_id)
    account = backend.settings.run_service_account
    try:
        backend.retry(job.submit)(service_account=account, create_request_timeout=CALL_SECONDS)
    except Conflict:
        return get_job(backend, run_id), False
    return job.gca_resource, True


def _pipeline_job(backend: Backend, order: Order, run_id: str) -> Any:
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as template:
        template.write(backend.spec.text)
        template.flush()
        return backend.vertex.PipelineJob(
            display_name=run_id,
            template_path=template.name,
            job_id=run_id,
            pipeline_root=f"gs://{backend.settings.bucket}/mlops/pipeline_root",
            parameter_values=_parameters(backend, order, run_id),
            enable_caching=False,
            labels=_labels(backend, order, run_id),
            failure_policy="fast",
        )


def _parameters(backend: Backend, order: Order, run_id: str) -> dict[str, Any]:
    settings = backend.settings
    return {
        **settings.parameters,
        **order.parameters,
        "project": settings.project,
        "location": settings.location,
        "bucket": settings.bucket,
        "dataform_service_account": settings.dataform_service_account,
        "as_of": order.as_of.isoformat(),
        "run_id": run_id,
        "scored_at": order.scored_at.isoformat(timespec="seconds"),
    }


def _labels(backend: Backend, order: Order, run_id: str) -> dict[str, str]:
    return {
        **backend.settings.labels,
        "pipeline": PIPELINE,
        "as_of": order.as_of.isoformat(),
        "trigger": order.trigger,
        "attempt": str(attempt_of(run_id)),
        "spec": backend.spec.label,
    }


def _refuse_others(run_id: str, parameters: dict[str, Any], order: Order) -> None:
    for name, value in order.parameters.items():
        if parameters.get(name) != value:
            had = json.dumps(parameters.get(name))
            raise RunStateError(
                f"{run_id} exists with {name}={had}, not {json.dumps(value)}: ask with rerun=true for another"
            )
