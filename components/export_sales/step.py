"""Export what changed among the sales, of Firestore or by a mapping, to Parquet in the bronze bucket."""

import tempfile
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any, cast

from google.cloud.storage import Bucket

from components.cost.limit import refuse_costly_run
from components.export_sales import index
from components.export_sales.documents import microseconds
from components.export_sales.manifest import (
    OF_MAPPINGS,
    Export,
    Manifest,
    published_exports,
    suffix,
    write_manifest,
)
from components.export_sales.mapped import (
    MappedWriter,
    SourceDocument,
    Times,
    document_in_firestore,
    from_firestore,
    micros,
)
from components.export_sales.mappings import NamedMapping, load_mapping
from components.export_sales.source import Snapshot
from components.export_sales.table_source import TableSnapshot, order_of
from components.export_sales.writer import ExportWriter
from components.shared.artifacts import Artifact
from components.shared.clients import bigquery_client, firestore_query_client, storage_client
from components.shared.dates import parse_date
from components.shared.errors import StepError
from components.shared.logs import log
from components.shared.names import LOCATION, MAX_QUERY_GIB
from components.shared.retries import retried
from components.shared.run_record import step_record
from contracts.contract import REJECTS_ALWAYS_TOLERATED
from sources.documents import DocumentReader

AHEAD_OF_UTC = timedelta(hours=14)  # where a day begins first


@dataclass(frozen=True)
class ExportSummary:
    """What an export found: documents in the collection, of which so many are new, changed or unchanged.

    deleted are those that are gone since the export before, rows what was written of all that is not
    unchanged, rejects the documents among them that could not be read; then the files and their folder.
    day_rows is what all exports of the day wrote together: 0 says that nothing came. By a mapping these count
    sales, and source_rows says how many documents (in BigQuery rows) there are, of which left_out are no
    sales, for these reasons.
    """

    documents: int
    new: int
    changed: int
    deleted: int
    unchanged: int
    rows: int
    rejects: int
    files: int
    uri: str
    day_rows: int
    source_rows: int = 0
    left_out: int = 0
    left_out_reasons: dict[str, int] = field(default_factory=dict)


def run(
    *,
    project: str,
    bucket: str,
    database: str,
    collection: str,
    as_of: str,
    run_id: str,
    max_reject_share: float,
    sales: Artifact,
    location: str = LOCATION,
    sales_mapping: str = "",
    max_query_gib: int = MAX_QUERY_GIB,
    max_run_cost: float = 0.0,
) -> None:
    """Export as the pipeline's step, and describe the folder as its artifact."""
    with step_record(project, bucket, run_id, "export_sales", max_query_gib) as counts:
        refuse_costly_run(project, database, collection, max_run_cost)
        summary = export_sales(
            project=project,
            location=location,
            database=database,
            collection=collection,
            sales_mapping=sales_mapping,
            bucket=bucket,
            as_of=as_of,
            max_reject_share=max_reject_share,
        )
        counts.update(asdict(summary))
        sales.uri = summary.uri
        sales.metadata.update(asdict(summary))


