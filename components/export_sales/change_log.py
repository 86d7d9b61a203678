"""Read the change log of one collection that the extension firestore-bigquery-export keeps in BigQuery."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from string import Template
from typing import Any

from google.api_core.exceptions import Forbidden, NotFound
from google.cloud import bigquery
from google.protobuf.json_format import MessageToDict

from components.export_sales.documents import UnreadableDocumentError, datetime_to_micros, read_document
from components.export_sales.index import UNSAID, Version
from components.export_sales.log_values import check_numbers, read_log
from components.shared.clients import bigquery_client
from components.shared.errors import StepError
from components.shared.jobs import query_settings
from components.shared.logs import log
from components.shared.queries import read_arrow

BEGINNING = datetime(1, 1, 1, tzinfo=UTC)  # before every event; imports by older versions are dated 1970
ROWS_AT_ONCE = 2_000
COLUMNS = {"timestamp": "TIMESTAMP", "document_name": "STRING", "operation": "STRING", "data": "STRING"}
SQL = Path(__file__).with_name("changelog.sql")
TABLE = re.compile(r"(?:([a-z][-a-z0-9]{4,61}[a-z0-9])\.)?(\w{1,1024})\.([-\w]{1,1024})", re.ASCII)


@dataclass(frozen=True, slots=True)
class LogDocument:
    """A document as its last event left it, and what else the events read say about it.

    is_new: they begin with its creation. is_import: the last one is an import; has_import: one of them is.
    """

    version: Version
    name: str
    data: str
    is_new: bool = False
    is_import: bool = False
    has_import: bool = False
    is_contradicted: bool = False

    @property
    def document_id(self) -> str:
        """Its id."""
        return self.version.document_id

    def is_unchanged_from(self, then: Version | None) -> bool:
        """Return whether it equals the known version: the same event, or imported and unchanged."""
        if then is None or then.is_gone:
            return False
        same_state = self.version.digest == then.digest
        if self.version.update_time == then.update_time:
            return same_state or not then.digest
        return self.is_import and same_state

    def kept(self) -> dict[str, Any]:
        """Return what a reject keeps of it: its fields in Firestore's format, or the log's own text."""
        try:
            return {"document": MessageToDict(read_log(self.name, self.data))}
        except UnreadableDocumentError:
            return {"document": {"name": self.name}, "data": self.data}

    def values(self) -> list[Any]:
        """Return its values in the contract's order; raise UnreadableDocumentError if they cannot be read."""
        if self.is_contradicted:
            raise UnreadableDocumentError("the change log has different states of it at the same time")
        document = read_log(self.name, self.data)
        check_numbers(document)
        return read_document(document)


class ChangeLog:
    """A collection's change log, up to BigQuery's current time at construction."""

    def __init__(self, project: str, location: str, table: str, documents: str, collection: str) -> None:
        """Inspect the table, at no cost; raise StepError if it is not a change log.

        documents is the prefix of the names of a database's documents.
        """
        self.table = qualified(table, project)
        self._found = _fetch_table(bigquery_client(project, location), self.table)
        self._client = bigquery_client(project, self._found.location or location)
        self._documents, self._collection = documents, collection
        [[now]] = self._client.query("SELECT CURRENT_TIMESTAMP()", job_config=query_settings()).result()
        self.moment: datetime = now
        self._warn_where_nothing_prunes()

    def documents(self, since: datetime = BEGINNING) -> Iterator[LogDocument]:
        """Yield each document with an event after a time, including deleted ones, in Firestore's order."""
        sql = Template(SQL.read_text(encoding="utf-8")).substitute(changelog=self.table)
        for rows in read_arrow(self._client, sql, {"since": since, "until": self.moment}, ROWS_AT_ONCE):
            yield from map(self._document, rows.to_pylist())

    def _document(self, row: dict[str, Any]) -> LogDocument:
        folder, _, document_id = (row["path"] or "").rpartition("/")
        if folder != self._collection:
            raise StepError(
                f"changelog_table={self.table} holds {row['path']}, which is not a document of "
                f"{self._collection}: give a log of only that collection, or set collection"
            )
        created = row["create_time"]
        is_contradicted = row["states"] > 1
        version = Version(
            document_id,
            UNSAID if created is None else datetime_to_micros(created),
            datetime_to_micros(row["update_time"]),
            digest=row["digest"],
            is_gone=row["is_gone"] and not is_contradicted,
        )
        name = f"{self._documents}/{row['path']}"
        told = {key: row[key] for key in ("data", "is_new", "is_import", "has_import")}
        return LogDocument(version, name, is_contradicted=is_contradicted, **told)

    def _warn_where_nothing_prunes(self) -> None:
        partitioning = self._found.time_partitioning
        if partitioning is None or partitioning.field != "timestamp":
            log(
                "WARNING",
                f"{self.table} is not partitioned by its column timestamp: each export reads all of it "
                "(docs/export.md)",
            )


def check_table(table: str) -> re.Match[str]:
    """Return the parts of dataset.table or project.dataset.table; raise StepError for anything else."""
    if (parts := TABLE.fullmatch(table)) is None:
        raise StepError(
            f"changelog_table={table!r} is not a table: write it as firestore_export.sales_raw_changelog, "
            "optionally with its project in front"
        )
    return parts


def qualified(table: str, project: str) -> str:
    """Return a table as project.dataset.table; raise StepError if it is not a table name."""
    parts = check_table(table)
    return ".".join((parts[1] or project, parts[2], parts[3]))


def _fetch_table(client: bigquery.Client, table: str) -> bigquery.Table:
    try:
        found = client.get_table(table)
    except (NotFound, Forbidden) as error:
        raise StepError(
            f"changelog_table={table} cannot be read ({error.message}): install the extension and give its "
            "..._raw_changelog, and let the pipeline's account read it (docs/export.md)"
        ) from None
    kinds = {column.name: column.field_type for column in found.schema}
    if missing := [name for name, kind in COLUMNS.items() if kinds.get(name) != kind]:
        raise StepError(
            f"changelog_table={table} is not a change log of firestore-bigquery-export; it lacks "
            f"{', '.join(missing)}: give the table whose name ends with _raw_changelog"
        )
    return found
