"""Write documents as Parquet files and rejects, in memory that does not grow with them."""

import hashlib
import io
import json
from datetime import date
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq
from google.cloud.storage import Bucket
from google.protobuf.json_format import MessageToDict

from components.export_sales.documents import SCHEMA, UnreadableDocumentError, microseconds, read_document

ROWS_A_FILE = 25_000


class ExportWriter:
    """One attempt at a day's export: its files carry its export_id in their names and rows."""

    def __init__(self, bucket: Bucket, day: date, export_id: str, rejects: IO[bytes]) -> None:
        """Write under sales/export_date=DAY of the bucket; rejects wait in an open file of their own."""
        self.export_id = export_id
        self.folder = f"sales/export_date={day}"
        self.rejects_name = f"sales_rejects/export_date={day}/rejects.jsonl"
        self.files: list[str] = []
        self.rows = 0
        self.rejected = 0
        self._bucket = bucket
        self._batch: list[list[Any]] = []
        self._digest = hashlib.sha256()
        self._rejects = rejects

    def add(self, document: Any) -> None:
        """Take a protobuf Document in, as a row or as a reject with the reason."""
        update_time = microseconds(document.update_time)
        self._digest.update(f"{document.name} {update_time}\n".encode())
        try:
            row = read_document(document)
        except UnreadableDocumentError as error:
            self.rejected += 1
            record = {"document": MessageToDict(document), "reason": str(error)}
            self._rejects.write(json.dumps(record, ensure_ascii=False).encode() + b"\n")
            return
        self.rows += 1
        self._batch.append([*row, document.name.rpartition("/")[2], update_time, self.export_id])
        if len(self._batch) == ROWS_A_FILE:
            self._write_file()

    def finish(self) -> str:
        """Write what is left and the rejects; return the digest of the documents and their versions."""
        if self._batch:
            self._write_file()
        blob = self._bucket.blob(self.rejects_name)
        if self.rejected:
            self._rejects.seek(0)
            blob.upload_from_file(self._rejects, content_type="application/x-ndjson")
        elif blob.exists():
            blob.delete()
        return self._digest.hexdigest()

    def delete_all_but(self, files: list[str]) -> None:
        """Delete the day's files but these: what no manifest names any more."""
        for blob in self._bucket.list_blobs(prefix=f"{self.folder}/"):
            if blob.name not in files:
                blob.delete()

    def _write_file(self) -> None:
        values = zip(*self._batch, strict=True)
        columns = [pa.array(cells, column.type) for cells, column in zip(values, SCHEMA, strict=True)]
        parquet = io.BytesIO()
        pq.write_table(pa.table(columns, schema=SCHEMA), parquet)
        name = f"{self.folder}/{self.export_id}-{len(self.files):05}.parquet"
        self._bucket.blob(name).upload_from_string(parquet.getvalue())
        self.files.append(name)
        self._batch.clear()
