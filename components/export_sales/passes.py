"""Which documents an export compares with what the previous one knew: all of them, or those that changed."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import IO, Any

import pyarrow as pa
from google.cloud.storage import Bucket

from components.export_sales import index
from components.export_sales.counts import PassCounts, VersionCounts
from components.export_sales.deltas import DeltaWriter, upload_delta
from components.export_sales.documents import datetime_to_micros
from components.export_sales.index import UNKNOWN, Difference, IndexWriter, id_in_firestore
from components.export_sales.manifest import Export
from components.export_sales.source import Snapshot, is_stamped
from components.export_sales.spans import ALL, Span

# A field may be older than its commit: by how slow a client's clock is, and by how long a stamped document
# took to be committed, as in a job that stamps millions of documents as it starts and writes for hours.
OVERLAP = timedelta(hours=6)


class DisagreementError(Exception):
    """The changes found do not explain the number of documents: all have to be looked at."""


class Pass(ABC):
    """One look at a source; counts holds what the pass itself counts."""

    def __init__(self, lake: Bucket, exports: list[Export]) -> None:
        """Build on what is published."""
        self.counts = PassCounts()
        self._lake = lake
        self._exports = exports

    def index_writer(self, file: IO[bytes], schema: pa.Schema) -> IndexWriter:
        """Return a writer, to an open file, of the versions that the next export builds on."""
        return IndexWriter(file, schema)

    @abstractmethod
    def differences(self, index_writer: IndexWriter) -> Iterator[Difference]:
        """Yield documents with what the previous export knew of them; in a full pass, all of both.

        The caller adds the documents to the index writer, and the pass whatever else the next export needs.
        """

    @abstractmethod
    def publish(self, index_writer: IndexWriter, day: date, export_id: str) -> dict[str, Any]:
        """Upload what was written to the bucket, and return what the manifest says about it."""

    @abstractmethod
    def totals(self, counts: VersionCounts) -> dict[str, int]:
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

    def differences(self, _: IndexWriter) -> Iterator[Difference]:
        """Yield every document with its previous version, and each deleted one."""
        before = index.read_index(self._lake, self._exports, self._document_of, self._span)
        documents = self._snapshot.documents() if self._span == ALL else self._snapshot.documents(self._span)
        for each in index.differences(documents, before, self._id_of):
            if each.now:
                self.counts.looked_at += 1
                self.counts.unstamped += bool(self._field) and not is_stamped(each.now, self._field)
            yield each

    def publish(self, index_writer: IndexWriter, day: date, export_id: str) -> dict[str, Any]:
        """Upload the index to the bucket."""
        name = f"{index.FOLDER}/export_date={day}/{export_id}.parquet"
        index_writer.upload(self._lake, name)
        return {"index": name}

    def totals(self, counts: VersionCounts) -> dict[str, int]:
        """Return the counts unchanged, since every document was looked at."""
        return {
            "documents": counts.new + counts.changed + counts.unchanged,
            "unchanged": counts.unchanged,
            "unstamped": self.counts.unstamped,
            "unlogged": self.counts.unlogged,
        }


class PartialPass(Pass):
    """What changed since the newest export; all other documents stay as they were."""

    def __init__(self, lake: Bucket, exports: list[Export]) -> None:
        """Build on what is published, which must be something."""
        super().__init__(lake, exports)
        self._newest = exports[-1].manifest

    def publish(self, index_writer: IndexWriter, day: date, export_id: str) -> dict[str, Any]:
        """Upload the delta to the bucket, if there is one."""
        newest = self._newest
        deltas = [*newest.deltas, *upload_delta(index_writer, self._lake, day, export_id)]
        return {"index": newest.index, "deltas": deltas, "full_pass": newest.full_pass}

    def totals(self, counts: VersionCounts) -> dict[str, int]:
        """Return the newest export's counts, plus what was added and less what was deleted."""
        documents = self._newest.documents + counts.new - counts.deleted
        return {
            "documents": documents,
            "unchanged": documents - counts.new - counts.changed,
            "unstamped": self._newest.unstamped,
            "unlogged": self._newest.unlogged,
        }


class ChangesPass(PartialPass):
    """The documents that changed since the newest export, found by a field."""

    def __init__(self, lake: Bucket, exports: list[Export], snapshot: Snapshot, changed_field: str) -> None:
        """Take a snapshot, and the field."""
        super().__init__(lake, exports)
        self._snapshot = snapshot
        self._field = changed_field

    def index_writer(self, file: IO[bytes], schema: pa.Schema) -> IndexWriter:
        """Return the writer of a delta, whose versions come in the order of the field's times."""
        return DeltaWriter(file, schema)

    def differences(self, _: IndexWriter) -> Iterator[Difference]:
        """Yield what was committed since the newest export; raise DisagreementError if count() disagrees.

        Without the index, create_time shows whether a document existed before. One that was deleted and
        created again counts as new, which count() contradicts.
        """
        new = 0
        since = datetime_to_micros(self._newest.read_at)
        for document in self._snapshot.changed_since(self._field, self._newest.read_at - OVERLAP):
            version = index.version_of(document)
            if version.update_time <= since:  # already exported, though its field lies in the overlap
                continue
            is_new = version.create_time > since
            new += is_new
            yield Difference(document, None if is_new else version._replace(update_time=UNKNOWN))
        self._reconcile(new)

    def _reconcile(self, new: int) -> None:
        before, there = self._newest.documents, self._snapshot.count()
        if there != before + new:
            raise DisagreementError(
                f"there are {there:,} documents, but {before:,} and {new:,} new ones make "
                f"{before + new:,}: some were deleted, recreated, or have no time in {self._field}"
            )
