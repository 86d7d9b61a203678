"""The HTTP server of the local Vertex AI: its API, and the console beside it."""

from google.cloud import aiplatform_v1
from google.cloud.aiplatform_v1.services.pipeline_service.transports import rest_base
from starlette.applications import Starlette
from starlette.routing import Mount

from localcloud.console.app import create_console
from localcloud.rest import Api, Client
from localcloud.vertex.jobs import PipelineJobs
from localcloud.vertex.service import PipelineService

_CLIENT = Client("Vertex AI", aiplatform_v1, rest_base._BasePipelineServiceRestTransport)


def create_app(jobs: PipelineJobs, orchestrator_url: str | None) -> Starlette:
    """Return the ASGI application over the jobs of one folder; its console asks the orchestrator, if any."""
    console = Mount("/", create_console(jobs, orchestrator_url))
    return Starlette(routes=[*Api(_CLIENT, PipelineService(jobs)).routes(), console])
