"""Reruns: v1beta1's CreatePipelineJob with the number of a job whose succeeded tasks are not rerun.

The parameters and the pipeline must be the original's: the stand-in does not work out what a change affects.
"""

from collections.abc import Iterable
from functools import cache
from typing import Any

from google.api_core import exceptions
from google.cloud import aiplatform_v1 as api
from google.protobuf import json_format
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from localcloud.resources import refuse_unsupported
from localcloud.rest import Api, Client, raw
from localcloud.vertex import outcome
from localcloud.vertex.details import State
from localcloud.vertex.jobs import NUMBER, PipelineJobs
from localcloud.vertex.reused import Rerun
from localcloud.vertex.service import PipelineService

_CONFIG = {"task_id", "task_name", "skip_task"}
_SUCCEEDED = (State.SUCCEEDED, State.SKIPPED)


class RerunService:
    """The only call of v1beta1 that is supported."""

    def __init__(self, jobs: PipelineJobs, service: PipelineService) -> None:
        self._jobs = jobs
        self._service = service

    def create_pipeline_job(self, request: Any) -> Any:
        """Check and queue a rerun."""
        content = json_format.MessageToDict(raw(request.pipeline_job))
        number = content.pop("originalPipelineJobId", None)
        if number is None:
            raise exceptions.MethodNotImplemented("v1beta1 is supported only for reruns: use v1")
        content.pop("pipelineTaskRerunConfigs", None)
        asked = api.CreatePipelineJobRequest(parent=request.parent, pipeline_job_id=request.pipeline_job_id)
        try:
            json_format.ParseDict(content, raw(asked.pipeline_job))
        except json_format.ParseError as error:
            raise exceptions.MethodNotImplemented(f"not supported by this stand-in: {error}") from error
        original = self._original(request.parent, number)
        _check_same(asked.pipeline_job, original)
        reused = _tasks_to_skip(original, request.pipeline_job.pipeline_task_rerun_configs)
        made = self._service.create(asked, Rerun(original, reused))
        answer = json_format.MessageToDict(raw(made)) | {"originalPipelineJobId": number}
        return json_format.ParseDict(answer, raw(type(request.pipeline_job)()))

    def _original(self, parent: str, number: str) -> api.PipelineJob:
        for job in self._jobs.list_jobs():
            if job.name.startswith(f"{parent}/") and job.labels.get(NUMBER) == number:
                if job.state not in outcome.ENDED:
                    raise exceptions.FailedPrecondition(f"{job.name} has not ended: {job.state.name}")
                return job
        raise exceptions.NotFound(f"original_pipeline_job_id {number} is not a job in {parent}")


def rerun_route(jobs: PipelineJobs, service: PipelineService) -> Route:
    """Return the route of the call; Google's v1beta1 library is imported on first use."""

    @cache
    def beta() -> Api:
        from google.cloud import aiplatform_v1beta1
        from google.cloud.aiplatform_v1beta1.services.pipeline_service.transports import rest_base

        client = Client("Vertex AI", aiplatform_v1beta1, (rest_base._BasePipelineServiceRestTransport,))
        return Api(client, RerunService(jobs, service))

    async def create(request: Request) -> JSONResponse:
        asked = ("POST", request.url.path, dict(request.query_params), await request.body())
        status, content = await run_in_threadpool(lambda: beta().answer(*asked))
        return JSONResponse(content, status)

    path = "/v1beta1/projects/{project}/locations/{location}/pipelineJobs"
    return Route(path, create, methods=["POST"])


def _check_same(job: api.PipelineJob, original: api.PipelineJob) -> None:
    """Raise InvalidArgument unless a job has the pipeline and parameters of the original."""
    given, had = (json_format.MessageToDict(raw(one)) for one in (job, original))
    if given.get("pipelineSpec") != had.get("pipelineSpec"):
        raise exceptions.InvalidArgument(f"pipeline_spec is not that of {original.name}")
    wanted, ran = (one.get("runtimeConfig", {}).get("parameterValues", {}) for one in (given, had))
    if others := sorted(name for name in {*wanted, *ran} if wanted.get(name) != ran.get(name)):
        raise exceptions.InvalidArgument(f"{', '.join(others)} differ from the parameters of {original.name}")


def _tasks_to_skip(original: api.PipelineJob, configs: Iterable[Any]) -> frozenset[str]:
    """Return the tasks to skip: those that succeeded, unless configured otherwise."""
    done = {
        detail.task_unique_name for detail in original.job_detail.task_details if detail.state in _SUCCEEDED
    }
    chosen = {name: skip for config in configs for name, skip in [_choice(original, config)]}
    if skipped := sorted(name for name, skip in chosen.items() if skip and name not in done):
        raise exceptions.MethodNotImplemented(
            f"{', '.join(skipped)} did not succeed: this stand-in cannot skip such a task"
        )
    return frozenset(name for name in done if chosen.get(name, True))


def _choice(original: api.PipelineJob, config: Any) -> tuple[str, bool]:
    refuse_unsupported(config, _CONFIG)
    for detail in original.job_detail.task_details:
        if config.task_id in (0, detail.task_id) and config.task_name in ("", detail.task_unique_name):
            return detail.task_unique_name, config.skip_task
    raise exceptions.InvalidArgument(f"{original.name} has no task {config.task_name or config.task_id}")
