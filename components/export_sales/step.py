"""Export what changed among the sales, from Firestore or with a mapping, to Parquet in the bronze bucket."""

from dataclasses import asdict
from datetime import date

from components.export_sales.attempt import Base, check_first_sale, refuse_future_day
from components.export_sales.manifest import Export, Manifest
from components.export_sales.modes import SCAN
from components.export_sales.passes import DisagreementError
from components.export_sales.request import ExportRequest
from components.export_sales.sales_source import Place, open_source
from components.export_sales.shards import export_shard, plan_export, publish_shards
from components.export_sales.summary import ExportSummary, summarise, warn_of
from components.shared.artifacts import Artifact
from components.shared.defaults import MAX_QUERY_GIB
from components.shared.logs import log
from components.shared.retries import retry_transient
from components.shared.run_record import step_record


def run(
    request: ExportRequest,
    *,
    run_id: str,
    sales: Artifact,
    export_shards: int = 1,
    max_query_gib: int = MAX_QUERY_GIB,
    max_run_cost: float = 0.0,
) -> None:
    """Export as the pipeline's step, and describe the folder as its artifact."""
    with step_record(request.project, request.bucket, run_id, "export_sales", max_query_gib) as counts:
        if export_shards == 1:  # otherwise the plan checked this before anything was read
            request.refuse_costly(max_run_cost)
        summary = export_sales(request, export_shards)
        counts.update(asdict(summary))
        sales.uri = summary.uri
        sales.metadata.update(asdict(summary))


def run_plan(
    request: ExportRequest,
    *,
    run_id: str,
    max_query_gib: int,
    max_run_cost: float,
    most_shards: int,
    documents_a_shard: int,
) -> list[int]:
    """Plan as a task of the pipeline, with a record; return the shards' numbers, empty for one shard."""
    with step_record(request.project, request.bucket, run_id, "plan_export", max_query_gib) as counts:
        request.refuse_costly(max_run_cost)
        plan, counts["documents_read"] = plan_export(request, most_shards, documents_a_shard)
        counts["shards"] = len(plan.spans) if plan else 1
        return list(range(len(plan.spans))) if plan else []


def run_shard(request: ExportRequest, *, run_id: str, max_query_gib: int, shard: int) -> None:
    """Read a shard as a task of the pipeline, with a record of its own."""
    name = f"export_shard_{shard:05}"
    with step_record(request.project, request.bucket, run_id, name, max_query_gib) as counts:
        part, counts["documents_read"] = export_shard(request, shard)
        counts.update(documents=part.documents, rows=part.rows, rejects=part.rejected)


@retry_transient
def export_sales(request: ExportRequest, export_shards: int = 1) -> ExportSummary:
    """Add what changed since the newest export under sales/export_date=AS_OF, and a manifest.

    One snapshot is read, all of it or what changed, depending on export_mode (docs/export.md); memory holds
    one file's rows. With several shards, it publishes what shards.py has planned and read. What was once
    exported stays unchanged: a second export of a day adds to the first, and nothing is exported for a day
    before the newest export's. Raises StepError if nothing can be exported, too much had to be rejected, or
    as_of is out of range.
    """
    base = request.base()
    uri = f"gs://{request.bucket}/sales/export_date={base.day}"
    if base.newest and base.is_over:
        newest = base.exports[-1].day
        check_first_sale(base.day, base.newest.first_sale)
        log("INFO", f"{base.day} is before the newest export, of {newest}: what was known then is final")
        return summarise(_as_unchanged(base.newest), uri, _rows(base.exports, newest))
    if export_shards > 1 and (found := publish_shards(request, base)):
        manifest, why_full = found
        others = [one for one in base.exports if one.manifest.export_id != manifest.export_id]
        return summarise(
            manifest,
            uri,
            _rows(others, base.day) + manifest.rows,
            full_pass=why_full,
            warnings=warn_of(manifest, others[-1].manifest if others else None),
        )
    return _export(base, request.place(), uri)


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
    return summarise(
        manifest,
        uri,
        _rows(base.exports, base.day) + manifest.rows,
        full_pass=why_full,
        documents_read=source.documents_read,
        warnings=warn_of(manifest, base.newest),
    )


def _as_unchanged(manifest: Manifest) -> Manifest:
    """Return the newest export's manifest as if all its documents were unchanged."""
    nothing = dict.fromkeys(("new", "changed", "deleted", "rows", "rejects"), 0)
    return manifest.model_copy(update=nothing | {"unchanged": manifest.documents, "files": []})


def _rows(exports: list[Export], day: date) -> int:
    return sum(export.manifest.rows for export in exports if export.day == day)
