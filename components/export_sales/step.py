"""Export what changed among the sales, from Firestore or with a mapping, to Parquet in the bronze bucket."""

from dataclasses import asdict, dataclass, field
from datetime import date

from components.export_sales import shards
from components.export_sales.asked import Asked
from components.export_sales.attempt import Base, check_first_sale, refuse_future_day
from components.export_sales.manifest import Export, Manifest
from components.export_sales.modes import SCAN
from components.export_sales.passes import DisagreementError
from components.export_sales.sales_source import Place, open_source
from components.shared.artifacts import Artifact
from components.shared.defaults import FULL_PASS_DAYS, MAX_QUERY_GIB
from components.shared.logs import log
from components.shared.names import CHANGED_FIELD, LOCATION
from components.shared.retries import retry_transient
from components.shared.run_record import step_record


@dataclass(frozen=True)
class ExportSummary:
    """What an export found: the collection's documents, split into new, changed and unchanged.

    deleted counts those gone since the previous export, rows what was written for all that is not unchanged,
    rejects the documents among them that could not be read; files are in the folder uri. day_rows is what all
    exports of the day wrote together: 0 means that nothing came in. With a mapping these count sales, and
    source_rows counts the documents (in BigQuery: rows), left_out those that are not sales. full_pass says
    why all documents were read, empty if they were not; documents_read is how many Firestore bills.
    unstamped documents have no time in changed_field, and unlogged ones no event in a change log.
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
    unlogged: int = 0
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
    changelog_table: str = "",
    export_shards: int = 1,
    max_query_gib: int = MAX_QUERY_GIB,
    max_run_cost: float = 0.0,
) -> None:
    """Export as the pipeline's step, and describe the folder as its artifact."""
    asked = Asked(
        project=project,
        bucket=bucket,
        database=database,
        collection=collection,
        as_of=as_of,
        max_reject_share=max_reject_share,
        location=location,
        sales_mapping=sales_mapping,
        export_mode=export_mode,
        changed_field=changed_field,
        full_pass_days=full_pass_days,
        changelog_table=changelog_table,
    )
    with step_record(project, bucket, run_id, "export_sales", max_query_gib) as counts:
        if export_shards == 1:  # otherwise the plan checked this before anything was read
            asked.refuse_costly(max_run_cost)
        summary = export_sales(asked, export_shards)
        counts.update(asdict(summary))
        sales.uri = summary.uri
        sales.metadata.update(asdict(summary))


@retry_transient
def export_sales(asked: Asked, export_shards: int = 1) -> ExportSummary:
    """Add what changed since the newest export under sales/export_date=AS_OF, and a manifest.

    One snapshot is read, all of it or what changed, depending on export_mode (docs/export.md); memory holds
    one file's rows. With several shards, it publishes what shards.py has planned and read. What was once
    exported stays unchanged: a second export of a day adds to the first, and nothing is exported for a day
    before the newest export's. Raises StepError if nothing can be exported, too much had to be rejected, or
    as_of is out of range.
    """
    base = asked.base()
    uri = f"gs://{asked.bucket}/sales/export_date={base.day}"
    if base.newest and base.is_over:
        newest = base.exports[-1].day
        check_first_sale(base.day, base.newest.first_sale)
        log("INFO", f"{base.day} is before the newest export, of {newest}: what was known then is final")
        return _summary(_as_unchanged(base.newest), uri, _rows(base.exports, newest))
    if export_shards > 1 and (found := shards.publish_shards(asked, base)):
        manifest, why_full = found
        others = [one for one in base.exports if one.manifest.export_id != manifest.export_id]
        return _summary(
            manifest,
            uri,
            _rows(others, base.day) + manifest.rows,
            full_pass=why_full,
            warnings=_warnings(manifest),
        )
    return _export(base, asked.place(), uri)


def _export(base: Base, place: Place, uri: str) -> ExportSummary:
    """Export what changed, or look at all documents if that is due or changes do not explain their number."""
    source = open_source(base, place)
    refuse_future_day(base.day, source.moment)
    why_full = source.why_full()
    manifest = None
    if not why_full:
        try:
            manifest = source.attempt_at_changes().export()
        except DisagreementError as error:
            why_full = str(error)
    if manifest is None:
        if base.mode.name != SCAN:
            log("INFO", f"reading all documents: {why_full}")
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
    warnings = []
    if manifest.unstamped:
        warnings.append(
            f"{manifest.unstamped:,} documents have no timestamp in {manifest.changed_field}: their changes "
            "are found only by the full pass; set it in every write (docs/export.md), or use export_mode=scan"
        )
    if manifest.unlogged:
        warnings.append(
            f"{manifest.unlogged:,} documents are not in {manifest.changelog_table}: they stay as an earlier "
            "export found them; import the existing documents with the extension (docs/export.md)"
        )
    for warning in warnings:
        log("WARNING", warning)
    return warnings


def _as_unchanged(manifest: Manifest) -> Manifest:
    """Return the newest export's manifest as if all its documents were unchanged."""
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
        unlogged=manifest.unlogged,
        warnings=warnings or [],
    )
