"""What your own documents become in bronze: with a mapping, each is several sales, one, or none."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from google.protobuf.json_format import MessageToDict

from components.export_sales import index
from components.export_sales.counts import VersionCounts
from components.export_sales.documents import FIELDS, datetime_to_micros
from components.export_sales.index import IndexWriter, Version, id_in_firestore, version_of
from components.export_sales.values import as_json
from components.export_sales.writer import NOTHING, ExportWriter
from sources.documents import DocumentReader, DocumentSales

ROWS_A_BATCH = 2_000  # a batch ends at this many, or at
CHARACTERS_A_BATCH = 8_000_000
AGAIN = "the order was already read"


@dataclass(frozen=True)
class SourceDocument:
    """A document as it was read: its version, its rows as (id, JSON), and what a reject keeps of it."""

    version: Version
    rows: Sequence[tuple[str, str]]
    kept: Callable[[], dict[str, Any]]

    @property
    def document_id(self) -> str:
        """Its id."""
        return self.version.document_id


class Record(NamedTuple):
    """A sale according to the contract, or why the row is not one."""

    sale: dict[str, Any] | None
    reason: str | None


@dataclass
class Reading:
    """What a document became: its records by their ids, and why parts of it were left out."""

    records: dict[str, Record] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)


def from_firestore(document: Any) -> SourceDocument:
    """Return the source document of a protobuf Document, which is one row."""
    return SourceDocument(
        version_of(document),
        [(id_in_firestore(document), as_json(document))],
        lambda: {"document": MessageToDict(document)},
    )


def document_in_firestore(sale_id: str) -> str:
    """Return the document that a sale belongs to; Firestore's ids contain no slash."""
    return sale_id.partition("/")[0]


@dataclass(frozen=True)
class Times:
    """When versions became known; see MappedWriter.

    is_read_anew says that the mapping or the source has changed; is_history, that the source has not been
    read before.
    """

    read_time: int
    is_read_anew: bool
    is_history: bool

    def known_from(self, version: Version, then: Version | None, record_id: str) -> int | None:
        """Return when a record became known; None for history, which counts as known since it was sold."""
        is_new = then is None or record_id not in then.records
        if self.is_history and is_new:
            return None
        if self.is_read_anew:
            return self.read_time
        return version.known_from(was_there=then is not None and version.is_same_life(then))


class MappedWriter:
    """A writer of what is new, changed and deleted among documents; memory holds a batch of them.

    What a new mapping makes of an unchanged document is known from this read on, not from when the document
    changed: earlier days keep what they knew.
    """

    def __init__(
        self,
        reader: DocumentReader,
        times: Times,
        writer: ExportWriter,
        index_writer: IndexWriter,
    ) -> None:
        """Take the reader, the writer and the index."""
        self._reader = reader
        self._times = times
        self._writer = writer
        self._index_writer = index_writer
        self.counts = VersionCounts()
        self.left_out: Counter[str] = Counter()

    def write(self, differences: Iterable[index.Difference]) -> None:
        """Write a source's documents, compared with what the previous export knew of them."""
        for batch in _batches(differences):
            changed = [each.now for each in batch if each.now and self._is_changed(each)]
            readings = iter(self._read(changed))
            for each in batch:
                self._add(each, next(readings) if each.now and self._is_changed(each) else None)

    def _is_changed(self, difference: index.Difference) -> bool:
        now, then = difference.now.version, difference.before
        if then is None or self._times.is_read_anew:
            return True
        return bool(now.digest != then.digest if now.digest else not now.is_same_write(then))

    def _read(self, documents: Sequence[SourceDocument]) -> Iterator[Reading]:
        rows = [row for document in documents for row in document.rows]
        outcomes = iter(self._reader.read(rows) if rows else ())
        for document in documents:
            parts = [(row_id, next(outcomes)) for row_id, _ in document.rows]
            yield reading_of(document, parts)

    def _add(self, difference: index.Difference, reading: Reading | None) -> None:
        now, then = difference.now, difference.before
        self.counts.source_rows += len(now.rows) if now else 0
        if reading is None and then:
            self._add_old(then, is_there=now is not None)
        if reading is None:
            return
        version = now.version
        if version.digest and then:
            version = version._replace(create_time=then.create_time)
        version = version._replace(sales=self._add_records(now, version, then, reading))
        self._list(version._replace(left_out=tuple(reading.left_out)))

    def _add_old(self, then: Version, *, is_there: bool) -> None:
        """Add a document that is unchanged, or gone."""
        if is_there:
            self.counts.unchanged += len(then.records)
            self._list(then)
        else:
            self._add_gone(then, then.records, self._times.read_time)

    def _list(self, version: Version) -> None:
        self.left_out.update(version.left_out)
        self._index_writer.add(version)

    def _add_records(
        self, document: SourceDocument, version: Version, then: Version | None, reading: Reading
    ) -> Sequence[str]:
        """Write a version of each record, and the deletion of those gone; return the records' ids."""
        known = set(then.records if then else ())
        records = dict(_with_disputed(reading.records, document, known))
        self.counts.read += 1
        self.counts.unreadable += any(record.reason for record in records.values())
        for record_id, record in records.items():
            is_known = record_id in known
            self.counts += VersionCounts(new=not is_known, changed=is_known)
            own = version._replace(document_id=record_id)
            since = self._times.known_from(version, then, record_id)
            self._writer.add_row(_values(record.sale), own, since, record.reason)
        if reason := next((record.reason for record in records.values() if record.reason), None):
            self._writer.reject(document.document_id, document.kept(), reason)
        if gone := known - records.keys():
            self._add_gone(version, sorted(gone), self._gone_since(version))
        return tuple(records)

    def _gone_since(self, version: Version) -> int:
        return self._times.read_time if self._times.is_read_anew else version.update_time

    def _add_gone(self, version: Version, records: Iterable[str], since: int) -> None:
        for record_id in records:
            self.counts.deleted += 1
            self._writer.add_deleted(version._replace(document_id=record_id), since)


