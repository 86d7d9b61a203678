"""What an export reports: its counts for the run's record, and its warnings."""

from dataclasses import dataclass, field

from components.export_sales.manifest import Manifest
from components.export_sales.modes import SCAN
from components.shared.logs import log


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


def summarise(
    manifest: Manifest,
    uri: str,
    day_rows: int,
    *,
    full_pass: str = "",
    documents_read: int = 0,
    warnings: list[str] | None = None,
) -> ExportSummary:
    """Return what an export found, as its manifest says."""
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


def warn_of(manifest: Manifest, before: Manifest | None) -> list[str]:
    """Log and return the warnings about an export, given the one before it."""
    warnings = []
    if before and manifest.source and not before.source and manifest.deleted:
        warnings.append(
            f"{manifest.deleted:,} sales are deleted, since {manifest.source} is read from now on; until "
            "they are erased, the days before know them and models are trained with them: if they were "
            "invented, start anew (docs/deploy.md)"
        )
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