@retried
def export_sales(
    *,
    project: str,
    database: str,
    collection: str,
    bucket: str,
    as_of: str,
    max_reject_share: float,
    location: str = LOCATION,
    sales_mapping: str = "",
) -> ExportSummary:
    """Add what changed since the newest export under sales/export_date=AS_OF, and a manifest.

    One snapshot of the whole collection is read, since only that finds every change, every malformed document
    and every one that is gone; memory holds one file's rows. What was exported once stays as it is: a second
    export of a day adds to the first, and nothing is exported for a day before the newest export's.
    Raises StepError when nothing can be exported, too much had to be rejected, or as_of is out of reach.
    """
    day = parse_date(as_of)
    lake = storage_client(project).lookup_bucket(bucket)
    if lake is None:
        raise StepError(f"the bucket {bucket} does not exist: create it, or set the parameter bucket")
    exports = published_exports(lake)
    uri = f"gs://{bucket}/sales/export_date={day}"
    if exports and exports[-1].day > day:
        _check_first_sale(day, exports[-1].manifest.first_sale)
        log("INFO", f"{day} lies before the newest export, of {exports[-1].day}: what was known then stands")
        return _summary(_unchanged(exports[-1].manifest), uri, _rows(exports, exports[-1].day))
    base = _Base(lake, exports, day, max_reject_share)
    firestore = partial(Snapshot, firestore_query_client(), project, database)
    if not sales_mapping:
        attempt = _Attempt(base, firestore(collection), collection)
    else:
        named = load_mapping(lake, sales_mapping)
        attempt = _MappedAttempt(base, _opened(named, firestore, project, location), named)
    _refuse_a_day_to_come(day, attempt.read_time)
    manifest = attempt.export()
    return _summary(manifest, uri, _rows(exports, day) + manifest.rows)


def _opened(
    named: NamedMapping, firestore: Callable[[str], Snapshot], project: str, location: str
) -> Snapshot | TableSnapshot:
    source = named.mapping.source
    if source.kind == "bigquery":
        return TableSnapshot(bigquery_client(project, location), named.mapping)
    return firestore(source.collection or "")


def _refuse_a_day_to_come(day: date, read_time: datetime) -> None:
    if (read_time + AHEAD_OF_UTC).date() < day:
        now = f"by the source's clock it is {read_time.isoformat()}"
        raise StepError(f"as_of {day} has not begun, {now}: take an earlier as_of")


@dataclass(frozen=True)
class _Base:
    """What an attempt at the export of a day follows, and how large a share of rejects it bears."""

    lake: Bucket
    exports: list[Export]
    day: date
    max_reject_share: float


