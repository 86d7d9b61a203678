"""The pipeline jobs of the local Vertex AI: kept on disk, run in order, read by the API and the console."""

import re
from pathlib import Path

from google.cloud.aiplatform_v1.types import PipelineJob, PipelineTaskDetail

from localcloud.resources import Store
from localcloud.rest import raw

_NAMES = re.compile(
    r"projects/[a-z0-9][a-z0-9.:-]*/locations/[a-z0-9-]+(/pipelineJobs/[a-z][-a-z0-9]{0,127})?"
)
_EVERYWHERE = "projects/*/locations/*/pipelineJobs/*"


class PipelineJobs:
    """Every pipeline job under one folder, with its logs and artifacts."""

    def __init__(self, root: Path) -> None:
        self._store = Store(root.resolve(), _NAMES)

    def list_jobs(self) -> list[PipelineJob]:
        """Return the jobs of every project and location, the newest first."""
        jobs = self._store.everywhere(PipelineJob, _EVERYWHERE)
        return sorted(jobs, key=_creation, reverse=True)

    def get_job(self, name: str) -> PipelineJob:
        """Return a job as it stands; raise NotFound, or InvalidArgument when the name is not one of a job."""
        return self._store.get(PipelineJob, name)

    def run_log(self, name: str) -> Path:
        """Return the file of all that a job's run has printed; there is none before the job starts."""
        return self._store.require(name) / "run.log"

    def task_log(self, name: str, task_name: str) -> Path | None:
        """Return the file of all that a task's attempts have printed, or None when the task has not started.

        The task is asked for by its unique name, such as a-group.a-task, or by its own.
        """
        detail = _find_task(self.get_job(name), task_name)
        path = self._store.folder(name) / "logs" / f"{detail.task_unique_name}.log" if detail else None
        return path if path and path.exists() else None


def _creation(job: PipelineJob) -> int:
    nanoseconds: int = raw(job).create_time.ToNanoseconds()
    return nanoseconds


def _find_task(job: PipelineJob, task_name: str) -> PipelineTaskDetail | None:
    details = job.job_detail.task_details
    named = [detail for detail in details if detail.task_unique_name == task_name]
    named += [detail for detail in details if detail.task_name == task_name]
    return named[0] if named else None
