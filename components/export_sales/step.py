"""Export what changed among the sales documents of Firestore to Parquet in the bronze bucket."""

import tempfile
import uuid
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import date, timedelta

from google.cloud.storage import Bucket

from components.export_sales import index
from components.export_sales.documents import microseconds
from components.export_sales.manifest import Export, Manifest, published_exports, suffix, write_manifest
from components.export_sales.source import Snapshot
from components.export_sales.writer import ExportWriter
from components.shared.artifacts import Artifact
from components.shared.clients import firestore_query_client, storage_client
from components.shared.dates import parse_date
from components.shared.errors import StepError
from components.shared.logs import log
from components.shared.retries import retried
from components.shared.run_record import step_record
from contracts.contract import REJECTS_ALWAYS_TOLERATED

AHEAD_OF_UTC = timedelta(hours=14)  # where a day begins first


@dataclass(frozen=True)
class ExportSummary:
    """What an export found: documents in the collection, of which so many are new, changed or unchanged.

    deleted are those that are gone since the export before, rows what was written of all that is not
    unchanged, rejects the documents among them that could not be read; then the files and their folder.
    day_rows is what all exports of the day wrote together: 0 says that nothing came.
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
) -> None:
    """Export as the pipeline's step, and describe the folder as its artifact."""
    with step_record(project, bucket, run_id, "export_sales") as counts:
        summary = export_sales(
            project=project,
            database=database,
            collection=collection,
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
    snapshot = Snapshot(firestore_query_client(), project, database, collection)
    if (snapshot.read_time.ToDatetime() + AHEAD_OF_UTC).date() < day:
        now = snapshot.read_time.ToJsonString()
        raise StepError(f"as_of {day} has not begun, by Firestore's clock it is {now}: take an earlier as_of")
    manifest = _Attempt(lake, exports, day, max_reject_share).export(snapshot, collection)
    return _summary(manifest, uri, _rows(exports, day) + manifest.rows)


class _Attempt:
    """One attempt at the export that follows what is published."""

    def __init__(self, lake: Bucket, exports: list[Export], day: date, max_reject_share: float) -> None:
        self._lake = lake
        self._exports = exports
        self._day = day
        self._max_reject_share = max_reject_share
        self._today = [export for export in exports if export.day == day]
        self._number = self._today[-1].number + 1 if self._today else 1
        self._counts: Counter[str] = Counter()

    def export(self, snapshot: Snapshot, collection: str) -> Manifest:
        """Write the files, the index and, unless a day's second export found nothing new, the manifest."""
        files = [name for export in self._today for name in export.manifest.files]
        with (
            tempfile.TemporaryFile() as rejects,
            tempfile.TemporaryFile() as listed,
            index.IndexWriter(listed) as documents,
        ):
            ending = suffix(self._number)
            writer = ExportWriter(self._lake, self._day, uuid.uuid4().hex, ending, rejects)
            try:
                self._write(snapshot, writer, documents)
                self._check(writer, collection)
                manifest = self._manifest(snapshot, writer)
                if self._today and not writer.rows:
                    return manifest
                documents.upload(self._lake, manifest.index)
                write_manifest(self._lake, Export(self._day, self._number, manifest))
                files += manifest.files
            finally:
                writer.delete_all_but(files)
        index.prune(self._lake, [*self._exports, Export(self._day, self._number, manifest)])
        return manifest

    def _write(self, snapshot: Snapshot, writer: ExportWriter, documents: index.IndexWriter) -> None:
        before = index.read_index(self._lake, self._exports)
        for now, then in index.differences(snapshot.documents(), before):
            if then and now is None:
                self._counts["deleted"] += 1
                writer.add_deleted(then, microseconds(snapshot.read_time))
                continue
            version = index.version_of(now)
            documents.add(version)
            if version == then:
                self._counts["unchanged"] += 1
                continue
            self._counts["changed" if then else "new"] += 1
            writer.add(now, self._known_from(version, then))
        writer.finish()

    def _known_from(self, version: index.Version, then: index.Version | None) -> int | None:
        """Return since when a version was known; None for history, which nobody had looked at before."""
        if not self._exports:
            return None
        is_same_life = then is not None and then.create_time in (version.create_time, index.UNKNOWN)
        return version.update_time if is_same_life else version.create_time

    def _check(self, writer: ExportWriter, collection: str) -> None:
        where = f"see the reasons in gs://{self._lake.name}/{writer.rejects_name}"
        found = self._counts["new"] + self._counts["changed"]
        if not found + self._counts["unchanged"]:
            raise StepError(
                f"the collection {collection} is empty: "
                "run python -m generators.sales, or import your own sales"
            )
        if not self._exports and writer.rejected == found:
            raise StepError(f"none of the {found} documents can be read: {where}")
        if writer.rejected > max(REJECTS_ALWAYS_TOLERATED, self._max_reject_share * found):
            raise StepError(
                f"{writer.rejected} of {found} changed documents cannot be read, more than the share "
                f"{self._max_reject_share:.1%} that max_reject_share allows: {where}"
            )

    def _manifest(self, snapshot: Snapshot, writer: ExportWriter) -> Manifest:
        before = self._exports[-1].manifest.first_sale if self._exports else None
        first_sales = [day.isoformat() for day in [writer.first_sale()] if day] + ([before] if before else [])
        first_sale = min(first_sales, default=None)
        _check_first_sale(self._day, first_sale)
        new, changed, unchanged = (self._counts[kind] for kind in ("new", "changed", "unchanged"))
        return Manifest(
            export_id=writer.export_id,
            read_time=snapshot.read_time.ToJsonString(),
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
        )


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
    )