class _Attempt:
    """One attempt at the export that follows what is published."""

    schema = index.SCHEMA

    def __init__(self, base: _Base, snapshot: Any, place: str) -> None:
        self._lake, self._exports, self._day = base.lake, base.exports, base.day
        self._max_reject_share = base.max_reject_share
        self._snapshot = snapshot
        self._place = place  # as an error names it
        self._today = [export for export in self._exports if export.day == self._day]
        self._number = self._today[-1].number + 1 if self._today else 1
        self._counts: Counter[str] = Counter()

    @property
    def read_time(self) -> datetime:
        """The time of the snapshot, to the microsecond."""
        if isinstance(self._snapshot.read_time, datetime):
            return self._snapshot.read_time
        return cast("datetime", self._snapshot.read_time.ToDatetime(UTC))

    def export(self) -> Manifest:
        """Write the files, the index and, unless a day's second export found nothing new, the manifest."""
        files = [name for export in self._today for name in export.manifest.files]
        with (
            tempfile.TemporaryFile() as rejects,
            tempfile.TemporaryFile() as listed,
            index.IndexWriter(listed, self.schema) as documents,
        ):
            ending = suffix(self._number)
            writer = ExportWriter(self._lake, self._day, uuid.uuid4().hex, ending, rejects)
            try:
                self._write(writer, documents)
                self._check(writer)
                manifest = self._manifest(writer)
                if self._today and not writer.rows and not self._has_more_to_say(manifest):
                    return manifest
                documents.upload(self._lake, manifest.index)
                write_manifest(self._lake, Export(self._day, self._number, manifest))
                files += manifest.files
            finally:
                writer.delete_all_but(files)
        index.prune(self._lake, [*self._exports, Export(self._day, self._number, manifest)])
        return manifest

    def _has_more_to_say(self, manifest: Manifest) -> bool:
        """Say whether an export without a row differs from the one before all the same."""
        before = self._exports[-1].manifest
        return any(getattr(manifest, name) != getattr(before, name) for name in OF_MAPPINGS)

    def _write(self, writer: ExportWriter, documents: index.IndexWriter) -> None:
        before = index.read_index(self._lake, self._exports)
        for now, then in index.differences(self._snapshot.documents(), before):
            if then:
                self._add_gone(then, index.id_in_firestore(now) if now else None, writer)
            if now is None:
                continue
            version = index.version_of(now)
            documents.add(version)
            if version == then:
                self._counts["unchanged"] += 1
                continue
            self._counts["changed" if then else "new"] += 1
            writer.add(now, self._known_from(version, then))
        self._counts["read"] = self._counts["new"] + self._counts["changed"]
        self._counts["unreadable"] = writer.rejected
        writer.finish()

    def _add_gone(self, then: index.Version, kept: str | None, writer: ExportWriter) -> None:
        """Take in what a document was and is no more; one that a mapping read may have been several sales."""
        for record_id in then.records:
            if record_id != kept:
                self._counts["deleted"] += 1
                gone = then._replace(document_id=record_id)
                writer.add_deleted(gone, microseconds(self._snapshot.read_time))

    def _known_from(self, version: index.Version, then: index.Version | None) -> int | None:
        """Return since when a version was known; None for history, which nobody had looked at before."""
        if not self._exports:
            return None
        if self._exports[-1].manifest.source:  # something else was looked at before
            return microseconds(self._snapshot.read_time)
        is_same_life = then is not None and then.create_time in (version.create_time, index.UNKNOWN)
        return version.update_time if is_same_life else version.create_time

    def _check(self, writer: ExportWriter) -> None:
        found, unreadable = self._counts["read"], self._counts["unreadable"]
        if not self._counts["new"] + self._counts["changed"] + self._counts["unchanged"]:
            raise StepError(self._nothing_found())
        if not self._exports and unreadable == found:
            raise StepError(f"none of the {found} documents can be read: {self._rejects(writer)}")
        if unreadable > max(REJECTS_ALWAYS_TOLERATED, self._max_reject_share * found):
            raise StepError(
                f"{unreadable} of {found} changed documents cannot be read, more than the share "
                f"{self._max_reject_share:.1%} that max_reject_share allows: {self._rejects(writer)}"
            )

    def _nothing_found(self) -> str:
        return (
            f"the collection {self._place} is empty: run python -m generators.sales, or import your own sales"
        )

    def _rejects(self, writer: ExportWriter) -> str:
        """Return where the rejects lie, the first of them, and what may help."""
        where = f"see the reasons in gs://{self._lake.name}/{writer.rejects_name}"
        return f"{where}. The first: {'; '.join(writer.first_rejects)}. {self._advice()}"

    def _advice(self) -> str:
        return (
            "Where another program writes the documents, a mapping says what is what in them: "
            "the parameter sales_mapping, docs/your-data.md"
        )

    def _manifest(self, writer: ExportWriter) -> Manifest:
        before = self._exports[-1].manifest.first_sale if self._exports else None
        first_sales = [day.isoformat() for day in [writer.first_sale()] if day] + ([before] if before else [])
        first_sale = min(first_sales, default=None)
        _check_first_sale(self._day, first_sale)
        new, changed, unchanged = (self._counts[kind] for kind in ("new", "changed", "unchanged"))
        return Manifest(
            export_id=writer.export_id,
            read_time=self._told_read_time(),
            documents=new + changed + unchanged,
            new=new,
            changed=changed,
            deleted=self._counts["deleted"],
            unchanged=unchanged,
            rows=writer.rows,
            rejects=writer.rejected,
            files=writer.files,
            index=f"{index.FOLDER}/export_date={self._day}/{writer.export_id}.parquet",
            first_sale=first_sale,
            sources=_sources(self._exports) if _is_by_mapping(self._exports) else [],
        )

    def _told_read_time(self) -> str:
        return cast("str", self._snapshot.read_time.ToJsonString())


