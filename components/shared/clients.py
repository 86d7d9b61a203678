"""Google Cloud clients, for the cloud or for stand-ins: the only place where that is decided.

A service is a stand-in if its variable is set, as with Google's own emulators: FIRESTORE_EMULATOR_HOST
(host:port), STORAGE_EMULATOR_HOST and BIGQUERY_EMULATOR_HOST (http://host:port). Three more are ours:
BIGQUERY_STORAGE_EMULATOR_HOST (host:port, gRPC), DATAFORM_EMULATOR_HOST and VERTEX_EMULATOR_HOST (host:port).

Each library is imported by the function that needs it: importing all takes longer than many a step.
"""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from google.auth.credentials import AnonymousCredentials, Credentials
from requests.adapters import HTTPAdapter

if TYPE_CHECKING:
    from types import ModuleType

    import requests
    from google.cloud import bigquery, firestore, storage
    from google.cloud.aiplatform_v1 import PipelineServiceClient
    from google.cloud.aiplatform_v1beta1 import PipelineServiceClient as RerunServiceClient
    from google.cloud.bigquery_storage_v1.services.big_query_read import BigQueryReadClient
    from google.cloud.dataform_v1 import DataformClient
    from google.cloud.firestore_v1.services.firestore import FirestoreClient

UNLIMITED_MESSAGES = [("grpc.max_receive_message_length", -1)]  # as the clients' own channels have it
LONGEST_SILENCE_SECONDS = 300.0  # of a service during a call; far longer than any takes to answer


class _TimeoutAdapter(HTTPAdapter):  # type: ignore[misc]  # requests has no types here
    """An adapter that gives up an unanswered request where Google's client would wait forever."""

    def send(self, request: "requests.PreparedRequest", *args: Any, **more: Any) -> "requests.Response":
        """Send with a time-out, whatever the client asked for."""
        more["timeout"] = more.get("timeout") or LONGEST_SILENCE_SECONDS
        return super().send(request, *args, **more)


def _credentials(emulator_variable: str) -> Credentials | None:
    return AnonymousCredentials() if os.environ.get(emulator_variable) else None


def firestore_client(project: str, database: str = "(default)") -> "firestore.Client":
    """Return a Firestore client, which finds its emulator by itself."""
    from google.cloud import firestore

    return firestore.Client(project=project, database=database)


def storage_client(project: str) -> "storage.Client":
    """Return a Cloud Storage client, which finds its emulator by itself."""
    from google.cloud import storage

    return storage.Client(project=project, credentials=_credentials("STORAGE_EMULATOR_HOST"))


def bigquery_client(project: str, location: str | None = None) -> "bigquery.Client":
    """Return a BigQuery client, which finds its emulator by itself but still requires credentials.

    By default it has no time-out: a response that never comes would hang a step and the batch.
    """
    from google.cloud import bigquery

    client = bigquery.Client(
        project=project, location=location, credentials=_credentials("BIGQUERY_EMULATOR_HOST")
    )
    for scheme in ("https://", "http://"):
        client._http.mount(scheme, _TimeoutAdapter())
    return client


def bigquery_read_client() -> "BigQueryReadClient":
    """Return BigQuery's generated Storage Read client, whose streams are not resumed endlessly."""
    import grpc
    from google.cloud.bigquery_storage_v1.services.big_query_read import BigQueryReadClient
    from google.cloud.bigquery_storage_v1.services.big_query_read.transports import BigQueryReadGrpcTransport

    host = os.environ.get("BIGQUERY_STORAGE_EMULATOR_HOST")
    if not host:
        return BigQueryReadClient()
    channel = grpc.insecure_channel(host, options=UNLIMITED_MESSAGES)
    return BigQueryReadClient(transport=BigQueryReadGrpcTransport(channel=channel))


def firestore_query_client() -> "FirestoreClient":
    """Return Firestore's generated client, whose streams are not wrapped in snapshots (4 times as fast)."""
    import grpc
    from google.cloud.firestore_v1.services.firestore import FirestoreClient
    from google.cloud.firestore_v1.services.firestore.transports import FirestoreGrpcTransport

    host = os.environ.get("FIRESTORE_EMULATOR_HOST")
    if not host:
        return FirestoreClient()
    return FirestoreClient(transport=FirestoreGrpcTransport(channel=grpc.insecure_channel(host)))


def dataform_client() -> "DataformClient":
    """Return a Dataform client; the stand-in uses REST, as the hosted service can."""
    from google.cloud.dataform_v1 import DataformClient
    from google.cloud.dataform_v1.services.dataform.transports import DataformRestTransport

    host = os.environ.get("DATAFORM_EMULATOR_HOST")
    if not host:
        return DataformClient()
    credentials = _credentials("DATAFORM_EMULATOR_HOST")
    return DataformClient(
        transport=DataformRestTransport(host=host, url_scheme="http", credentials=credentials)
    )


def vertex_sdk(project: str, location: str) -> "ModuleType":
    """Return google.cloud.aiplatform, set up for a project; the stand-in uses REST."""
    from google.cloud import aiplatform

    host = os.environ.get("VERTEX_EMULATOR_HOST")
    if not host:
        aiplatform.init(project=project, location=location)
        return aiplatform
    aiplatform.init(
        project=project,
        location=location,
        api_endpoint=f"http://{host}",
        api_transport="rest",
        credentials=AnonymousCredentials(),
    )
    return aiplatform


def _pipeline_client[Client](
    client: Callable[..., Client], rest: Callable[..., Any], location: str
) -> Client:
    """Return a client of one version of the API; the stand-in uses REST."""
    host = os.environ.get("VERTEX_EMULATOR_HOST")
    if not host:
        return client(client_options={"api_endpoint": f"{location}-aiplatform.googleapis.com"})
    return client(transport=rest(host=host, url_scheme="http", credentials=AnonymousCredentials()))


def rerun_service_client(location: str) -> "RerunServiceClient":
    """Return a client of pipeline jobs for API v1beta1, which has reruns; importing it takes 60 MB."""
    from google.cloud.aiplatform_v1beta1 import PipelineServiceClient
    from google.cloud.aiplatform_v1beta1.services.pipeline_service.transports.rest import (
        PipelineServiceRestTransport,
    )

    return _pipeline_client(PipelineServiceClient, PipelineServiceRestTransport, location)


def pipeline_service_client(location: str) -> "PipelineServiceClient":
    """Return the client of Vertex AI's pipeline jobs in a location; the stand-in uses REST."""
    from google.cloud.aiplatform_v1 import PipelineServiceClient
    from google.cloud.aiplatform_v1.services.pipeline_service.transports.rest import (
        PipelineServiceRestTransport,
    )

    return _pipeline_client(PipelineServiceClient, PipelineServiceRestTransport, location)
