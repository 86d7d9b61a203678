"""Export what changed among the sales, of Firestore or by a mapping, to Parquet in the bronze bucket."""

from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta

from components.cost.limit import refuse_costly_run
from components.export_sales.attempt import Base, check_first_sale
from components.export_sales.manifest import Export, Manifest, published_exports
from components.export_sales.modes import FULL_PASS_DAYS, SCAN, Mode
from components.export_sales.passes import OVERLAP, DisagreementError
from components.export_sales.sales_source import Place, open_source
from components.shared.artifacts import Artifact
from components.shared.clients import storage_client
from components.shared.dates import parse_date
from components.shared.errors import StepError
from components.shared.logs import log
from components.shared.names import CHANGED_FIELD, LOCATION, MAX_QUERY_GIB
from components.shared.retries import retried
from components.shared.run_record import step_record

AHEAD_OF_UTC = timedelta(hours=14)  # where a day begins first


@dataclass(frozen=True)
class ExportSummary:
    """What an export found: documents in the collection, of which so many are new, changed or unchanged.

    deleted are those that are gone since the export before, rows what was written of all that is not
    unchanged, rejects the documents among them that could not be read; then the files and their folder.
    day_rows is what all exports of the day wrote together: 0 says that nothing came. By a mapping these count
    sales, and source_rows says how many documents (in BigQuery rows) there are, of which left_out are no
    sales, for these reasons. full_pass says why all documents were looked at, empty where they were not;
    documents_read how many Firestore bills.
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
    mode: str = SCAN
    full_pass: str = ""
    documents_read: int = 0
    unstamped: int = 0
    warnings: list[str] = field(default_factory=list)


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
    export_mode: str = SCAN,
    changed_field: str = CHANGED_FIELD,
    full_pass_days: int = FULL_PASS_DAYS,
    max_query_gib: int = MAX_QUERY_GIB,
    max_run_cost: float = 0.0,
) -> None:
    """Export as the pipeline's step, and describe the folder as its artifact."""
    with step_record(project, bucket, run_id, "export_sales", max_query_gib) as counts:
        if max_run_cost:
            mode = Mode(export_mode, changed_field, full_pass_days)
            since = _changes_since(project, bucket, parse_date(as_of), mode)
            refuse_costly_run(project, database, collection, max_run_cost, changed_field, since)
        summary = export_sales(
            project=project,
            location=location,
            database=database,
            collection=collection,
            sales_mapping=sales_mapping,
            bucket=bucket,
            as_of=as_of,
            max_reject_share=max_reject_share,
            export_mode=export_mode,
            changed_field=changed_field,
            full_pass_days=full_pass_days,
        )
        counts.update(asdict(summary))
        sales.uri = summary.uri
        sales.metadata.update(asdict(summary))


@retried
def _changes_since(project: str, bucket: str, day: date, mode: Mode) -> datetime | None:
    """Return since when changes will be read; None where all documents will be."""
    lake = storage_client(project).bucket(bucket)
    exports = published_exports(lake)
    newest = exports[-1].manifest if exports else None
    return None if newest is None or mode.why_full(newest, day) else newest.read_at - OVERLAP


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
    export_mode: str = SCAN,
    changed_field: str = CHANGED_FIELD,
    full_pass_days: int = FULL_PASS_DAYS,
) -> ExportSummary:
    """Add what changed since the newest export under sales/export_date=AS_OF, and a manifest.

    One snapshot is looked at, all of it or what changed, as export_mode has it (docs/export.md); memory holds
    one file's rows. What was exported once stays as it is: a second export of a day adds to the first, and
    nothing is exported for a day before the newest export's.
    Raises StepError when nothing can be exported, too much had to be rejected, or as_of is out of reach.
    """
    mode = Mode(export_mode, changed_field, full_pass_days)
    day = parse_date(as_of)
    lake = storage_client(project).lookup_bucket(bucket)
    if lake is None:
        raise StepError(f"the bucket {bucket} does not exist: create it, or set the parameter bucket")
    exports = published_exports(lake)
    uri = f"gs://{bucket}/sales/export_date={day}"
    if exports and exports[-1].day > day:
        check_first_sale(day, exports[-1].manifest.first_sale)
        log("INFO", f"{day} lies before the newest export, of {exports[-1].day}: what was known then stands")
        return _summary(_unchanged(exports[-1].manifest), uri, _rows(exports, exports[-1].day))
    base = Base(lake, exports, day, max_reject_share, mode)
    return _exported(base, Place(project, location, database, collection, sales_mapping), uri)


def _exported(base: Base, place: Place, uri: str) -> ExportSummary:
    """Look at what changed, or at all where that is due or does not explain how many documents there are."""
    source = open_source(base, place)
    _refuse_a_day_to_come(base.day, source.moment)
    why_full = source.why_full()
    manifest = None
    if not why_full:
        try:
            manifest = source.attempt_at_changes().export()
        except DisagreementError as error:
            why_full = str(error)
    if manifest is None:
        if base.mode.name != SCAN:
            log("INFO", f"all documents are looked at: {why_full}")
        manifest = source.attempt_at_all().export()
    return _summary(
        manifest,
        uri,
        _rows(base.exports, base.day) + manifest.rows,
        full_pass=why_full,
        documents_read=source.documents_read,
        warnings=_warnings(manifest),
    )


def _warnings(manifest: Manifest) -> list[str]:
    if not manifest.unstamped:
        return []
    warning = (
        f"{manifest.unstamped:,} documents have no timestamp in {manifest.changed_field}: their changes are "
        "found by the full pass alone; have whatever writes them set it (docs/export.md), or take "
        "export_mode=scan"
    )
    log("WARNING", warning)
    return [warning]


def _refuse_a_day_to_come(day: date, read_time: datetime) -> None:
    if (read_time + AHEAD_OF_UTC).date() < day:
        now = f"by the source's clock it is {read_time.isoformat()}"
        raise StepError(f"as_of {day} has not begun, {now}: take an earlier as_of")


def _unchanged(manifest: Manifest) -> Manifest:
    """Return what the newest export says when nothing is looked at: all its documents, and no change."""
    nothing = dict.fromkeys(("new", "changed", "deleted", "rows", "rejects"), 0)
    return manifest.model_copy(update=nothing | {"unchanged": manifest.documents, "files": []})


def _rows(exports: list[Export], day: date) -> int:
    return sum(export.manifest.rows for export in exports if export.day == day)


def _summary(
    manifest: Manifest,
    uri: str,
    day_rows: int,
    *,
    full_pass: str = "",
    documents_read: int = 0,
    warnings: list[str] | None = None,
) -> ExportSummary:
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
        mode=manifest.mode or SCAN,
        full_pass=full_pass,
        documents_read=documents_read,
        unstamped=manifest.unstamped,
        warnings=warnings or [],
    )
