"""The Google services behind the orchestrator, connected once for a process."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from google.api_core.retry import Retry

from components.shared.clients import pipeline_service_client, storage_client, vertex_sdk
from orchestrator.errors import transient_retry
from orchestrator.settings import Settings
from orchestrator.spec import Spec
from pipelines.compile import compiled_text

if TYPE_CHECKING:
    from google.cloud.aiplatform_v1 import PipelineServiceClient
    from google.cloud.storage import Client


@dataclass(frozen=True)
class Backend:
    """The settings, the compiled pipeline and the clients that requests share; threads may share them."""

    settings: Settings
    spec: Spec
    vertex: Any
    jobs: "PipelineServiceClient"
    storage: "Client"

    @classmethod
    def connect(cls, settings: Settings) -> Self:
        """Import the libraries, compile the pipeline and check the settings' parameters against it."""
        spec = Spec(compiled_text())
        spec.check(settings.parameters)
        return cls(
            settings,
            spec,
            vertex_sdk(settings.project, settings.location),
            pipeline_service_client(settings.location),
            storage_client(settings.project),
        )

    @cached_property
    def retry(self) -> Retry:
        """How calls to Google are tried again."""
        return transient_retry(self.settings.retry_seconds)
