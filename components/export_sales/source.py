"""Stream the documents of one Firestore collection, each once, through transient failures."""

from collections.abc import Iterator
from typing import Any

from google.api_core import exceptions
from google.cloud.firestore_v1.services.firestore import FirestoreClient
from google.cloud.firestore_v1.types import RunQueryRequest, RunQueryResponse

TRANSIENT = (
    exceptions.ServiceUnavailable,
    exceptions.DeadlineExceeded,
    exceptions.InternalServerError,
    exceptions.Aborted,
)
MOST_RESUMPTIONS = 5


def stream_documents(client: FirestoreClient, project: str, database: str, collection: str) -> Iterator[Any]:
    """Yield the protobuf responses of one query over the whole collection, in the order of its names.

    Every response carries its read time; one without a document says that the collection is empty.
    A stream that breaks off is taken up again behind the last document it gave.
    """
    parent = f"projects/{project}/databases/{database}/documents"
    last_name: str | None = None
    failures = 0
    while True:
        try:
            for response in client.run_query(_request(parent, collection, last_name), timeout=3600):
                message = RunQueryResponse.pb(response)
                yield message
                if message.document.name:
                    last_name, failures = message.document.name, 0
            return
        except TRANSIENT:
            failures += 1
            if failures > MOST_RESUMPTIONS:
                raise


def _request(parent: str, collection: str, after: str | None) -> RunQueryRequest:
    query: dict[str, Any] = {
        "from_": [{"collection_id": collection}],
        "order_by": [{"field": {"field_path": "__name__"}, "direction": "ASCENDING"}],
    }
    if after is not None:
        query["start_at"] = {"values": [{"reference_value": after}], "before": False}
    return RunQueryRequest(parent=parent, structured_query=query)
