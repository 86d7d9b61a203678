"""The calls of PipelineService that the local Vertex AI supports."""

import re
import uuid

from google.api_core import exceptions
from google.cloud import aiplatform_v1 as api
from google.longrunning import operations_pb2  # type: ignore[import-untyped]
from google.protobuf import any_pb2, empty_pb2, json_format
from google.protobuf.field_mask_pb2 import FieldMask

from localcloud.resources import page, refuse_unsupported
from localcloud.rest import raw
from localcloud.vertex.details import check_tasks
from localcloud.vertex.filters import JOBS, compile_filter, sort_resources
from localcloud.vertex.jobs import JOB_ID, PipelineJobs, pipeline_spec
from localcloud.vertex.parameters import checked_parameters
from localcloud.vertex.reused import Rerun

_SUPPORTED = {"name", "display_name", "pipeline_spec", "labels", "runtime_config", "service_account"}
_SUPPORTED_CONFIG = {"gcs_output_directory", "parameter_values", "failure_policy"}
_LABEL = re.compile(r"[\w-]{0,63}")
_PAGE_SIZE = 100


class PipelineService:
    """The RPCs on pipeline jobs."""

    def __init__(self, jobs: PipelineJobs) -> None:
        self._jobs = jobs

    def create_pipeline_job(self, request: api.CreatePipelineJobRequest) -> api.PipelineJob:
        """Check and queue a job; return without waiting for its end."""
        return self.create(request)

    def create(self, request: api.CreatePipelineJobRequest, rerun: Rerun | None = None) -> api.PipelineJob:
        """Check and queue a job, in full or as the rerun of another."""
        job = request.pipeline_job
        refuse_unsupported(job, _SUPPORTED)
        refuse_unsupported(job.runtime_config, _SUPPORTED_CONFIG)
        job_id = request.pipeline_job_id or f"job-{uuid.uuid4()}"
        if not re.fullmatch(JOB_ID, job_id):
            raise exceptions.InvalidArgument(f"pipeline_job_id {job_id!r} does not match {JOB_ID}")
        _check(job)
        job.name = f"{request.parent}/pipelineJobs/{job_id}"
        job.display_name = job.display_name or job_id
        return self._jobs.create_job(job, rerun)

    def get_pipeline_job(self, request: api.GetPipelineJobRequest) -> api.PipelineJob:
        """Return a job in its current state."""
        return self._jobs.get_job(request.name)

    def list_pipeline_jobs(self, request: api.ListPipelineJobsRequest) -> api.ListPipelineJobsResponse:
        """Return a location's jobs without task details unless masked otherwise, newest first by default."""
        matches = compile_filter(JOBS, request.filter)
        here = [job for job in self._jobs.list_jobs() if job.name.startswith(f"{request.parent}/")]
        jobs, token = page(
            sort_resources(JOBS, [job for job in here if matches(job)], request.order_by), request, _PAGE_SIZE
        )
        shown = [_apply_read_mask(job, request) for job in jobs]
        return api.ListPipelineJobsResponse(pipeline_jobs=shown, next_page_token=token)

    def cancel_pipeline_job(self, request: api.CancelPipelineJobRequest) -> None:
        """Stop a job; it ends once its tasks have cleaned up."""
        self._jobs.cancel_job(request.name)

    def delete_pipeline_job(self, request: api.DeletePipelineJobRequest) -> operations_pb2.Operation:
        """Delete a job that has ended; the operation is already done."""
        self._jobs.delete_job(request.name)
        parent = request.name.rpartition("/pipelineJobs/")[0]
        response = any_pb2.Any()
        response.Pack(empty_pb2.Empty())
        return operations_pb2.Operation(
            name=f"{parent}/operations/{uuid.uuid4()}", done=True, response=response
        )


def _check(job: api.PipelineJob) -> None:
    """Raise InvalidArgument that says what is wrong with a new job."""
    runtime = json_format.MessageToDict(raw(job).runtime_config)
    try:
        spec = pipeline_spec(job)
        check_tasks(spec)
        checked_parameters(spec, runtime.get("parameterValues", {}))
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise exceptions.InvalidArgument(f"pipeline_spec is not a compiled pipeline: {error!r}") from error
    root = job.runtime_config.gcs_output_directory
    if not root.startswith("gs://"):
        raise exceptions.InvalidArgument(
            f"runtime_config.gcs_output_directory {root!r} must begin with gs://"
        )
    for text in [text for label in job.labels.items() for text in label]:
        if not _LABEL.fullmatch(text) or text != text.lower():
            raise exceptions.InvalidArgument(
                f"label {text!r} is not valid: use at most 63 lower-case letters, digits, _ and -"
            )


def _apply_read_mask(job: api.PipelineJob, request: api.ListPipelineJobsRequest) -> api.PipelineJob:
    """Return the part of a job that the read mask selects; by default all but its task details."""
    shown = api.PipelineJob()
    if not raw(request).read_mask.paths:
        raw(shown).CopyFrom(raw(job))
        raw(shown).ClearField("job_detail")
        return shown
    inside_spec = re.compile(r"pipeline_spec\..*")  # a Struct, whose parts protobuf's masks cannot select
    mask = FieldMask(paths=[inside_spec.sub("pipeline_spec", path) for path in raw(request).read_mask.paths])
    if not mask.IsValidForDescriptor(raw(job).DESCRIPTOR):
        raise exceptions.InvalidArgument(
            f"read_mask {','.join(mask.paths)} names a field that jobs do not have"
        )
    mask.MergeMessage(raw(job), raw(shown))
    return shown
