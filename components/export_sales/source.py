"""Stream the documents of one Firestore collection, as it was at one moment, through transient failures."""

from collections.abc import Iterator
from typing import Any, cast

from google.cloud.firestore_v1.services.firestore import FirestoreClient
from google.cloud.firestore_v1.types import RunQueryRequest, RunQueryResponse
from google.protobuf.timestamp_pb2 import Timestamp

from components.shared.retries import TRANSIENT, Patience


class Snapshot:
    """A collection as it was at read_time, which is Firestore's own clock when this is made."""

    def __init__(self, client: FirestoreClient, project: str, database: str, collection: str) -> None:
        """Ask for the time; raise StepError when Firestore does not answer for long."""
        self._client = client
        self._parent = f"projects/{project}/databases/{database}/documents"
        self._collection = collection
        self.read_time = self._now()

    def documents(self) -> Iterator[Any]:
        """Yield the protobuf Documents, each once, in the order of their names.

        A stream that breaks off is taken up again behind the last document it gave, at the same read_time, as
        patiently as components/shared/retries.py has it. Raises StepError when it gives none any more.
        """
        last_name: str | None = None
        patience = Patience(f"reading {self._collection}")
        while True:
            try:
                for document in self._stream(last_name):
                    yield document
                    last_name = document.name
                    patience.succeeded()
                return
            except TRANSIENT as error:
                patience.wait(error)

    def _stream(self, after: str | None) -> Iterator[Any]:
        query = self._query()
        if after is not None:
            query["start_at"] = {"values": [{"reference_value": after}], "before": False}
        request = RunQueryRequest(parent=self._parent, structured_query=query, read_time=self.read_time)
        for response in self._client.run_query(request, timeout=3600):
            message = RunQueryResponse.pb(response)
            if message.document.name:
                yield message.document

    def _now(self) -> Timestamp:
        patience = Patience(f"asking for {self._collection}")
        request = RunQueryRequest(parent=self._parent, structured_query=self._query() | {"limit": 1})
        while True:
            try:
                [first, *_] = self._client.run_query(request, timeout=60)
                return cast("Timestamp", RunQueryResponse.pb(first).read_time)
            except TRANSIENT as error:
                patience.wait(error)

    def _query(self) -> dict[str, Any]:
        return {
            "from_": [{"collection_id": self._collection}],
            "order_by": [{"field": {"field_path": "__name__"}, "direction": "ASCENDING"}],
        }
