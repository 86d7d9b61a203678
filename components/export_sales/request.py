"""The request for an export: which day, from where to where, and in which mode."""

from dataclasses import dataclass
from datetime import date

from google.cloud.storage import Bucket

from components.cost.limit import refuse_costly_run
from components.export_sales import index
from components.export_sales.attempt import Base
from components.export_sales.manifest import Export, published_exports
from components.export_sales.modes import CHANGELOG, SCAN, Mode
from components.export_sales.passes import OVERLAP
from components.export_sales.sales_source import Place
from components.shared.clients import storage_client
from components.shared.dates import parse_date
from components.shared.defaults import FULL_PASS_DAYS
from components.shared.errors import StepError
from components.shared.names import CHANGED_FIELD, LOCATION
from components.shared.retries import retry_transient


@dataclass(frozen=True)
class ExportRequest:
    """The settings of an export, shared by its plan, its shards and its publication."""

    project: str
    bucket: str
    database: str
    collection: str
    as_of: str
    max_reject_share: float
    location: str = LOCATION
    sales_mapping: str = ""
    export_mode: str = SCAN
    changed_field: str = CHANGED_FIELD
    full_pass_days: int = FULL_PASS_DAYS
    changelog_table: str = ""

    def base(self) -> Base:
        """Return what the export builds on; raise StepError if the settings contradict each other."""
        mode = Mode(self.export_mode, self.changed_field, self.full_pass_days, self.changelog_table)
        day = parse_date(self.as_of)
        lake = storage_client(self.project).lookup_bucket(self.bucket)
        if lake is None:
            raise StepError(
                f"the bucket {self.bucket} does not exist: create it, or set the parameter bucket"
            )
        return Base(lake, _exports(lake, mode, day), day, self.max_reject_share, mode)

    def place(self) -> Place:
        """Return where the sales are."""
        return Place(self.project, self.location, self.database, self.collection, self.sales_mapping)

    @retry_transient
    def refuse_costly(self, max_run_cost: float) -> None:
        """Raise StepError if a run is forecast to cost more than this in USD; 0 means no limit."""
        if not max_run_cost:
            return
        base = self.base()
        newest = base.newest
        known = (newest.documents if newest else 0) if base.mode.name == CHANGELOG else None
        is_full = newest is None or bool(base.mode.why_full(newest, base.day))
        refuse_costly_run(
            self.project,
            self.database,
            self.collection,
            max_run_cost,
            self.changed_field,
            None if newest is None or is_full else newest.read_at - OVERLAP,
            known,
        )


def _exports(lake: Bucket, mode: Mode, day: date) -> list[Export]:
    """Return the exports that a day's builds on: a month's if it looks at all documents, else a few."""
    few = [] if mode.name == SCAN else published_exports(lake, index.KEPT)
    newest = few[-1].manifest if few else None
    return published_exports(lake) if mode.why_full(newest, day) else few
