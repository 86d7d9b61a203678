"""Which documents an export compares with what the previous one knew: all of them, or those that changed."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import IO, Any

import pyarrow as pa
from google.cloud.storage import Bucket

from components.export_sales import index
from components.export_sales.deltas import DeltaWriter, delta_name
from components.export_sales.documents import datetime_to_micros
from components.export_sales.index import UNKNOWN, Difference, IndexWriter, id_in_firestore
from components.export_sales.manifest import Export
from components.export_sales.source import Snapshot, is_stamped
from components.export_sales.spans import ALL, Span

# A field may be older than its commit: by how slow a client's clock is, and by how long a stamped document
# took to be committed, as in a job that stamps millions of documents as it starts and writes for hours.
OVERLAP = timedelta(hours=6)

type Counts = Counter[str]
type ListWriter = IndexWriter | DeltaWriter


class DisagreementError(Exception):
    """The changes found do not explain the number of documents: all have to be looked at."""


class Pass(ABC):
    """One look at a source. counts holds what the pass itself counts, besides the counts of versions."""

    def __init__(self, lake: Bucket, exports: list[Export]) -> None:
        """Build on what is published."""
        self.counts: Counts = Counter()
        self._lake = lake
        self._exports = exports

    @abstractmethod
    def differences(self) -> Iterator[Difference]:
        """Yield documents with what the previous export knew of them; in a full pass, all of both."""

    @abstractmethod
    def listing(self, file: IO[bytes], schema: pa.Schema) -> ListWriter:
        """Return the writer that lists the versions for the next export in an open file."""

    @abstractmethod
    def publish(self, listing: Any, day: date, export_id: str) -> dict[str, Any]:
        """Upload the list to the bucket, and return what the manifest says about it."""

    @abstractmethod
    def totals(self, counts: Counts) -> dict[str, Any]:
        """Return the manifest's counts of all documents, from those of the versions looked at."""


class FullPass(Pass):
    """All documents of a snapshot, or those of a span, compared with the index."""

    def __init__(
        self,
        lake: Bucket,
        exports: list[Export],
        snapshot: Any,
        *,
        id_of: Callable[[Any], str] = id_in_firestore,
        document_of: Callable[[str], str] | None = None,
        changed_field: str = "",
        span: Span = ALL,
    ) -> None:
        """Take a snapshot, or a span of it; documents without a time in changed_field are counted."""
        super().__init__(lake, exports)
        self._snapshot = snapshot
        self._id_of, self._document_of = id_of, document_of
        self._field, self._span = changed_field, span

    def differences(self) -> Iterator[Difference]:
        """Yield every document with its previous version, and each deleted one."""
        before = index.read_index(self._lake, self._exports, self._document_of, self._span)
        documents = self._snapshot.documents() if self._span == ALL else self._snapshot.documents(self._span)
        for each in index.differences(documents, before, self._id_of):
            self.counts["looked at"] += each.now is not None
            if self._field and each.now and not is_stamped(each.now, self._field):
                self.counts["unstamped"] += 1
            yield each

    def listing(self, file: IO[bytes], schema: pa.Schema) -> ListWriter:
        """Return the writer of an index."""
        return IndexWriter(file, schema)

    def publish(self, listing: Any, day: date, export_id: str) -> dict[str, Any]:
        """Upload the index to the bucket."""
        name = f"{index.FOLDER}/export_date={day}/{export_id}.parquet"
        listing.upload(self._lake, name)
        return {"index": name}

    def totals(self, counts: Counts) -> dict[str, Any]:
        """Return the counts unchanged, since every document was looked at."""
        documents = counts["new"] + counts["changed"] + counts["unchanged"]
        unstamped = self.counts["unstamped"]
        return {"documents": documents, "unchanged": counts["unchanged"], "unstamped": unstamped}


class ChangesPass(Pass):
    """The documents that changed since the newest export, found by a field; others stay as they were."""

    def __init__(self, lake: Bucket, exports: list[Export], snapshot: Snapshot, changed_field: str) -> None:
        """Take a snapshot, and the field."""
        super().__init__(lake, exports)
        self._newest = exports[-1].manifest
        self._snapshot = snapshot
        self._field = changed_field

    def listing(self, file: IO[bytes], schema: pa.Schema) -> ListWriter:
        """Return the writer of a delta."""
        return DeltaWriter(file, schema)

    def publish(self, listing: Any, day: date, export_id: str) -> dict[str, Any]:
        """Upload the delta to the bucket, if there is one."""
        more = {
            "index": self._newest.index,
            "deltas": self._newest.deltas,
            "full_pass": self._newest.full_pass,
        }
        if len(listing):
            name = delta_name(day, export_id)
            listing.upload(self._lake, name)
            more["deltas"] = [*self._newest.deltas, name]
        return more

    def totals(self, counts: Counts) -> dict[str, Any]:
        """Return the newest export's counts, plus what was added and less what was deleted."""
        documents = self._newest.documents + counts["new"] - counts["deleted"]
        return {
            "documents": documents,
            "unchanged": documents - counts["new"] - counts["changed"],
            "unstamped": self._newest.unstamped,
        }

    def differences(self) -> Iterator[Difference]:
        """Yield what was committed since the newest export; raise DisagreementError if count() disagrees.

        Without the index, create_time shows whether a document existed before. One that was deleted and
        created again counts as new, which count() contradicts.
        """
        since = datetime_to_micros(self._newest.read_at)
        for document in self._snapshot.changed_since(self._field, self._newest.read_at - OVERLAP):
            version = index.version_of(document)
            if version.update_time <= since:  # already exported, though its field lies in the overlap
                continue
            is_new = version.create_time > since
            self.counts["new documents"] += is_new
            yield Difference(document, None if is_new else version._replace(update_time=UNKNOWN))
        self._reconcile()

    def _reconcile(self) -> None:
        before = self._newest.documents
        new, there = self.counts["new documents"], self._snapshot.count()
        if there != before + new:
            raise DisagreementError(
                f"there are {there:,} documents, but {before:,} and {new:,} new ones make "
                f"{before + new:,}: some were deleted, recreated, or have no time in {self._field}"
            )
