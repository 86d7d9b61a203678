"""An attempt at an export from a change log."""

from components.export_sales import index
from components.export_sales.attempt import Attempt
from components.export_sales.change_log import LogDocument
from components.export_sales.documents import UnreadableDocumentError
from components.export_sales.index import Version
from components.export_sales.writer import NOTHING, ExportWriter


class LogAttempt(Attempt):
    """An attempt at an export from a change log."""

    schema = index.LOG_SCHEMA

    def _version(self, document: LogDocument) -> Version:
        return document.version

    def _is_same(self, document: LogDocument, then: Version | None) -> bool:
        return document.is_unchanged_from(then)

    def _is_same_life(self, version: Version, then: Version) -> bool:
        """Return whether a document was not recreated since, which is assumed if the log does not say."""
        return version.create_time <= then.update_time

    def _take(self, document: LogDocument, known_from: int | None, writer: ExportWriter) -> None:
        try:
            values, unreadable = document.values(), None
        except UnreadableDocumentError as error:
            values, unreadable = NOTHING, str(error)
            writer.reject(document.document_id, document.kept(), unreadable)
        writer.add_row(values, document.version, known_from, unreadable)

    def _nothing_found(self) -> str:
        return (
            f"{self._place} contains no document: import the existing documents with the extension, "
            "npx @firebaseextensions/fs-bq-import-collection (docs/export.md)"
        )

    def _advice(self) -> str:
        return "A scan can read what a change log cannot represent: export_mode=scan (docs/export.md)"
