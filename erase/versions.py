"""Which versions of sales in bronze are theirs, and what the manifests count without them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

COUNTED = ("documents", "new", "changed", "deleted", "unchanged", "rows", "rejects")


@dataclass(frozen=True)
class Row:
    """A document's version in an export; owner is whether it is theirs, None if the row does not say."""

    export_id: str
    document_id: str
    owner: bool | None
    is_deleted: bool
    is_unreadable: bool
    known_from: datetime | None


@dataclass
class Verdict:
    """What to erase: whole documents, versions by export, and documents whose last version is erased."""

    documents: set[str] = field(default_factory=set)
    blanked: dict[str, set[str]] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)

    def less(self, row: Row) -> Row | None:
        """Return what is left of a row: itself, a deletion, or nothing."""
        if row.document_id in self.documents:
            return None
        if row.document_id in self.blanked.get(row.export_id, ()):
            return Row(row.export_id, row.document_id, None, True, False, row.known_from)
        return row


def judge(documents: Iterable[Sequence[Row]], gone_before: datetime | None) -> Verdict:
    """Return what to erase of documents, each given as all its rows in the order of the exports."""
    verdict = Verdict()
    for rows in documents:
        if gone_before is not None:
            if _was_deleted_before(rows[-1], gone_before):
                verdict.documents.add(rows[-1].document_id)
        elif not any(row.owner is False for row in rows):
            verdict.documents.add(rows[-1].document_id)
        else:
            _blank(rows, verdict)
    return verdict


def _was_deleted_before(last: Row, time: datetime) -> bool:
    return last.is_deleted and last.known_from is not None and last.known_from < time


def _blank(rows: Sequence[Row], verdict: Verdict) -> None:
    """Add to the verdict a document that was also others': their versions stay, the rest become deletions.

    A version that does not say whose it is counts like the one before it.
    """
    is_theirs = False
    for row in rows:
        is_theirs = is_theirs if row.owner is None else row.owner
        if is_theirs and not row.is_deleted:
            verdict.blanked.setdefault(row.export_id, set()).add(row.document_id)
    if is_theirs:
        verdict.gone.add(rows[-1].document_id)


def count_contributions(
    exports: Sequence[str], documents: Iterable[Sequence[Row]]
) -> dict[str, Counter[str]]:
    """Return what documents contribute to the counts of each export's manifest; exports are in order."""
    counts: dict[str, Counter[str]] = {export: Counter() for export in exports}
    for rows in documents:
        by_export = {row.export_id: row for row in rows}
        is_there = False
        for export in exports:
            kind = _kind(by_export.get(export), is_there)
            is_there = kind in ("new", "changed", "unchanged")
            counts[export].update([kind] if kind else [])
            counts[export]["documents"] += is_there
            if row := by_export.get(export):
                counts[export].update(rows=1, rejects=int(row.is_unreadable))
    return counts


def _kind(row: Row | None, was_there: bool) -> str | None:
    if row is None:
        return "unchanged" if was_there else None
    if row.is_deleted:
        return "deleted"
    return "changed" if was_there else "new"
