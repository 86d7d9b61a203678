"""Retry a run from the failed step with a rerun of Vertex AI, a preview in API v1beta1.

The parameters, run_id included, are those of the failed run: its steps' output is found by run_id, and a
retry ends as the run would have ended. Another day, other parameters or other code require another run.
"""

from datetime import date
from typing import TYPE_CHECKING

from fastapi import HTTPException
from google.api_core.exceptions import Conflict
from google.cloud.aiplatform_v1 import PipelineJob

from components.shared.clients import rerun_service_client
from components.shared.pipeline_states import ENDED, SUCCEEDED
from orchestrator.runs import (
    PIPELINE,
    ActiveRunError,
    Backend,
    id_of,
    parameters_of,
    records_id,
    run_id_of,
)
from orchestrator.single_run import Made, start
from orchestrator.submit import TriggeredRun
from pipelines.rerun import NUMBER, rerun_of

if TYPE_CHECKING:
    from google.cloud.aiplatform_v1beta1 import PipelineJob as RerunJob

INSTEAD = "run the day again with POST / and rerun=true"


def retry(backend: Backend, run_id: str) -> TriggeredRun:
    """Resume a failed or cancelled run: its finished steps are kept, the others run.

    Raises a 404 for an unknown run, and a 409 for one that is active, has succeeded, is not the newest, or
    was submitted with another compiled pipeline than this service's; ActiveRunError and ErasureError.
    """
    original = backend.get(run_id)
    _refuse_unfit(backend, original)
    as_of = date.fromisoformat(original.labels["as_of"])
    attempt = backend.new_attempt(as_of)
    job, created = start(backend, run_id_of(as_of, attempt), lambda: _create(backend, original, attempt))
    return TriggeredRun(**dict(backend.run_of(job)), created=created, parameters=parameters_of(job))


def _refuse_unfit(backend: Backend, original: PipelineJob) -> None:
    """Raise a 409 unless the output of the run's finished steps is still what its next step would read."""
    if fault := _fault(original, backend.spec.label):
        raise HTTPException(409, f"{id_of(original)} {fault}")
    newest = backend.newest()
    if newest.name == original.name:
        return
    if newest.state.name not in ENDED:
        raise ActiveRunError(backend.run_of(newest))
    since = f"{id_of(newest)} has run since, and may have changed what this one left"
    raise HTTPException(409, f"{id_of(original)} is not the newest run: {since}; {INSTEAD}")


def _fault(original: PipelineJob, deployed: str) -> str:
    labels, state = original.labels, original.state.name
    if state not in ENDED:
        return f"has not ended: {state}"
    if state == SUCCEEDED:
        return "has succeeded: there is nothing to retry"
    if labels.get("pipeline") != PIPELINE or not {"as_of", "spec", NUMBER} <= labels.keys():
        return "was not submitted by this service, or Vertex AI does not return its number"
    if labels["spec"] != deployed:
        return f"was submitted with another compiled pipeline than the deployed one: {INSTEAD}"
    return ""


def _create(backend: Backend, original: PipelineJob, attempt: int) -> Made:
    job = _job(original, attempt)
    request = {"parent": backend.parent, "pipeline_job": job, "pipeline_job_id": job.display_name}
    try:
        with rerun_service_client(backend.settings.location) as client:
            client.create_pipeline_job(request, **backend.call)
    except Conflict:
        made = backend.get(job.display_name)
        if made.labels.get("retry_of") != job.labels["retry_of"]:
            raise ActiveRunError(backend.run_of(made)) from None
        return made, False
    return backend.get(job.display_name), True


def _job(original: PipelineJob, attempt: int) -> "RerunJob":
    own = {"attempt": str(attempt), "trigger": "retry", "retry_of": id_of(original)}
    run_id = run_id_of(date.fromisoformat(original.labels["as_of"]), attempt)
    return rerun_of(original, run_id, own | {"run_id": records_id(original)})
