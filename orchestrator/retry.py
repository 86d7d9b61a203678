"""Retry a run from the step that failed, by the rerun of Vertex AI, which its API v1beta1 has in preview.

The parameters are those of the run that failed, run_id included: what its steps have left is found by it, and
a retry ends as the run would have ended. Another day, other parameters or other code are another run.
"""

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

from fastapi import HTTPException
from google.api_core.exceptions import Conflict
from google.cloud.aiplatform_v1 import PipelineJob, PipelineTaskDetail
from google.protobuf.json_format import MessageToDict, ParseDict

from components.shared.clients import rerun_service_client
from orchestrator.runs import (
    ENDED,
    PIPELINE,
    SUCCEEDED,
    ActiveRunError,
    Backend,
    id_of,
    parameters_of,
    records_id,
    run_id_of,
)
from orchestrator.starting import Made, start
from orchestrator.submit import TriggeredRun

if TYPE_CHECKING:
    from google.cloud.aiplatform_v1beta1 import PipelineJob as RerunJob

NUMBER = "vertex-ai-pipelines-run-billing-id"  # the label by which Vertex AI tells the number of a job
ITS_OWN = "vertex-ai-"  # what the labels begin with that it sets itself
TASK_DONE = ("SUCCEEDED", "SKIPPED")
AFTER_ALL = "ALL_UPSTREAM_TASKS_COMPLETED"
INSTEAD = "run the day again with POST / and rerun=true"


def retry(backend: Backend, run_id: str) -> TriggeredRun:
    """Resume a failed or cancelled run: its finished steps are kept, the others run.

    Raises a 404 for an unknown run, and a 409 for one that is active, has succeeded, is not the newest, or
    was submitted with another compiled pipeline than this service's; ActiveRunError and ErasureError.
    """
    original = backend.get(run_id)
    _refuse_unfit(backend, original)
    as_of = date.fromisoformat(original.labels["as_of"])
    attempt, _ = backend.attempt_at(as_of, rerun=True)
    job, created = start(backend, run_id_of(as_of, attempt), lambda: _create(backend, original, attempt))
    return TriggeredRun(**dict(backend.run_of(job)), created=created, parameters=parameters_of(job))


def _refuse_unfit(backend: Backend, original: PipelineJob) -> None:
    """Raise a 409 unless what the run's finished steps left is what its next step would be given."""
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
    """Return the job that reruns another: the same specification, parameters and account."""
    from google.cloud.aiplatform_v1beta1 import PipelineJob as RerunJob

    had: dict[str, Any] = MessageToDict(PipelineJob.pb(original))
    kept = {name: had[name] for name in ("pipelineSpec", "runtimeConfig", "serviceAccount")}
    labels = {name: text for name, text in original.labels.items() if not name.startswith(ITS_OWN)}
    own = {"attempt": str(attempt), "trigger": "retry", "retry_of": id_of(original)}
    content = {
        **kept,
        "displayName": run_id_of(date.fromisoformat(labels["as_of"]), attempt),
        "labels": labels | own | {"run_id": records_id(original)},
        "originalPipelineJobId": original.labels[NUMBER],
        "pipelineTaskRerunConfigs": list(_choices(original, had["pipelineSpec"]["root"]["dag"]["tasks"])),
    }
    job = RerunJob()
    ParseDict(content, RerunJob.pb(job))
    return job


def _choices(original: PipelineJob, tasks: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield for each task of a run whether it is skipped: when it and the group around it had succeeded.

    The exit task runs again, since it keeps how a run ended. A group, such as shards with their plan, stands
    or runs again as one.
    """
    details = {detail.task_id: detail for detail in original.job_detail.task_details}
    last = {
        name for name, task in tasks.items() if task.get("triggerPolicy", {}).get("strategy") == AFTER_ALL
    }
    for detail in details.values():
        skipped = detail.task_name not in last and all(
            one.state.name in TASK_DONE for one in _within(detail, details, tasks)
        )
        yield {"taskId": str(detail.task_id), "taskName": detail.task_unique_name, "skipTask": skipped}


def _within(
    detail: PipelineTaskDetail, details: dict[int, PipelineTaskDetail], tasks: dict[str, Any]
) -> Iterator[PipelineTaskDetail]:
    """Yield a task and the groups around it, but for those of the run itself, which hold what failed."""
    yield detail
    group = details.get(detail.parent_task_id)
    while group and group.task_name not in tasks:
        outer = details.get(group.parent_task_id)
        if outer:
            yield group
        group = outer
