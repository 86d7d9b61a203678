"""The calls of PipelineService that the local Vertex AI answers."""

from google.cloud import aiplatform_v1 as api

from localcloud.resources import page
from localcloud.vertex.jobs import PipelineJobs


class PipelineService:
    """The RPCs on pipeline jobs."""

    def __init__(self, jobs: PipelineJobs) -> None:
        self._jobs = jobs

    def get_pipeline_job(self, request: api.GetPipelineJobRequest) -> api.PipelineJob:
        """Return a job as it stands."""
        return self._jobs.get_job(request.name)

    def list_pipeline_jobs(self, request: api.ListPipelineJobsRequest) -> api.ListPipelineJobsResponse:
        """Return a location's jobs, the newest first."""
        jobs = [job for job in self._jobs.list_jobs() if job.name.startswith(f"{request.parent}/")]
        found, token = page(jobs, request)
        return api.ListPipelineJobsResponse(pipeline_jobs=found, next_page_token=token)
