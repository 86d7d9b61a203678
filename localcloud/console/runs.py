"""What the pages show of a run, read only from its PipelineJob message."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from google.cloud.aiplatform_v1 import Artifact as ArtifactMessage
from google.cloud.aiplatform_v1 import PipelineJob, PipelineTaskDetail
from google.protobuf import json_format

from localcloud.console.artifacts import Artifact
from localcloud.console.states import NOT_REACHED, REUSED, WAITING, State, state_of
from localcloud.console.tasks import Task, tasks_of
from localcloud.console.timeline import Attempt, attempts_of
from localcloud.rest import raw


class Jobs(Protocol):
    """Where the runs and their logs are: the local Vertex AI Pipelines."""

    def list_jobs(self) -> list[PipelineJob]:
        """Return all runs, newest first."""

    def get_job(self, name: str) -> PipelineJob:
        """Return a run by its full resource name; raise NotFound."""

    def task_log(self, name: str, task_name: str) -> Path | None:
        """Return the log file of a task, or None while it has none."""

    def run_log(self, name: str) -> Path:
        """Return the log file of a run; its folder is the one that holds all the run's files."""


@dataclass(frozen=True)
class Step:
    """A task of a run: what it was given, what it made, and how it went."""

    name: str
    title: str
    state: State
    started: datetime | None
    ended: datetime | None
    error: str
    parameters: dict[str, Any]
    returned: dict[str, Any]
    inputs: list[Artifact]
    outputs: list[Artifact]
    attempts: tuple[Attempt, ...] = ()

    def duration(self, now: datetime) -> timedelta | None:
        """Return how long it ran, or has been running."""
        return _between(self.started, self.ended, now)

    @property
    def is_reused(self) -> bool:
        """Whether its result was reused from an earlier run."""
        return self.state == REUSED

    @property
    def report(self) -> Artifact | None:
        """Its first output that is an HTML page."""
        return next((artifact for artifact in self.outputs if artifact.is_page), None)

    @property
    def has_metrics(self) -> bool:
        """Whether it has metrics among its outputs."""
        return any(artifact.is_metrics for artifact in self.outputs)


class Run:
    """A pipeline job as the pages show it."""

    def __init__(self, job: PipelineJob) -> None:
        """Take a job's message; costly parts are parsed on first use."""
        self.job = job
        self.name: str = job.name
        self.id: str = job.name.rpartition("/")[2]
        self.state = state_of(job.state)
        self.created: datetime = raw(job).create_time.ToDatetime(UTC)
        self.started = _time(job, "start_time")
        self.ended = _time(job, "end_time")
        self.error: str = job.error.message
        self.labels = dict(sorted(job.labels.items()))
        self.retry_of: str = self.labels.get("retry_of", "")

    def duration(self, now: datetime) -> timedelta | None:
        """Return how long it ran, or has been running."""
        return _between(self.started, self.ended, now)

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """The runtime parameters by name."""
        config = raw(self.job).runtime_config
        values: dict[str, Any] = json_format.MessageToDict(config).get("parameterValues", {})
        return dict(sorted(values.items()))

    @cached_property
    def pipeline(self) -> str:
        """The name of the pipeline."""
        info = raw(self.job).pipeline_spec.fields["pipelineInfo"].struct_value
        return info.fields["name"].string_value or str(self.job.display_name)

    @cached_property
    def tasks(self) -> list[Task]:
        """All tasks of the pipeline, reached or not."""
        return tasks_of(json_format.MessageToDict(raw(self.job).pipeline_spec))

    @cached_property
    def steps(self) -> list[Step]:
        """The steps in topological order; each pass of a loop is a step of its own."""
        return [step for steps in self.steps_by_task.values() for step in steps]

    @cached_property
    def steps_by_task(self) -> dict[str, list[Step]]:
        """The steps of each task of the pipeline: one, unless the task is in a loop."""
        details = list(self.job.job_detail.task_details)
        return {task.name: self._passes(task, _details(task, details)) for task in self.tasks}

    @property
    def failed_steps(self) -> list[Step]:
        """The steps that failed."""
        return [step for step in self.steps if step.state.tone == "bad"]

    def step(self, name: str) -> Step | None:
        """Return a step by its full name, or by its name within its group, or None."""
        named = [step for step in self.steps if step.name == name]
        named += [step for step in self.steps if step.name.rpartition(".")[2] == name]
        return named[0] if named else None

    def step_to_show(self, task: str) -> Step:
        """Return a task's most telling step: one that failed, else an unfinished one, else the last."""
        steps = self.steps_by_task[task]
        telling = [step for step in steps if step.state.tone == "bad"]
        telling += [step for step in steps if not step.state.final]
        return [*telling, steps[-1]][0]

    def _passes(self, task: Task, details: list[PipelineTaskDetail]) -> list[Step]:
        if not details:
            state = NOT_REACHED if self.state.final else WAITING
            return [Step(task.name, task.title, state, None, None, "", {}, {}, [], [])]
        if len(details) == 1:
            return [self._step(task, task.title, details[0])]
        numbered = enumerate(details, 1)
        return [self._step(task, f"{task.title}, pass {number}", detail) for number, detail in numbered]

    def _step(self, task: Task, title: str, detail: PipelineTaskDetail) -> Step:
        state = state_of(detail.state)
        execution = json_format.MessageToDict(raw(detail.execution).metadata)
        return Step(
            name=detail.task_unique_name or task.name,
            title=title,
            state=NOT_REACHED if self.state.final and not state.final else state,
            started=_time(detail, "start_time"),
            ended=_time(detail, "end_time"),
            error=detail.error.message,
            parameters=_select_prefixed("input:", execution),
            returned=_select_prefixed("output:", execution),
            inputs=_artifacts(detail.inputs),
            outputs=_artifacts(detail.outputs),
            attempts=tuple(attempts_of(detail)),
        )


def _details(task: Task, details: list[PipelineTaskDetail]) -> list[PipelineTaskDetail]:
    exact = [detail for detail in details if detail.task_unique_name == task.name]
    return exact or [detail for detail in details if detail.task_name == task.name.rpartition(".")[2]]


def _select_prefixed(prefix: str, metadata: dict[str, Any]) -> dict[str, Any]:
    """Return the values of an execution's metadata under a prefix that Google's SDK uses."""
    names = sorted(name for name in metadata if name.startswith(prefix))
    return {name.removeprefix(prefix): metadata[name] for name in names}


def _artifacts(lists: Mapping[str, PipelineTaskDetail.ArtifactList]) -> list[Artifact]:
    return [
        _artifact(key, index, message)
        for key in sorted(lists)
        for index, message in enumerate(lists[key].artifacts)
    ]


def _artifact(key: str, index: int, message: ArtifactMessage) -> Artifact:
    metadata = sorted(json_format.MessageToDict(raw(message).metadata).items())
    name = message.display_name or key
    return Artifact(key, index, name, message.schema_title, message.uri, dict(metadata))


def _time(message: PipelineJob | PipelineTaskDetail, field: str) -> datetime | None:
    time: datetime | None = getattr(raw(message), field).ToDatetime(UTC)
    return time if raw(message).HasField(field) else None


def _between(start: datetime | None, end: datetime | None, now: datetime) -> timedelta | None:
    return max((end or now) - start, timedelta()) if start else None
