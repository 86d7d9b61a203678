"""The runs in Vertex AI: finding, listing and cancelling them."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Self

from fastapi import HTTPException
from google.api_core.exceptions import BadRequest, NotFound
from google.api_core.retry import Retry, if_exception_type
from google.cloud.aiplatform_v1 import ListPipelineJobsResponse, PipelineJob, PipelineServiceClient
from google.cloud.storage import Client
from google.protobuf.json_format import MessageToDict
from pydantic import BaseModel, Field

from components.shared import names
from components.shared.cancelling import cancel_work
from components.shared.clients import pipeline_service_client, storage_client
from components.shared.erasures import erasure_under_way
from components.shared.pipeline_states import CANCELLED, ENDED, SUCCEEDED
from components.shared.retries import FAILED_CALL, TRANSIENT
from components.shared.run_record import read_counts
from orchestrator.run_requests import InvalidFieldError, parameter_faults
from orchestrator.settings import PREFIX, Settings, SettingsError
from pipelines.compile import compiled_text
from pipelines.sizes import COUNTING, Counts, steps_of
from pipelines.specification import Specification, kept_name

PIPELINE = "customer-churn"
CALL_SECONDS = 20.0
MAX_ATTEMPTS = 50
RETRY_AFTER_SECONDS = 300
OURS = f'pipeline_name="{PIPELINE}"'  # with any label: a run that a person submits changes the same tables
BRIEF = {"paths": ["name", "state", "labels", "create_time", "end_time"]}
NOT_ENDED = " AND ".join([OURS, *(f'state!="{state}"' for state in ENDED)])


class Run(BaseModel):
    """A run of Vertex AI; state is its PipelineState, times are UTC."""

    id: str
    name: str
    state: str
    as_of: date | None = Field(description="only for runs that the orchestrator submitted")
    attempt: int
    trigger: str
    console: str
    spec: str = Field(description="the compiled pipeline")
    retry_of: str = Field(description="the run whose finished steps were kept")
    created_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    error: str = ""


class RunList(BaseModel):
    """Runs, newest first; next_page_token is empty on the last page."""

    runs: list[Run]
    next_page_token: str


class ActiveRunError(HTTPException):
    """A new run must wait for the active one: a 409 that names it."""

    def __init__(self, run: Run) -> None:
        """Name the active run, and say what to do."""
        what = f"{run.id}, as of {run.as_of or 'an unknown day'}, is active ({run.state})"
        detail = f"{what}: wait until it has ended, or cancel it with POST /runs/{run.id}:cancel"
        super().__init__(409, detail, {"Retry-After": str(RETRY_AFTER_SECONDS)})
        self.run_id = run.id


class ErasureError(HTTPException):
    """A new run must wait for an erasure, since it would read data to be erased: a 409."""


def run_id_of(as_of: date, attempt: int = 1) -> str:
    """Return the id of a day's run: the same for every trigger of the day, different for each attempt."""
    suffix = f"-r{attempt}" if attempt > 1 else ""
    return f"{PIPELINE}-{as_of.isoformat().replace('-', '')}{suffix}"


def parameters_of(job: PipelineJob) -> dict[str, Any]:
    """Return the parameters of a job's run; Vertex AI returns every number as a float."""
    return dict(MessageToDict(PipelineJob.pb(job).runtime_config).get("parameterValues", {}))


def id_of(job: PipelineJob) -> str:
    """Return the id of a job's run."""
    return str(job.name.rpartition("/")[2])


def records_id(job: PipelineJob) -> str:
    """Return the run_id that a job's steps were given: for a retry, that of the original run."""
    return str(job.labels.get("run_id") or id_of(job))


def creation(job: PipelineJob) -> tuple[int, str]:
    """Return the sort key of runs by creation: the time in nanoseconds, then the name."""
    return PipelineJob.pb(job).create_time.ToNanoseconds(), job.name


