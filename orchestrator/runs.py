"""The runs that Vertex knows: looking them up, listing and cancelling them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Self

from fastapi import HTTPException
from google.api_core.exceptions import BadRequest, NotFound
from google.api_core.retry import Retry, if_exception_type
from google.cloud.aiplatform_v1 import PipelineJob, PipelineServiceClient
from google.cloud.storage import Client
from google.protobuf.json_format import MessageToDict
from pydantic import BaseModel, Field

from components.shared.clients import pipeline_service_client, storage_client
from components.shared.retries import TRANSIENT
from orchestrator.orders import InvalidFieldError, parameter_faults
from orchestrator.settings import PREFIX, Settings, SettingsError
from pipelines.compile import compiled_text
from pipelines.specification import Specification, kept_name

PIPELINE = "customer-churn"
CALL_SECONDS = 20.0
MAX_ATTEMPTS = 50
ACTIVE = tuple(f"PIPELINE_STATE_{name}" for name in ("QUEUED", "PENDING", "RUNNING", "CANCELLING", "PAUSED"))


class Run(BaseModel):
    """A run as Vertex knows it; state is a PipelineState of Vertex's, times are UTC."""

    id: str
    name: str
    state: str
    as_of: date | None = Field(description="of runs that the orchestrator submitted")
    attempt: int
    trigger: str
    console: str
    spec: str = Field(description="the compiled pipeline that it runs")
    created_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    error: str = ""


class RunList(BaseModel):
    """Runs, the newest first; next_page_token is empty on the last page."""

    runs: list[Run]
    next_page_token: str


def run_id_of(as_of: date, attempt: int = 1) -> str:
    """Return the id of a day's run: the same for every trigger of the day, another for each attempt."""
    suffix = f"-r{attempt}" if attempt > 1 else ""
    return f"{PIPELINE}-{as_of.isoformat().replace('-', '')}{suffix}"


def parameters_of(job: PipelineJob) -> dict[str, Any]:
    """Return the parameters of a job's run; Vertex gives every number as a float."""
    return dict(MessageToDict(PipelineJob.pb(job).runtime_config).get("parameterValues", {}))


@dataclass(frozen=True)
class Backend:
    """The Google services behind the orchestrator, connected once for a process; threads may share them.

    `call` is what each request to them is made with: how long it lasts, and how it is tried again.
    """

    settings: Settings
    spec: Specification
    jobs: PipelineServiceClient
    storage: Client
    call: dict[str, Any]

    @classmethod
    def connect(cls, settings: Settings) -> Self:
        """Compile the pipeline and connect; raise SettingsError for parameters that it does not take."""
        spec = Specification(compiled_text())
        for name, fault in parameter_faults(settings.parameters, spec.parameters):
            raise SettingsError(f"{PREFIX}PARAMETERS: {name}: {fault}")
        jobs, storage = pipeline_service_client(settings.location), storage_client(settings.project)
        retry = Retry(if_exception_type(*TRANSIENT), 0.2, 8.0, 2.0, timeout=settings.retry_seconds)
        return cls(settings, spec, jobs, storage, {"retry": retry, "timeout": CALL_SECONDS})

    @property
    def parent(self) -> str:
        """The resource name under which Vertex keeps the runs."""
        return f"projects/{self.settings.project}/locations/{self.settings.location}"

    def name_of(self, run_id: str) -> str:
        """Return the resource name by which Vertex knows a run."""
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

    def next_attempt(self, as_of: date) -> int:
        """Return the first attempt at a day that no run has made; raise a 409 when there are too many."""
        for attempt in range(1, MAX_ATTEMPTS + 1):
            if self.find(run_id_of(as_of, attempt)) is None:
                return attempt
        fault = f"{as_of} has {MAX_ATTEMPTS} attempts already: delete some of them in Vertex AI"
        raise HTTPException(409, fault)

    def cancel(self, run_id: str) -> Run:
        """Ask Vertex to stop a run, and return it as it stands; raise a 409 when it has ended."""
        job = self.get(run_id)
        if job.state.name not in ACTIVE:
            raise HTTPException(409, f"{run_id} has ended already: {job.state.name}")
        try:
            self.jobs.cancel_pipeline_job(name=job.name, **self.call)
        except BadRequest as error:
            raise HTTPException(409, f"{run_id} cannot be cancelled: {error.message}") from error
        return self.run_of(self.get(run_id))

    def page(self, as_of: date | None, size: int, token: str) -> RunList:
        """Return a page of the runs, the newest first, all or those of a day."""
        try:
            page = next(self._pages(f' AND labels.as_of="{as_of}"' if as_of else "", size, token))
        except BadRequest as error:
            raise InvalidFieldError(("query", "page_token"), f"is refused: {error.message}") from error
        runs = [self.run_of(job) for job in page.pipeline_jobs]
        return RunList(runs=runs, next_page_token=page.next_page_token)

    def active_names(self, trigger: str) -> set[str]:
        """Return the names of the runs of a kind of trigger that have not ended."""
        wanted = f' AND labels.trigger="{trigger}" AND state="{{}}"'
        pages = (page for state in ACTIVE for page in self._pages(wanted.format(state)))
        return {job.name for page in pages for job in page.pipeline_jobs}

    def _pages(self, wanted: str, size: int = 100, token: str = "") -> Iterator[Any]:
        request = {
            "parent": self.parent,
            "filter": f'labels.pipeline="{PIPELINE}"{wanted}',
            "order_by": "create_time desc",
            "page_size": size,
            "page_token": token,
        }
        yield from self.jobs.list_pipeline_jobs(request=request, **self.call).pages

    def run_of(self, job: PipelineJob) -> Run:
        """Return what callers are told of a job."""
        run_id, labels, bucket = job.name.rpartition("/")[2], dict(job.labels), self.settings.bucket
        return Run.model_validate(
            {
                "id": run_id,
                "name": job.name,
                "state": job.state.name,
                "as_of": labels.get("as_of") or None,
                "attempt": labels.get("attempt", 1),
                "trigger": labels.get("trigger", ""),
                "console": self.settings.console_link(run_id),
                "spec": f"gs://{bucket}/{kept_name(labels['spec'])}" if labels.get("spec") else "",
                "created_at": job.create_time,
                "started_at": job.start_time,
                "ended_at": job.end_time,
                "error": job.error.message,
            }
        )
