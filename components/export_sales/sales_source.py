"""Where an export's sales are: a collection or table, in the contract's format or read with a mapping."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from google.api_core.exceptions import Forbidden, NotFound

from components.export_sales import index
from components.export_sales.attempt import Attempt, Base
from components.export_sales.change_log import ChangeLog
from components.export_sales.log_attempt import LogAttempt
from components.export_sales.log_passes import LogChangesPass, LogFullPass
from components.export_sales.mapped import document_in_firestore
from components.export_sales.mapped_attempt import MappedAttempt
from components.export_sales.mappings import NamedMapping, load_mapping
from components.export_sales.modes import CHANGELOG, CHANGES, SCAN
from components.export_sales.passes import ChangesPass, FullPass, Pass
from components.export_sales.source import Snapshot
from components.export_sales.spans import ALL, Span
from components.export_sales.table_source import TableSnapshot, find_location, order_of
from components.shared.clients import bigquery_client, firestore_query_client
from components.shared.errors import StepError
from sources.mapping import Source


@dataclass(frozen=True)
class Place:
    """Where to look for sales; sales_mapping is an object of the bucket, empty for the contract's format."""

    project: str
    location: str
    database: str
    collection: str
    sales_mapping: str = ""


class SalesSource:
    """Firestore's documents in the contract's format, at one moment, and the attempts to export them."""

    def __init__(self, base: Base, snapshot: Any, name: str) -> None:
        """Take what the export builds on, a snapshot, and the source as errors name it."""
        self.base = base
        self.snapshot = snapshot
        self.name = name

    @property
    def moment(self) -> datetime:
        """The time as of which it is read."""
        moment: datetime = self.snapshot.moment
        return moment

    @property
    def is_in_shards(self) -> bool:
        """Whether shards may read it: all of it must be looked at, and it is in Firestore."""
        return isinstance(self.snapshot, Snapshot) and bool(self.why_full())

    def fingerprint(self) -> dict[str, str]:
        """Return what identifies the source, which must not change during an export in shards."""
        return {"source": self.name, "mapping": "", **self.base.mode.manifest_entries()}

    @property
    def documents_read(self) -> int:
        """How many documents Firestore has billed so far; 0 for a table."""
        return self.snapshot.reads if isinstance(self.snapshot, Snapshot) else 0

    def why_full(self) -> str:
        """Return why everything has to be looked at; empty if the changes suffice."""
        why = self.base.mode.why_full(self.base.newest, self.base.day)
        if not why and not self.base.is_index_whole:
            return "the index of the newest export is missing"
        return why

    def attempt_at_all(self, span: Span = ALL) -> Attempt:
        """Return an attempt that looks at all documents, or at all of a span."""
        mode = self.base.mode
        field = mode.changed_field if mode.name == CHANGES else ""
        looked = FullPass(self.base.lake, self.base.exports, self.snapshot, changed_field=field, span=span)
        return self._attempt(looked)

    def attempt_at_changes(self) -> Attempt:
        """Return an attempt that looks at the documents whose field shows a change."""
        field = self.base.mode.changed_field
        return self._attempt(ChangesPass(self.base.lake, self.base.exports, self.snapshot, field))

    def _attempt(self, looked: Pass) -> Attempt:
        return Attempt(self.base, self.snapshot, self.name, looked)


class MappedSource(SalesSource):
    """A collection, or a table or query of BigQuery, read entirely with a mapping."""

    def __init__(self, base: Base, snapshot: Snapshot | TableSnapshot, named: NamedMapping) -> None:
        """Take a snapshot, and the mapping."""
        super().__init__(base, snapshot, named.source)
        self._named = named

    def fingerprint(self) -> dict[str, str]:
        """Return what identifies the source, which includes the mapping."""
        return super().fingerprint() | {"mapping": self._named.digest}

    def attempt_at_all(self, span: Span = ALL) -> Attempt:
        """Return an attempt at all documents or rows, or at all documents of a span."""
        is_table = isinstance(self.snapshot, TableSnapshot)
        looked = FullPass(
            self.base.lake,
            self.base.exports,
            self.snapshot,
            id_of=_order if is_table else index.id_in_firestore,
            document_of=order_of if is_table else document_in_firestore,
            span=span,
        )
        return MappedAttempt(self.base, self.snapshot, self._named, looked)


class LogSource(SalesSource):
    """The change log of a collection, without reading Firestore."""

    def attempt_at_all(self, span: Span = ALL) -> Attempt:  # noqa: ARG002 -- BigQuery reads it, not shards
        """Return an attempt that looks at all of the log."""
        looked = LogFullPass(self.base.lake, self.base.exports, self.snapshot)
        return LogAttempt(self.base, self.snapshot, self.name, looked)

    def attempt_at_changes(self) -> Attempt:
        """Return an attempt that looks at the documents with an event since."""
        looked = LogChangesPass(self.base.lake, self.base.exports, self.snapshot)
        return LogAttempt(self.base, self.snapshot, self.name, looked)


def open_source(base: Base, place: Place, at: datetime | None = None) -> SalesSource:
    """Return the source of an export at one moment: now, or a given one for Firestore.

    Raises StepError if the mode does not fit the source.
    """
    if place.sales_mapping:
        return _mapped_source(base, place, at)
    if base.mode.name != CHANGELOG:
        return SalesSource(base, _snapshot(place, place.collection, at), place.collection)
    documents = f"projects/{place.project}/databases/{place.database}/documents"
    change_log = ChangeLog(
        place.project, place.location, base.mode.changelog_table, documents, place.collection
    )
    return LogSource(base, change_log, change_log.table)


def _mapped_source(base: Base, place: Place, at: datetime | None) -> MappedSource:
    if base.mode.name != SCAN:
        raise StepError(
            f"export_mode={base.mode.name} works only with documents in the contract's format, but "
            f"{place.sales_mapping} reads others: use export_mode=scan with a mapping (docs/export.md)"
        )
    named = load_mapping(base.lake, place.sales_mapping)
    source = named.mapping.source
    if source.kind == "firestore":
        return MappedSource(base, _mapped_snapshot(place, source, at), named)
    location = find_location(bigquery_client(place.project, place.location), named.mapping)
    client = bigquery_client(place.project, location or place.location)
    return MappedSource(base, TableSnapshot(client, named.mapping), named)


def _mapped_snapshot(place: Place, source: Source, at: datetime | None) -> Snapshot:
    there = replace(
        place, project=source.project or place.project, database=source.database or place.database
    )
    try:
        return _snapshot(there, source.collection or "", at)
    except (NotFound, Forbidden) as error:
        raise StepError(
            f"the database {there.database} of {there.project} cannot be read ({error.message}): correct "
            "source.project and source.database, or let the pipeline's account read it (docs/deploy.md)"
        ) from error


def _snapshot(place: Place, collection: str, at: datetime | None) -> Snapshot:
    return Snapshot(firestore_query_client(), place.project, place.database, collection, read_time=at)


def _order(document: Any) -> str:
    return str(document.document_id)
