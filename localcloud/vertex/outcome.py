"""The end of a job: its final state, that of each task, and the reason."""

from typing import Any

from google.cloud.aiplatform_v1.types import PipelineJob, PipelineState, PipelineTaskDetail

from localcloud.resources import now
from localcloud.vertex.details import GOING, set_state, task_error

JobState: Any = PipelineState
State: Any = PipelineTaskDetail.State
ENDED = (
    JobState.PIPELINE_STATE_SUCCEEDED,
    JobState.PIPELINE_STATE_FAILED,
    JobState.PIPELINE_STATE_CANCELLED,
)
STOPPED = "the server was stopped while the run was active"
CANCELLED = "the run was cancelled"


def succeed(job: PipelineJob) -> None:
    """End a job as SUCCEEDED; a task that never started was not triggered: its condition was false."""
    _end(job, JobState.PIPELINE_STATE_SUCCEEDED, State.SUCCEEDED, "")


def fail(job: PipelineJob, reason: str) -> None:
    """End a job as FAILED, with the causes of its failed tasks, or else with the given reason."""
    _end(job, JobState.PIPELINE_STATE_FAILED, State.FAILED, _failed_tasks(job) or reason)


def lose(job: PipelineJob, reason: str) -> None:
    """End a job as FAILED for an external reason, which takes precedence over its tasks' causes."""
    _end(job, JobState.PIPELINE_STATE_FAILED, State.FAILED, reason)


def cancel(job: PipelineJob) -> None:
    """End a job as CANCELLED, and with it the tasks that were running."""
    _end(job, JobState.PIPELINE_STATE_CANCELLED, State.CANCELLED, CANCELLED)


def _end(job: PipelineJob, state: Any, task_state: Any, message: str) -> None:
    moment = now()
    for detail in job.job_detail.task_details:
        if detail.state in GOING:
            detail.error = task_error(task_state, message)
            set_state(detail, task_state, moment, message)
        elif detail.state == State.PENDING:
            set_state(detail, State.NOT_TRIGGERED, moment)
    if message:
        job.error = task_error(task_state, message)
    job.state = state
    job.end_time = job.update_time = moment


def _failed_tasks(job: PipelineJob) -> str:
    failed = {
        detail.task_unique_name: detail
        for detail in job.job_detail.task_details
        if detail.state == State.FAILED
    }
    inner = [
        detail for name, detail in failed.items() if not any(other.startswith(f"{name}.") for other in failed)
    ]
    if not inner:
        return ""
    names = ", ".join(detail.task_name for detail in inner)
    first = f"The DAG failed because some tasks failed. The failed tasks are: [{names}]."
    return "\n".join([first, *(f"{detail.task_name}: {detail.error.message}" for detail in inner)])
