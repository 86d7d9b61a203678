"""Write versions of documents as Parquet files and rejects, in memory that does not grow with them."""

import io
import json
from datetime import UTC, date, datetime, timedelta
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq
from google.cloud.storage import Bucket
from google.protobuf.json_format import MessageToDict

from components.export_sales.documents import (
    FIELDS,
    LONGEST_SHOWN,
    SCHEMA,
    UnreadableDocumentError,
    read_document,
    shown,
)
from components.export_sales.index import UNSAID, Version, version_of
from components.export_sales.unfinished import Part

ROWS_A_FILE = 25_000
REJECTS_SHOWN = 3  # in an error; all of them are in the bucket
NOTHING: list[Any] = [None] * len(FIELDS)
SOLD = [name for name, _, _ in FIELDS].index("sale_timestamp")


class ExportWriter:
    """One attempt at a day's export: its files have its export_id in their names and rows."""

    def __init__(
        self, bucket: Bucket, day: date, export_id: str, suffix: str, rejects: IO[bytes], shard: str = ""
    ) -> None:
        """Write under sales/export_date=DAY of the bucket; rejects go to an open file first.

        shard, such as -00003, is part of the name of everything that a shard of the export writes.
        """
        self.export_id = export_id
        self._stem = f"{export_id}{shard}"
        suffix += shard
        self.folder = f"sales/export_date={day}"
        self.rejects_name = f"sales_rejects/export_date={day}/rejects{suffix}.jsonl"
        self.files: list[str] = []
        self.rows = 0
        self.rejected = 0
        self.first_rejects: list[str] = []
        self.first_sold: int | None = None
        self._bucket = bucket
        self._batch: list[list[Any]] = []
        self._rejects = rejects

    def add(self, document: Any, known_from: int | None) -> None:
        """Add a protobuf Document; one that cannot be read becomes a row with the reason, and a reject.

        known_from is in microseconds since 1970; None stands for history, known since it was sold.
        """
        version = version_of(document)
        try:
            values, unreadable = read_document(document), None
        except UnreadableDocumentError as error:
            values, unreadable = NOTHING, str(error)
            self.reject(version.document_id, {"document": MessageToDict(document)}, unreadable)
        self.add_row(values, version, known_from, unreadable)

    def add_row(
        self, values: list[Any], version: Version, known_from: int | None, unreadable: str | None = None
    ) -> None:
        """Add a version's values in the contract's order, or the fact that it cannot be read."""
        sold = values[SOLD]
        if sold is not None:
            self._note_sale_time(sold)
        if known_from is None:
            known_from = version.create_time if sold is None else sold
        self._add([*values, *_version_columns(version), known_from, False, unreadable, self.export_id])

    def reject(self, record_id: str, kept: dict[str, Any], reason: str) -> None:
        """Keep what could not be read, with the reason."""
        self.rejected += 1
        if len(self.first_rejects) < REJECTS_SHOWN:
            name = (
                record_id if record_id.isprintable() and len(record_id) <= LONGEST_SHOWN else shown(record_id)
            )
            self.first_rejects.append(f"{name}: {reason}")
        self._rejects.write(json.dumps(kept | {"reason": reason}, ensure_ascii=False).encode() + b"\n")

    def add_deleted(self, version: Version, seen_missing: int) -> None:
        """Record the deletion of a document, last seen as this version."""
        self._add([*NOTHING, *_version_columns(version), seen_missing, True, None, self.export_id])

    def first_sale(self) -> date | None:
        """Return the UTC day of the earliest sale among the rows."""
        if self.first_sold is None:
            return None
        return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=self.first_sold)).date()

    def take(self, part: Part) -> None:
        """Include what a shard has written."""
        self.rows += part.rows
        self.files += part.files
        if part.rejected and not self.rejected:
            self.rejects_name = part.rejects_name
        self.rejected += part.rejected
        self.first_rejects = [*self.first_rejects, *part.first_rejects][:REJECTS_SHOWN]
        if part.first_sold is not None:
            self._note_sale_time(part.first_sold)

    def finish(self) -> None:
        """Write the remaining rows, and the rejects."""
        if self._batch:
            self._write_file()
        if self.rejected:
            self._rejects.seek(0)
            blob = self._bucket.blob(self.rejects_name)
            blob.upload_from_file(self._rejects, content_type="application/x-ndjson")

    def delete_all_but(self, files: list[str]) -> None:
        """Delete the day's files except these: no manifest names them."""
        for blob in self._bucket.list_blobs(prefix=f"{self.folder}/"):
            if blob.name not in files:
                blob.delete()

    def _note_sale_time(self, moment: int) -> None:
        self.first_sold = moment if self.first_sold is None else min(moment, self.first_sold)

    def _add(self, row: list[Any]) -> None:
        self.rows += 1
        self._batch.append(row)
        if len(self._batch) == ROWS_A_FILE:
            self._write_file()

    def _write_file(self) -> None:
        values = zip(*self._batch, strict=True)
        columns = [pa.array(cells, column.type) for cells, column in zip(values, SCHEMA, strict=True)]
        parquet = io.BytesIO()
        pq.write_table(pa.table(columns, schema=SCHEMA), parquet)
        name = f"{self.folder}/{self._stem}-{len(self.files):05}.parquet"
        self._bucket.blob(name).upload_from_string(parquet.getvalue())
        self.files.append(name)
        self._batch.clear()


def _version_columns(version: Version) -> tuple[str, int | None, int]:
    """Return a version's id and times as a row has them."""
    created = None if version.create_time == UNSAID else version.create_time
    return version.document_id, created, version.update_time