@dataclass(frozen=True)
class Backend:
    """The Google services behind the orchestrator, connected once per process; threads may share them.

    `call` holds the options of each request: its timeout and retries.
    """

    settings: Settings
    spec: Specification
    jobs: PipelineServiceClient
    storage: Client
    call: dict[str, Any]

    @classmethod
    def connect(cls, settings: Settings) -> Self:
        """Compile the pipeline and connect; raise SettingsError for parameters that it does not have."""
        spec = Specification(compiled_text())
        for name, fault in parameter_faults(settings.parameters, spec.parameters):
            raise SettingsError(f"{PREFIX}PARAMETERS: {name}: {fault}")
        if unknown := settings.machines.keys() - {*(steps := steps_of(spec.content))}:
            raise SettingsError(f"{PREFIX}MACHINES: {', '.join(unknown)} is not a step: {', '.join(steps)}")
        jobs, storage = pipeline_service_client(settings.location), storage_client(settings.project)
        retry = Retry(if_exception_type(*TRANSIENT), 0.2, 8.0, 2.0, timeout=settings.retry_seconds)
        return cls(settings, spec, jobs, storage, {"retry": retry, "timeout": CALL_SECONDS})

    @property
    def parent(self) -> str:
        """The resource name under which Vertex AI keeps the runs."""
        return f"projects/{self.settings.project}/locations/{self.settings.location}"

    def name_of(self, run_id: str) -> str:
        """Return the resource name by which Vertex AI knows a run."""
        return f"{self.parent}/pipelineJobs/{run_id}"

    def find(self, run_id: str) -> PipelineJob | None:
        """Return the job of this id, or None when there is none."""
        try:
            return self.jobs.get_pipeline_job(name=self.name_of(run_id), **self.call)
        except NotFound:
            return None

    def get(self, run_id: str) -> PipelineJob:
        """Return the job of this id; raise a 404 when there is none."""
        job = self.find(run_id)
        if job is None:
            raise HTTPException(404, f"there is no run {run_id}")
        return job

    def triggered_attempt(self, as_of: date) -> tuple[int, PipelineJob | None]:
        """Return the attempt that a trigger of a day refers to, and its job, or None for a new attempt.

        A run that gave way to another does not count. Raises a 409 if there are too many attempts.
        """
        attempts = self._attempts(as_of)
        return next((attempt, job) for attempt, job in attempts if job is None or not self._gave_way(job))

    def new_attempt(self, as_of: date) -> int:
        """Return the first attempt of a day that has no job; raise a 409 if there are too many."""
        return next(attempt for attempt, job in self._attempts(as_of) if job is None)

    def _attempts(self, as_of: date) -> Iterator[tuple[int, PipelineJob | None]]:
        for attempt in range(1, MAX_ATTEMPTS + 1):
            yield attempt, self.find(run_id_of(as_of, attempt))
        fault = f"{as_of} has {MAX_ATTEMPTS} attempts already: delete some of them in Vertex AI"
        raise HTTPException(409, fault)

    def _gave_way(self, job: PipelineJob) -> bool:
        """Return whether a run was cancelled because an earlier one was active when it was created."""
        if job.state.name != CANCELLED:
            return False
        created = PipelineJob.pb(job).create_time
        earlier = self._list_brief(f'{OURS} AND create_time<"{created.ToJsonString()}"')
        ends = [PipelineJob.pb(run).end_time.ToNanoseconds() for run in earlier if run.state.name in ENDED]
        return len(ends) < len(earlier) or max(ends, default=0) > created.ToNanoseconds()

    def others_active(self, run_id: str) -> list[PipelineJob]:
        """Return the other unfinished runs, whoever submitted them, oldest first."""
        active = self._list_brief(NOT_ENDED)
        return sorted((job for job in active if job.name != self.name_of(run_id)), key=creation)

    def newest_counts(self) -> tuple[str, Counts]:
        """Return the run_id of the newest day's successful run ("" if none), and what its steps counted."""
        done = self._list_brief(f'{OURS} AND state="{SUCCEEDED}"')
        newest = max(done, key=lambda job: (job.labels.get("as_of", ""), creation(job)), default=None)
        if newest is None:
            return "", {}
        run_id, bucket = records_id(newest), self.storage.bucket(self.settings.bucket)
        return run_id, {step: read_counts(bucket, run_id, step, **self.call) for step in sorted(COUNTING)}

    def newest(self) -> PipelineJob:
        """Return the run that was created last, whoever submitted it; there must be one."""
        return self._list_brief(OURS)[0]

    def refuse_during_erasure(self) -> None:
        """Raise ErasureError while an erasure is under way."""
        if why := erasure_under_way(self.storage.bucket(self.settings.bucket), **self.call):
            raise ErasureError(409, why, {"Retry-After": str(RETRY_AFTER_SECONDS)})

    def cancel(self, run_id: str) -> Run:
        """Ask Vertex AI to stop a run, and return its current state; raise a 409 if it has ended."""
        job = self.get(run_id)
        if job.state.name in ENDED:
            raise HTTPException(409, f"{run_id} has ended already: {job.state.name}")
        try:
            self.jobs.cancel_pipeline_job(name=job.name, **self.call)
        except BadRequest as error:
            raise HTTPException(409, f"{run_id} cannot be cancelled: {error.message}") from error
        return self.run_of(self.get(run_id))

    def cancel_work(self, run_id: str) -> None:
        """Stop the work that a run left behind, in case no signal reached its step; log failures."""
        settings, job = self.settings, self.get(run_id)
        parameters, run_id = parameters_of(job), records_id(job)
        repository = str(parameters.get("repository", names.REPOSITORY))
        try:
            for name in cancel_work(settings.project, settings.location, repository, run_id, **self.call):
                logging.getLogger(__name__).warning("cancelled %s, which %s had left running", name, run_id)
        except FAILED_CALL:
            logging.getLogger(__name__).exception("work that %s left running may continue", run_id)

    def page(self, as_of: date | None, size: int, token: str) -> RunList:
        """Return a page of the runs, newest first, all or those of a day."""
        wanted = f'labels.pipeline="{PIPELINE}"' + (f' AND labels.as_of="{as_of}"' if as_of else "")
        try:
            page = self._list(wanted, page_size=size, page_token=token)
        except BadRequest as error:
            raise InvalidFieldError(("query", "page_token"), f"is refused: {error.message}") from error
        runs = [self.run_of(job) for job in page.pipeline_jobs]
        return RunList(runs=runs, next_page_token=page.next_page_token)

    def _list_brief(self, wanted: str) -> Sequence[PipelineJob]:
        """Return the newest hundred runs that match, without their specifications."""
        return self._list(wanted, page_size=100, read_mask=BRIEF).pipeline_jobs

    def _list(self, wanted: str, **more: Any) -> ListPipelineJobsResponse:
        request = {"parent": self.parent, "filter": wanted, "order_by": "create_time desc", **more}
        return next(self.jobs.list_pipeline_jobs(request=request, **self.call).pages)

    def run_of(self, job: PipelineJob) -> Run:
        """Return what callers are told about a job."""
        run_id, labels, bucket = id_of(job), dict(job.labels), self.settings.bucket
        return Run.model_validate(
            {
                "id": run_id,
                "name": job.name,
                "state": job.state.name,
                "as_of": labels.get("as_of") or None,
                "attempt": labels.get("attempt", 1),
                "trigger": labels.get("trigger", ""),
                "console": self.settings.console_link(run_id),
                "retry_of": labels.get("retry_of", ""),
                "spec": f"gs://{bucket}/{kept_name(labels['spec'])}" if labels.get("spec") else "",
                "created_at": job.create_time,
                "started_at": job.start_time,
                "ended_at": job.end_time,
                "error": job.error.message,
            }
        )
