"""Read one Firestore collection as of one moment: all of it, what changed, or how many."""

import math
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, cast

from google.cloud.firestore_v1.services.firestore import FirestoreClient
from google.cloud.firestore_v1.types import (
    PartitionQueryRequest,
    PartitionQueryResponse,
    RunAggregationQueryRequest,
    RunAggregationQueryResponse,
    RunQueryRequest,
    RunQueryResponse,
)
from google.protobuf.timestamp_pb2 import Timestamp

from components.export_sales.spans import ALL, Span, place
from components.shared.errors import StepError
from components.shared.retries import TRANSIENT, Patience

NAME = "__name__"
FIELD = re.compile(r"[A-Za-z_]\w{0,199}(\.[A-Za-z_]\w{0,199})*", re.ASCII)
COUNTED_A_READ = 1_000  # index entries that count() reads for the price of one document
SECONDS = 3600  # for which the client waits
PAGE = 20_000  # documents per query: Firestore ends one after 60 s, enough to read and write this many

type Query = dict[str, Any]
type Cursor = Callable[[Any], list[dict[str, Any]]]


class Snapshot:
    """A collection as of read_time, which is given or Firestore's current time at construction.

    reads counts the documents read, as Firestore bills them: a query costs at least one.
    """

    def __init__(
        self,
        client: FirestoreClient,
        project: str,
        database: str,
        collection: str,
        *,
        read_time: datetime | None = None,
    ) -> None:
        """Ask for the time unless it is given; raise StepError if Firestore stays silent too long."""
        self._client = client
        self._database = f"projects/{project}/databases/{database}"
        self._parent = f"{self._database}/documents"
        self._collection = collection
        self.reads = 0
        self.read_time: Timestamp = _timestamp(read_time) if read_time else self._now()

    @property
    def moment(self) -> datetime:
        """The time of the snapshot, to the microsecond."""
        return self.read_time.ToDatetime(UTC)

    def documents(self, span: Span = ALL) -> Iterator[Any]:
        """Yield the protobuf Documents of a span, each once, in the order of their names.

        A broken stream is resumed after the last document that it returned, at the same read_time, with the
        patience of components/shared/retries.py. Raises StepError when that runs out.
        """
        query = self._query()
        bounds = {"start_at": span.start, "end_at": span.end}
        query |= {
            name: self._cursor_before(document_id) for name, document_id in bounds.items() if document_id
        }
        return self._documents(query, _by_name)

    def cursors(self, most: int) -> list[str]:
        """Return document ids that split the collection into roughly equal parts, in order.

        Firestore splits a collection group, which includes collections beneath other documents: a cursor into
        one of those is left out. There may be fewer than asked for, or none.
        """
        group = {"from_": [{"collection_id": self._collection, "all_descendants": True}]}
        request = PartitionQueryRequest(
            parent=self._parent,
            structured_query=self._query() | group,
            partition_count=most,
            read_time=self.read_time,
        )
        pages = self._retry_transient(
            "splitting", lambda: list(self._client.partition_query(request, timeout=SECONDS).pages)
        )
        cursors = [cursor for page in pages for cursor in PartitionQueryResponse.pb(page).partitions]
        self.reads += max(1, len(cursors))
        names = [cursor.values[0].reference_value.rpartition("/") for cursor in cursors]
        here = f"{self._parent}/{self._collection}"
        return sorted({document_id for parent, _, document_id in names if parent == here}, key=place)

    def changed_since(self, field: str, since: datetime) -> Iterator[Any]:
        """Yield the documents whose time in a field is not before since, in the order of those times."""
        query = self._query(field)
        query["where"] = {
            "field_filter": {
                "field": {"field_path": field},
                "op": "GREATER_THAN_OR_EQUAL",
                "value": {"timestamp_value": since},
            }
        }
        return self._documents(
            query, lambda document: [_encode_timestamp(value_at(document, field)), *_by_name(document)]
        )

    def count(self) -> int:
        """Return how many documents there are."""
        aggregation = {
            "structured_query": {"from_": [{"collection_id": self._collection}]},
            "aggregations": [{"alias": "documents", "count": {}}],
        }
        request = RunAggregationQueryRequest(
            parent=self._parent, structured_aggregation_query=aggregation, read_time=self.read_time
        )
        [answer] = self._retry_transient(
            "counting", lambda: list(self._client.run_aggregation_query(request, timeout=SECONDS))
        )
        fields = RunAggregationQueryResponse.pb(answer).result.aggregate_fields
        count = int(fields["documents"].integer_value)
        self.reads += max(1, math.ceil(count / COUNTED_A_READ))
        return count

    def _documents(self, query: Query, cursor: Cursor) -> Iterator[Any]:
        """Yield what a query finds, in its order, page by page; cursor gives a document's place in it."""
        last: Any = None
        patience = Patience(f"reading {self._collection}")
        while True:
            found = 0
            try:
                for document in self._stream(
                    query if last is None else query | {"start_at": _start_after(cursor(last))}
                ):
                    yield document
                    last = document
                    found += 1
                    self.reads += 1
                    patience.succeeded()
                self.reads += not found
                if found < PAGE:
                    return
            except TRANSIENT as error:
                patience.wait(error)

    def _stream(self, query: Query) -> Iterator[Any]:
        page = query | {"limit": PAGE}
        request = RunQueryRequest(parent=self._parent, structured_query=page, read_time=self.read_time)
        for response in self._client.run_query(request, timeout=SECONDS):
            message = RunQueryResponse.pb(response)
            if message.document.name:
                yield message.document

    def _cursor_before(self, document_id: str) -> dict[str, Any]:
        name = f"{self._parent}/{self._collection}/{document_id}"
        return {"values": [{"reference_value": name}], "before": True}

    def _now(self) -> Timestamp:
        request = RunQueryRequest(parent=self._parent, structured_query=self._query() | {"limit": 1})
        [first, *_] = self._retry_transient(
            "asking for", lambda: list(self._client.run_query(request, timeout=60))
        )
        self.reads += 1
        return cast("Timestamp", RunQueryResponse.pb(first).read_time)

    def _retry_transient[T](self, doing: str, ask: Callable[[], T]) -> T:
        patience = Patience(f"{doing} {self._collection}")
        while True:
            try:
                return ask()
            except TRANSIENT as error:
                patience.wait(error)

    def _query(self, *fields: str) -> Query:
        return {
            "from_": [{"collection_id": self._collection}],
            "order_by": [
                {"field": {"field_path": field}, "direction": "ASCENDING"} for field in (*fields, NAME)
            ],
        }


def _timestamp(moment: datetime) -> Timestamp:
    timestamp = Timestamp()
    timestamp.FromDatetime(moment)
    return timestamp


def check_field(path: str) -> str:
    """Return the path of a field; raise StepError if it is not one."""
    if not FIELD.fullmatch(path):
        raise StepError(f"changed_field={path!r} is not a field: write it as updated_at, or meta.updatedAt")
    return path


def value_at(document: Any, path: str) -> Any:
    """Return the protobuf Value at a path into a document's maps, None if there is none."""
    fields = document.fields
    *maps, last = path.split(".")
    for name in maps:
        fields = fields[name].map_value.fields if name in fields else {}
    return fields.get(last)


def is_stamped(document: Any, path: str) -> bool:
    """Return whether a field of a document holds a time that a query can find it by."""
    value = value_at(document, path)
    return value is not None and value.WhichOneof("value_type") == "timestamp_value"


def _start_after(values: list[dict[str, Any]]) -> dict[str, Any]:
    return {"values": values, "before": False}


def _by_name(document: Any) -> list[dict[str, Any]]:
    return [{"reference_value": document.name}]


def _encode_timestamp(value: Any) -> dict[str, Any]:
    return {"timestamp_value": value.timestamp_value}
