"""How an export finds changes: by scanning everything, by a last-change field, or from a change log."""

from dataclasses import dataclass
from datetime import date

from components.export_sales.change_log import check_table
from components.export_sales.manifest import Manifest
from components.export_sales.source import check_field
from components.shared.defaults import FULL_PASS_DAYS
from components.shared.errors import StepError
from components.shared.names import CHANGED_FIELD

SCAN, CHANGES, CHANGELOG = "scan", "changes", "changelog"
MODES = (SCAN, CHANGES, CHANGELOG)


@dataclass(frozen=True)
class Mode:
    """The settings of an export's mode.

    changed_field is the field with the time of a document's last change; full_pass_days is the maximum number
    of days between two exports that look at all documents; changelog_table is a change log in BigQuery.
    """

    name: str = SCAN
    changed_field: str = CHANGED_FIELD
    full_pass_days: int = FULL_PASS_DAYS
    changelog_table: str = ""

    def __post_init__(self) -> None:
        """Raise StepError if the settings contradict each other."""
        if self.name not in MODES:
            raise StepError(f"export_mode={self.name!r} is not one of {', '.join(MODES)} (docs/export.md)")
        check_field(self.changed_field)
        if self.full_pass_days < 1:
            raise StepError(f"full_pass_days={self.full_pass_days}: give at least 1")
        if self.name == CHANGELOG:
            check_table(self.changelog_table)

    def manifest_entries(self) -> dict[str, str]:
        """Return what a manifest says about the mode."""
        said = {"mode": "", "changed_field": "", "changelog_table": ""}
        if self.name == CHANGES:
            said |= {"mode": self.name, "changed_field": self.changed_field}
        if self.name == CHANGELOG:
            said |= {"mode": self.name, "changelog_table": self.changelog_table}
        return said

    def why_full(self, newest: Manifest | None, day: date) -> str:
        """Return why the export of a day has to look at all documents; empty if it need not."""
        if newest is None:
            return "nothing was exported before"
        if self.name == SCAN:
            return "a scan looks at all documents"
        if any(getattr(newest, name) != value for name, value in self.manifest_entries().items()):
            return "the previous export used another mode"
        if newest.full_pass is None or (day - newest.full_pass).days >= self.full_pass_days:
            return f"the newest full pass was on {newest.full_pass}, and full_pass_days={self.full_pass_days}"
        return ""
