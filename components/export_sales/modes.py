"""How an export finds what changed: by a scan of all, or by the time of its last change."""

from dataclasses import dataclass
from datetime import date

from components.export_sales.manifest import Manifest
from components.export_sales.source import check_field
from components.shared.errors import StepError
from components.shared.names import CHANGED_FIELD

SCAN, CHANGES = "scan", "changes"
MODES = (SCAN, CHANGES)
FULL_PASS_DAYS = 7


@dataclass(frozen=True)
class Mode:
    """The settings of an export: its way, and what this takes.

    changed_field is the field with the time of a document's last change; full_pass_days how many days may lie
    between two exports that look at all documents.
    """

    name: str = SCAN
    changed_field: str = CHANGED_FIELD
    full_pass_days: int = FULL_PASS_DAYS

    def __post_init__(self) -> None:
        """Raise StepError where the settings do not fit together."""
        if self.name not in MODES:
            raise StepError(f"export_mode={self.name!r} is none: {' or '.join(MODES)} (docs/export.md)")
        check_field(self.changed_field)
        if self.full_pass_days < 1:
            raise StepError(f"full_pass_days={self.full_pass_days}: give a day or more")

    def said(self) -> dict[str, str]:
        """Return what a manifest says of the mode."""
        if self.name == SCAN:
            return {"mode": "", "changed_field": ""}
        return {"mode": self.name, "changed_field": self.changed_field}

    def why_full(self, newest: Manifest | None, day: date) -> str:
        """Return why the export of a day has to look at all documents; empty when it need not."""
        if newest is None:
            return "nothing was exported before"
        if self.name == SCAN:
            return "a scan looks at all documents"
        if {"mode": newest.mode, "changed_field": newest.changed_field} != self.said():
            return "the export before was made in another way"
        if newest.full_pass is None or (day - newest.full_pass).days >= self.full_pass_days:
            return f"the newest full pass is of {newest.full_pass}, and full_pass_days={self.full_pass_days}"
        return ""
