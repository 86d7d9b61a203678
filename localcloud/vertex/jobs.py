"""The pipeline jobs of the local Vertex AI: stored on disk, run in order, read by the API and the console."""

import re
import secrets
from pathlib import Path
from typing import Any

from google.api_core import exceptions
from google.cloud.aiplatform_v1.types import PipelineJob, PipelineTaskDetail
from google.protobuf import json_format

from localcloud.resources import Store, now
from localcloud.rest import raw
from localcloud.settings import Settings
from localcloud.vertex import outcome
from localcloud.vertex.details import planned_tasks, task_detail
from localcloud.vertex.neighbours import Neighbours
from localcloud.vertex.queue import JobQueue
from localcloud.vertex.reused import Rerun

JOB_ID = r"[a-z][-a-z0-9]{0,127}"
_NAMES = re.compile(rf"projects/[a-z0-9][a-z0-9.:-]*/locations/[a-z0-9-]+(/pipelineJobs/{JOB_ID})?")
NUMBER = "vertex-ai-pipelines-run-billing-id"  # the label in which Vertex AI gives a job's number
_EVERYWHERE = "projects/*/locations/*/pipelineJobs/*"


class PipelineJobs:
    """The pipeline jobs under one folder, with their logs and artifacts."""

    def __init__(self, root: Path, at_once: int = 1, settings: Settings | None = None) -> None:
        """Take over the jobs of an earlier server; at most `at_once` jobs run at the same time."""
        self._store = Store(root.resolve(), _NAMES)
        self._settings = settings or Settings()
        self._queue = JobQueue(self._store, at_once, Neighbours(self._settings), self._settings.preload)
        self._queue.resume(reversed(self.list_jobs()))
        self._forget_old()

    def list_jobs(self) -> list[PipelineJob]:
        """Return the jobs of every project and location, newest first."""
        jobs = self._store.everywhere(PipelineJob, _EVERYWHERE)
        return sorted(jobs, key=_creation_time, reverse=True)

    def get_job(self, name: str) -> PipelineJob:
        """Return a job in its current state; raise NotFound, or InvalidArgument if the name is malformed."""
        return self._store.get(PipelineJob, name)

    def run_log(self, name: str) -> Path:
        """Return the file of a job's output, which does not exist before the job starts."""
        return self._store.require(name) / "run.log"

    def task_log(self, name: str, task_name: str) -> Path | None:
        """Return the file of the output of a task's attempts, or None if the task has not started.

        The task is given by its unique name, such as a-group.a-task, or by its own name.
        """
        detail = _find_task(self.get_job(name), task_name)
        path = self._store.folder(name) / "logs" / f"{detail.task_unique_name}.log" if detail else None
        return path if path and path.exists() else None

    def create_job(self, job: PipelineJob, rerun: Rerun | None = None) -> PipelineJob:
        """Store a new job under its name and queue it; raise AlreadyExists.

        A rerun reuses what succeeded in its original; raises FailedPrecondition if that no longer exists.
        """
        tasks = planned_tasks(pipeline_spec(job))
        with self._store.lock:  # so that no listing shows a later job before an earlier one
            moment = now()
            job.state = outcome.JobState.PIPELINE_STATE_PENDING
            job.create_time = job.update_time = moment
            for task in tasks:
                task_detail(job, task, moment)
            job.labels[NUMBER] = str(1 + secrets.randbelow(2**63 - 1))
            self._keep(job, rerun)
            self._forget_old()
        self._queue.add(job.name)
        return self.get_job(job.name)

    def _keep(self, job: PipelineJob, rerun: Rerun | None) -> None:
        if rerun is None:
            self._store.create(job)
            return
        before = self._store.require(rerun.original.name)
        rerun.check_outputs(before)
        rerun.take_details(job, job.create_time)
        self._store.create(job)
        rerun.take_outputs(before, self._store.folder(job.name))

    def _forget_old(self) -> None:
        """Remove all ended jobs but the newest, with their logs and artifacts."""
        with self._store.lock:
            ended = (job for job in self.list_jobs() if job.state in outcome.ENDED)
            self._store.keep_first(self._settings.keep.runs, ended)

    def cancel_job(self, name: str) -> None:
        """Stop a job; raise FailedPrecondition if it has ended."""
        with self._store.lock:
            job = self.get_job(name)
            if job.state in outcome.ENDED:
                raise exceptions.FailedPrecondition(f"{name} has ended: {job.state.name}")
            self._queue.cancel(name)

    def delete_job(self, name: str) -> None:
        """Remove a job with its logs and artifacts; raise FailedPrecondition unless it has ended."""
        with self._store.lock:
            if self.get_job(name).state not in outcome.ENDED:
                raise exceptions.FailedPrecondition(f"{name} has not ended: cancel it first")
            self._store.delete(name)


def pipeline_spec(job: PipelineJob) -> dict[str, Any]:
    """Return the compiled pipeline inside a job."""
    spec: dict[str, Any] = json_format.MessageToDict(raw(job).pipeline_spec)
    return spec


def _creation_time(job: PipelineJob) -> int:
    nanoseconds: int = raw(job).create_time.ToNanoseconds()
    return nanoseconds


def _find_task(job: PipelineJob, task_name: str) -> PipelineTaskDetail | None:
    details = job.job_detail.task_details
    named = [detail for detail in details if detail.task_unique_name == task_name]
    named += [detail for detail in details if detail.task_name == task_name]
    return named[0] if named else None
