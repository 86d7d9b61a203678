"""Stream the documents of one Firestore collection, each once, through transient failures."""

from collections.abc import Iterator
from typing import Any

from google.cloud.firestore_v1.services.firestore import FirestoreClient
from google.cloud.firestore_v1.types import RunQueryRequest, RunQueryResponse

from components.shared.retries import TRANSIENT, Patience


def stream_documents(client: FirestoreClient, project: str, database: str, collection: str) -> Iterator[Any]:
    """Yield the protobuf responses of one query over the whole collection, in the order of its names.

    Every response carries its read time; one without a document says that the collection is empty.
    A stream that breaks off is taken up again behind the last document it gave, as patiently as
    components/shared/retries.py has it. Raises StepError when it gives none any more.
    """
    parent = f"projects/{project}/databases/{database}/documents"
    last_name: str | None = None
    patience = Patience(f"reading {collection}")
    while True:
        try:
            for response in client.run_query(_request(parent, collection, last_name), timeout=3600):
                message = RunQueryResponse.pb(response)
                yield message
                if message.document.name:
                    last_name = message.document.name
                    patience.succeeded()
            return
        except TRANSIENT as error:
            patience.wait(error)


def _request(parent: str, collection: str, after: str | None) -> RunQueryRequest:
    query: dict[str, Any] = {
        "from_": [{"collection_id": collection}],
        "order_by": [{"field": {"field_path": "__name__"}, "direction": "ASCENDING"}],
    }
    if after is not None:
        query["start_at"] = {"values": [{"reference_value": after}], "before": False}
    return RunQueryRequest(parent=parent, structured_query=query)
