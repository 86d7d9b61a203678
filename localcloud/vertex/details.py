"""The tasks in a job's jobDetail: planned from the pipeline, updated by a run's events."""

import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from typing import Any

from google.cloud.aiplatform_v1.types import (
    Artifact,
    Execution,
    PipelineJob,
    PipelineTaskDetail,
)
from google.protobuf import timestamp_pb2
from google.rpc import code_pb2, status_pb2  # type: ignore[import-untyped]

from localcloud.rest import raw

type Json = dict[str, Any]
State: Any = PipelineTaskDetail.State
_TASK = re.compile(r"[\w.-]{1,200}")
GOING = (State.RUNNING, State.CANCELLING)
_EXECUTIONS: dict[Any, Any] = {
    State.PENDING: Execution.State.NEW,
    State.RUNNING: Execution.State.RUNNING,
    State.SUCCEEDED: Execution.State.COMPLETE,
    State.FAILED: Execution.State.FAILED,
    State.CANCELLED: Execution.State.CANCELLED,
    State.SKIPPED: Execution.State.CACHED,
}


def planned_tasks(spec: Json) -> Iterator[str]:
    """Yield the unique name of each task, including those in nested DAGs, in topological order.

    A task comes before what is inside it. The tasks in a loop are left out: they are known once it runs.
    """
    yield from _tasks_of(spec["root"], spec.get("components", {}), "")


def check_tasks(spec: Json) -> None:
    """Raise ValueError, or an error from reading the wrong structure, if a pipeline is malformed."""
    if not spec["root"]["dag"]["tasks"]:
        raise ValueError("it has no tasks")
    for task in planned_tasks(spec):
        if not _TASK.fullmatch(task):
            raise ValueError(f"{task!r} is not a valid task name")


def _tasks_of(component: Json, components: Json, prefix: str) -> Iterator[str]:
    tasks: Json = component.get("dag", {}).get("tasks", {})
    order = TopologicalSorter({name: task.get("dependentTasks", []) for name, task in sorted(tasks.items())})
    for name in order.static_order():
        task = tasks[name]
        yield prefix + name
        if not {"parameterIterator", "artifactIterator"} & task.keys():
            nested = components[task["componentRef"]["name"]]
            yield from _tasks_of(nested, components, f"{prefix}{name}.")


def task_detail(job: PipelineJob, task: str, moment: timestamp_pb2.Timestamp) -> PipelineTaskDetail:
    """Return the detail of a task; add one in state PENDING if the job has none."""
    details = job.job_detail.task_details
    for known in details:
        if known.task_unique_name == task:
            return known
    parent, _, name = task.rpartition(".")
    execution = Execution(display_name=name, schema_title="system.ContainerExecution")
    detail = PipelineTaskDetail(
        task_id=len(details) + 1,
        parent_task_id=task_detail(job, parent, moment).task_id if parent else 0,
        task_name=name,
        task_unique_name=task,
        create_time=moment,
        execution=execution,
    )
    details.append(detail)
    set_state(details[-1], State.PENDING, moment)
    return details[-1]


def set_state(
    detail: PipelineTaskDetail, state: Any, moment: timestamp_pb2.Timestamp, error: str = ""
) -> None:
    """Set a task's state and record it in the history of its states."""
    change = PipelineTaskDetail.PipelineTaskStatus(state=state, update_time=moment)
    if error:
        change.error = task_error(state, error)
    detail.pipeline_task_status.append(change)
    detail.state = state
    if state in _EXECUTIONS:
        detail.execution.state = _EXECUTIONS[state]
    if state not in (State.PENDING, State.NOT_TRIGGERED, *GOING):
        detail.end_time = moment


def task_error(state: Any, message: str) -> status_pb2.Status:
    """Return the error of a task or a job that failed or was cancelled."""
    code = code_pb2.CANCELLED if state == State.CANCELLED else code_pb2.FAILED_PRECONDITION
    return status_pb2.Status(code=code, message=message)


def apply_event(job: PipelineJob, event: Json) -> None:
    """Update the detail of the task that an event (events.py) concerns."""
    moment = timestamp_pb2.Timestamp()
    moment.FromNanoseconds(event["time"])
    detail = task_detail(job, event["task"], moment)
    match event["event"]:
        case "started":
            detail.start_time = moment
            set_state(detail, State.RUNNING, moment)
        case "attempt":
            if event["number"] > 1:
                set_state(detail, State.PENDING, moment, detail.error.message)
                set_state(detail, State.RUNNING, moment)
            _add_values(detail, "input", event["inputs"].get("parameterValues", {}))
            _set_artifacts(detail, "inputs", event["inputs"].get("artifacts", {}))
        case "attempt_failed":
            detail.error = task_error(State.FAILED, event["cause"])
        case "succeeded":
            detail.error = None
            _add_values(detail, "output", event["outputs"]["parameters"])
            _set_artifacts(detail, "outputs", event["outputs"]["artifacts"])
            set_state(detail, State.SUCCEEDED, moment)
        case "failed":
            cause = event.get("cause") or detail.error.message or "a task in it failed"
            detail.error = task_error(State.FAILED, cause)
            set_state(detail, State.FAILED, moment, cause)


def _add_values(detail: PipelineTaskDetail, direction: str, values: Json) -> None:
    """Add parameters to the execution's metadata under the keys that Google's SDK reads."""
    named = {f"{direction}:{name}": value for name, value in values.items()}
    raw(detail.execution).metadata.update(named)


def _set_artifacts(detail: PipelineTaskDetail, field: str, lists: Json) -> None:
    target = getattr(detail, field)
    for name, listed in lists.items():
        artifacts = [_artifact(name, artifact, detail) for artifact in listed.get("artifacts", [])]
        target[name] = PipelineTaskDetail.ArtifactList(artifacts=artifacts)


def _artifact(name: str, found: Json, detail: PipelineTaskDetail) -> Artifact:
    kind = found.get("type", {})
    artifact = Artifact(
        display_name=name,
        uri=found.get("uri", ""),
        schema_title=kind.get("schemaTitle", ""),
        schema_version=kind.get("schemaVersion", ""),
        create_time=detail.start_time,
        state=Artifact.State.LIVE,
    )
    raw(artifact).metadata.update(found.get("metadata", {}))
    return artifact
