"""The HTTP server of the local Vertex AI: its API and the console."""

from google.cloud import aiplatform_v1
from google.cloud.aiplatform_v1.services.model_service.transports import rest_base as model_rest
from google.cloud.aiplatform_v1.services.pipeline_service.transports import rest_base as pipeline_rest
from starlette.applications import Starlette
from starlette.routing import Mount

from localcloud.console.app import create_console
from localcloud.console.data import Data
from localcloud.console.trigger import Trigger
from localcloud.console.workflows import Workflows
from localcloud.rest import Api, Client
from localcloud.settings import Settings
from localcloud.vertex.jobs import PipelineJobs
from localcloud.vertex.models import ModelService
from localcloud.vertex.reruns import rerun_route
from localcloud.vertex.service import PipelineService

_CLIENT = Client(
    "Vertex AI",
    aiplatform_v1,
    (pipeline_rest._BasePipelineServiceRestTransport, model_rest._BaseModelServiceRestTransport),
    unlike_v1=("v1beta1",),
)


def create_app(
    jobs: PipelineJobs,
    models: ModelService,
    settings: Settings,
    trigger: Trigger | None,
    data: Data | None = None,
    workflows: Workflows | None = None,
) -> Starlette:
    """Return the ASGI application: the API on jobs and models, and the console."""
    pages = Mount(
        "/", create_console(jobs, settings.console, trigger, settings.icon, data, workflows, models)
    )
    service = PipelineService(jobs)
    return Starlette(routes=[rerun_route(jobs, service), *Api(_CLIENT, service, models).routes(), pages])
