"""Which documents of a change log an export looks at: those with an event since the last one, or all."""

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

from google.cloud.storage import Bucket

from components.export_sales import index
from components.export_sales.change_log import ChangeLog, LogDocument
from components.export_sales.deltas import upload_delta
from components.export_sales.documents import datetime_to_micros
from components.export_sales.index import UNKNOWN, UNSAID, Difference, IndexWriter, Version
from components.export_sales.manifest import Export
from components.export_sales.passes import OVERLAP, DisagreementError, FullPass, PartialPass


class LogFullPass(FullPass):
    """The whole change log, compared with the index: a document is deleted only if the log says so."""

    def __init__(self, lake: Bucket, exports: list[Export], change_log: ChangeLog) -> None:
        """Take the log."""
        super().__init__(lake, exports, change_log)
        self._since = datetime_to_micros(change_log.moment - OVERLAP)
        self._recent = IndexWriter(io.BytesIO(), index.LOG_SCHEMA)  # what lies in the next export's overlap

    def differences(self, _: IndexWriter) -> Iterator[Difference]:
        """Yield every document of the log with its previous version, and those unknown to the log."""
        before = index.read_index(self._lake, self._exports)
        for now, then in index.differences(self._snapshot.documents(), before, _id):
            self.counts.unlogged += now is None
            there = _as_before(then) if now is None else _since_its_creation(now, then)
            if there.version.update_time > self._since:
                self._recent.add(there.version)
            if not there.version.is_gone:
                yield Difference(there, then)
            elif then:
                yield Difference(None, then)

    def publish(self, index_writer: IndexWriter, day: date, export_id: str) -> dict[str, Any]:
        """Upload the index to the bucket, and what the next export finds in its overlap."""
        entries = super().publish(index_writer, day, export_id)
        return entries | {"deltas": upload_delta(self._recent, self._lake, day, export_id)}


class LogChangesPass(PartialPass):
    """The documents that have an event in the change log since the newest export."""

    def __init__(self, lake: Bucket, exports: list[Export], change_log: ChangeLog) -> None:
        """Take the log."""
        super().__init__(lake, exports)
        self._log = change_log

    def differences(self, index_writer: IndexWriter) -> Iterator[Difference]:
        """Yield what changed since the newest export; raise DisagreementError if events cannot explain it.

        What earlier exports read from the overlap is in their deltas; the rest of it arrived late. Deletions
        are written to this one's, since the caller writes only the documents that are there.
        """
        documents = self._newest.documents
        since = self._newest.read_at - OVERLAP
        for now, then in index.differences(
            self._log.documents(since), self._known_since(datetime_to_micros(since)), _id
        ):
            if now is None or (then and now.version.update_time <= then.update_time):
                continue
            if now.is_import or (now.has_import and then is None):
                raise DisagreementError(f"documents were imported into {self._log.table}")
            was_there = not then.is_gone if then else not now.is_new
            if not now.version.is_gone:
                documents += not was_there
                yield Difference(now, (then or _some_version(now)) if was_there else None)
                continue
            index_writer.add(now.version)
            if was_there:
                documents -= 1
                yield Difference(None, now.version)
        if documents < 0:
            raise DisagreementError("more documents were deleted than there were")

    def _known_since(self, since: int) -> Iterator[Version]:
        if self._newest.deltas:
            known = index.merge_versions(self._lake, self._newest.deltas)
            yield from (version for version in known if version.update_time > since)


def _id(document: LogDocument) -> str:
    return document.document_id


def _as_before(then: Version | None) -> LogDocument:
    """Return a document without any event in the log, as the previous export knew it."""
    assert then is not None  # noqa: S101
    return LogDocument(then, "", "")


def _since_its_creation(now: LogDocument, then: Version | None) -> LogDocument:
    """Return a document with its creation time, taken from the previous export if the log lacks it."""
    if then is None or now.version.create_time != UNSAID:
        return now
    return replace(now, version=now.version._replace(create_time=then.create_time))


def _some_version(now: LogDocument) -> Version:
    return Version(now.document_id, UNSAID, UNKNOWN)
