"""The Firestore documents: found by reading all of them, since no field is indexed, and deleted."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import batched
from typing import Any

from google.api_core.exceptions import Aborted, FailedPrecondition, NotFound
from google.cloud.firestore_v1.types import CommitRequest, Precondition, Write

from components.export_sales.source import Snapshot
from components.shared.clients import firestore_query_client
from erase.data_subject import DataSubject, Search
from erase.mapped import Owned, owned
from erase.plan import Tally
from erase.platform import Platform
from sources.mapping import Mapping

WRITES_AT_ONCE = 400  # Firestore allows 500
CHANGED = (Aborted, FailedPrecondition, NotFound)


@dataclass
class FoundDocuments:
    """What is known of the customers, the update_time of each of their documents, by name, and the tally."""

    subject: DataSubject
    tally: Tally = field(default_factory=Tally)
    times: dict[str, Any] = field(default_factory=dict)

    @property
    def ids(self) -> set[str]:
        """The documents' ids."""
        return {name.rpartition("/")[2] for name in self.times}


def find_documents(
    platform: Platform, subject: DataSubject, mapping: Mapping | None = None, known: Collection[str] = ()
) -> FoundDocuments:
    """Return the customers' documents in the collection, read as the contract's or with a mapping.

    Those without a customer that an earlier look found to be theirs are known by their names.
    """
    held = 0
    search: Search[tuple[str, Any]] = Search(subject)
    documents = _documents(platform)
    for document, customer, email in owned(documents, mapping) if mapping else map(_own, documents):
        held += 1
        search.add((document.name, document.update_time), customer, email, is_known=document.name in known)
    subject, theirs = search.end()
    return FoundDocuments(subject, Tally(held=held, theirs=len(theirs)), dict(theirs))


def _own(document: Any) -> Owned:
    return document, text(document, "customer_id"), text(document, "contact_email_hashed")


def text(document: Any, name: str) -> str | None:
    """Return a field of a protobuf Document as trimmed text, or None if it is empty or absent."""
    value = document.fields.get(name)
    kind = value.WhichOneof("value_type") if value is not None else None
    if kind not in ("string_value", "integer_value"):
        return None
    return str(getattr(value, kind)).strip() or None


def delete_documents(platform: Platform, found: FoundDocuments) -> None:
    """Delete the documents that are unchanged since they were found; the next look finds the others."""
    client = firestore_query_client()
    database = f"projects/{platform.project}/databases/{platform.database}"

    def commit(writes: Sequence[Write]) -> None:
        client.commit(CommitRequest(database=database, writes=writes))

    for part in batched(found.times.items(), WRITES_AT_ONCE, strict=False):
        writes = [Write(delete=name, current_document=Precondition(update_time=time)) for name, time in part]
        try:
            commit(writes)
        except CHANGED:
            for write in writes:
                with suppress(*CHANGED):
                    commit([write])


def _documents(platform: Platform) -> Iterator[Any]:
    snapshot = Snapshot(firestore_query_client(), platform.project, platform.database, platform.collection)
    return snapshot.documents()