def reading_of(document: SourceDocument, parts: Sequence[tuple[str, DocumentSales]]) -> Reading:
    """Return what a document's rows amount to; lines that cannot be told apart make it a reject."""
    reading = Reading()
    for row_id, outcome in parts:
        ids = [str(sale["sale_id"]) for sale in outcome.sales]
        if ids and reading.records.keys() >= set(ids):
            reading.left_out.append(AGAIN)
            continue
        if len(set(ids)) < len(ids) or not reading.records.keys().isdisjoint(ids):
            return Reading({document.rows[0][0]: Record(None, "two of its lines have the same number")})
        reading.records |= {sale["sale_id"]: Record(sale, None) for sale in outcome.sales}
        if outcome.reason:
            reading.records[row_id] = Record(None, outcome.reason)
        elif not ids:
            reading.left_out.append(outcome.left_out or "it contains no sale")
    return reading


def _with_disputed(
    records: dict[str, Record], document: SourceDocument, known: set[str]
) -> Iterator[tuple[str, Record]]:
    """Yield the records; for a row that was several lines and is now unreadable, one for each line."""
    rows = {row_id for row_id, _ in document.rows}
    for record_id, record in records.items():
        lines = sorted(each for each in known if each.startswith(f"{record_id}/")) if record.reason else []
        if record_id in rows and lines:
            yield from ((line, record) for line in lines)
        else:
            yield record_id, record


def _batches(differences: Iterable[index.Difference]) -> Iterator[list[index.Difference]]:
    """Yield differences of a few thousand rows, or of a few million characters, at a time."""
    batch: list[index.Difference] = []
    rows = characters = 0
    for each in differences:
        batch.append(each)
        for _, text in each.now.rows if each.now else ():
            rows, characters = rows + 1, characters + len(text)
        if len(batch) >= ROWS_A_BATCH or rows >= ROWS_A_BATCH or characters >= CHARACTERS_A_BATCH:
            yield batch
            batch, rows, characters = [], 0, 0
    if batch:
        yield batch


def _values(sale: dict[str, Any] | None) -> list[Any]:
    """Return a sale's values in the order of the contract, its time in microseconds since 1970."""
    if sale is None:
        return NOTHING
    sold = datetime_to_micros(datetime.fromisoformat(sale["sale_timestamp"]))
    return [sold if name == "sale_timestamp" else sale.get(name) for name, _, _ in FIELDS]
