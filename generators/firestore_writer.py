"""Write documents to Firestore with the client's BulkWriter, reporting every failed write.

The BulkWriter itself loses a batch whose call fails: the error stays in a thread that nobody checks, and its
documents count as in flight forever, so that it may wait endlessly. Here such a batch fails document by
document, like any other write.
"""

import sys
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import batched
from typing import Any

from google.api_core.exceptions import GoogleAPIError
from google.cloud import firestore
from google.cloud.firestore_v1.bulk_batch import BulkWriteBatch
from google.cloud.firestore_v1.bulk_writer import BulkWriter, BulkWriterOptions
from google.cloud.firestore_v1.types import BatchWriteResponse
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]
from grpc import StatusCode

from components.shared.names import CHANGED_FIELD

LOOKED_UP_AT_ONCE = 500
TRANSIENT = {
    code.value[0] for code in (StatusCode.ABORTED, StatusCode.RESOURCE_EXHAUSTED, StatusCode.UNAVAILABLE)
}
ATTEMPTS = 5
REPORT_EVERY = 10_000
FLUSH_EVERY = 5_000  # pending and completed writes are kept in memory until then

type Document = tuple[firestore.DocumentReference, dict[str, Any]]


class WritesFailedError(Exception):
    """Some documents could not be written; the message counts them and shows the first."""


class _Writer(BulkWriter):
    """A BulkWriter that counts what was written and keeps what was not."""

    batch_size = 100

    def __init__(self, client: firestore.Client, max_ops_per_second: int) -> None:
        super().__init__(client, BulkWriterOptions(max_ops_per_second, max_ops_per_second))
        self.written = 0
        self.failures: list[str] = []
        self._lock = threading.Lock()
        self.on_write_result(self._count)
        self.on_write_error(self._retry_or_keep)

    def _send(self, batch: BulkWriteBatch) -> BatchWriteResponse:
        try:
            return batch.commit()
        except GoogleAPIError as error:
            # The call was already retried for a minute: a code that is not transient prevents more retries.
            failed = Status(code=StatusCode.UNKNOWN.value[0], message=str(error))
            return BatchWriteResponse(status=[failed] * len(batch))

    def _count(self, *_: object) -> None:
        with self._lock:
            self.written += 1
            if self.written % REPORT_EVERY == 0:
                print(f"{self.written:,} documents written", file=sys.stderr, flush=True)

    def _retry_or_keep(self, failure: Any, _: BulkWriter) -> bool:
        if failure.code in TRANSIENT and failure.attempts < ATTEMPTS:
            return True
        with self._lock:
            self.failures.append(f"{failure.operation.reference.path}: {failure.message}")
        return False


def write_documents(
    client: firestore.Client,
    collection: str,
    documents: Iterable[tuple[str, dict[str, Any]]],
    max_ops_per_second: int,
) -> int:
    """Set all documents, given as (id, fields); return how many, or raise WritesFailedError if any failed.

    A new or changed document gets the time of its commit, by Firestore's clock, in the field by which an
    export finds changes; the others are not written, so that writing again changes nothing.
    """
    parent = client.collection(collection)
    same: Counter[str] = Counter()
    given = ((parent.document(name), fields) for name, fields in documents)
    # Each look-up is a billed read: in an empty collection there is nothing to look up.
    is_empty = next(parent.select([]).limit(1).stream(), None) is None
    writes = map(_stamp, given) if is_empty else _changed_documents(client, given, same)
    return _submit(client, max_ops_per_second, writes) + same.total()


def _changed_documents(
    client: firestore.Client,
    documents: Iterable[Document],
    same: Counter[str],
) -> Iterator[Document]:
    """Yield the documents to set, and count those that are already there unchanged."""
    for batch in batched(documents, LOOKED_UP_AT_ONCE, strict=False):
        there = {found.id: found.to_dict() for found in client.get_all([each for each, _ in batch])}
        for reference, fields in batch:
            found = there[reference.id] or {}
            if CHANGED_FIELD in found and found == {CHANGED_FIELD: found[CHANGED_FIELD]} | fields:
                same["documents"] += 1
            else:
                yield _stamp((reference, fields))


def _stamp(document: Document) -> Document:
    reference, fields = document
    return reference, {CHANGED_FIELD: firestore.SERVER_TIMESTAMP} | fields


def delete_documents(
    client: firestore.Client, collection: str, identifiers: Iterable[str], max_ops_per_second: int
) -> int:
    """Delete documents by their ids; return how many, or raise WritesFailedError if any failed."""
    parent = client.collection(collection)
    return _submit(
        client, max_ops_per_second, ((parent.document(identifier), None) for identifier in identifiers)
    )


def _submit(
    client: firestore.Client,
    max_ops_per_second: int,
    writes: Iterable[tuple[firestore.DocumentReference, dict[str, Any] | None]],
) -> int:
    """Set each document to its fields, or delete it if they are None; return how many were written."""
    writer = _Writer(client, max_ops_per_second)
    submitted = 0
    for document, fields in writes:
        if fields is None:
            writer.delete(document)
        else:
            writer.set(document, fields)
        submitted += 1
        if submitted % FLUSH_EVERY == 0:
            writer.flush()  # type: ignore[no-untyped-call]
        if writer.failures:
            break
    writer.close()  # type: ignore[no-untyped-call]
    if writer.failures or writer.written != submitted:
        raise WritesFailedError(_describe(writer, submitted))
    return writer.written


def _describe(writer: _Writer, submitted: int) -> str:
    lost = f"{submitted - writer.written:,} of {submitted:,} documents were not written"
    if not writer.failures:
        return lost
    return f"{lost}; the first is {writer.failures[0]}"