class _MappedAttempt(_Attempt):
    """An attempt at an export of somebody's own source, by a mapping."""

    schema = index.MAPPED_SCHEMA

    def __init__(self, base: _Base, snapshot: Snapshot | TableSnapshot, named: NamedMapping) -> None:
        super().__init__(base, snapshot, named.source)
        self._named = named
        self._left_out: Counter[str] = Counter()

    def _write(self, writer: ExportWriter, documents: index.IndexWriter) -> None:
        before = index.read_index(self._lake, self._exports, self._document_of)
        with DocumentReader(self._named.mapping) as reader:
            mapped = MappedWriter(reader, self._times(), writer, documents)
            mapped.write(self._documents(), before)
        self._counts, self._left_out = mapped.counts, mapped.left_out
        writer.finish()

    def _documents(self) -> Iterator[SourceDocument]:
        if isinstance(self._snapshot, TableSnapshot):
            return self._snapshot.documents()
        return map(from_firestore, self._snapshot.documents())

    def _document_of(self, sale_id: str) -> str:
        is_table = isinstance(self._snapshot, TableSnapshot)
        return order_of(sale_id) if is_table else document_in_firestore(sale_id)

    def _times(self) -> Times:
        newest = self._exports[-1].manifest if self._exports else None
        same = newest and (newest.source, newest.mapping_digest) == (self._place, self._named.digest)
        return Times(
            read_time=micros(self.read_time),
            is_read_anew=not same,
            is_history=self._place not in _sources(self._exports),
        )

    def _nothing_found(self) -> str:
        if not self._left_out:
            return f"{self._place} is empty: {self._named.name} says where the sales lie"
        return (
            f"{self._place} holds no sale: all of {self._counts['source_rows']:,} documents were left out "
            f"({_told(self._left_out)}); {self._named.name} says which are sales"
        )

    def _advice(self) -> str:
        return f"The mapping {self._named.name} says what is what: docs/your-data.md"

    def _manifest(self, writer: ExportWriter) -> Manifest:
        more = {
            "source": self._place,
            "sources": sorted({*_sources(self._exports), self._place}),
            "mapping": self._named.name,
            "mapping_digest": self._named.digest,
            "source_rows": self._counts["source_rows"],
            "left_out": dict(self._left_out.most_common()),
        }
        return super()._manifest(writer).model_copy(update=more)

    def _told_read_time(self) -> str:
        return self.read_time.isoformat()


def _is_by_mapping(exports: list[Export]) -> bool:
    return bool(exports and exports[-1].manifest.sources)


def _sources(exports: list[Export]) -> list[str]:
    """Return what was ever exported, "" where that was the contract's own documents."""
    if not exports:
        return []
    manifest = exports[-1].manifest
    return sorted({*(manifest.sources or [""]), manifest.source})


def _told(counts: Counter[str]) -> str:
    return ", ".join(f"{reason}: {count:,}" for reason, count in counts.most_common(3))


def _check_first_sale(day: date, first_sale: str | None) -> None:
    if first_sale and day < date.fromisoformat(first_sale):
        raise StepError(f"the first sale is of {first_sale}: as of {day} nothing is known")


def _unchanged(manifest: Manifest) -> Manifest:
    """Return what the newest export says when nothing is looked at: all its documents, and no change."""
    nothing = dict.fromkeys(("new", "changed", "deleted", "rows", "rejects"), 0)
    return manifest.model_copy(update=nothing | {"unchanged": manifest.documents, "files": []})


def _rows(exports: list[Export], day: date) -> int:
    return sum(export.manifest.rows for export in exports if export.day == day)


def _summary(manifest: Manifest, uri: str, day_rows: int) -> ExportSummary:
    return ExportSummary(
        documents=manifest.documents,
        new=manifest.new,
        changed=manifest.changed,
        deleted=manifest.deleted,
        unchanged=manifest.unchanged,
        rows=manifest.rows,
        rejects=manifest.rejects,
        files=len(manifest.files),
        uri=uri,
        day_rows=day_rows,
        source_rows=manifest.source_rows,
        left_out=sum(manifest.left_out.values()),
        left_out_reasons=manifest.left_out,
    )
