"""Export the changed sales documents of Firestore to Parquet in the bronze bucket."""

import io
import json
import tempfile
import uuid
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq
from google.cloud.storage import Bucket
from google.protobuf.json_format import MessageToDict
from google.protobuf.timestamp_pb2 import Timestamp

from components.export_sales.documents import (
    SCHEMA,
    UnreadableDocumentError,
    microseconds,
    read_document,
)
from components.export_sales.manifest import Manifest, previous_manifest, write_manifest
from components.export_sales.source import stream_documents
from components.shared.artifacts import Artifact
from components.shared.clients import firestore_query_client, storage_client
from components.shared.dates import parse_date
from components.shared.errors import StepError
from components.shared.run_record import step_record

ROWS_A_FILE = 25_000
REJECTS_ALWAYS_TOLERATED = 5


@dataclass(frozen=True)
class ExportSummary:
    """What an export did: documents seen in the collection, changed since the last export, rejected."""

    documents: int
    rows: int
    rejects: int
    files: int
    uri: str


@dataclass
class _Writer:
    """Collects rows and writes a Parquet file for every ROWS_A_FILE of them."""

    bucket: Bucket
    folder: str
    export_id: str
    files: list[str] = field(default_factory=list)
    rows: int = 0
    _batch: list[list[Any]] = field(default_factory=list)

    def add(self, row: list[Any]) -> None:
        self._batch.append(row)
        if len(self._batch) == ROWS_A_FILE:
            self.flush()

    def flush(self) -> None:
        if not self._batch:
            return
        columns = [
            pa.array(values, column.type)
            for values, column in zip(zip(*self._batch, strict=True), SCHEMA, strict=True)
        ]
        parquet = io.BytesIO()
        pq.write_table(pa.table(columns, schema=SCHEMA), parquet)
        name = f"{self.folder}/{self.export_id}-{len(self.files):05}.parquet"
        self.bucket.blob(name).upload_from_string(parquet.getvalue())
        self.files.append(name)
        self.rows += len(self._batch)
        self._batch.clear()


def run(*, project: str, bucket: str, as_of: str, run_id: str, sales: Artifact, **settings: Any) -> None:
    """Export as the pipeline's step, and describe the folder as its artifact."""
    with step_record(project, bucket, run_id, "export_sales") as counts:
        summary = export_sales(project=project, bucket_name=bucket, as_of=as_of, **settings)
        counts.update(asdict(summary))
        sales.uri = summary.uri
        sales.metadata.update(asdict(summary))


def export_sales(
    *,
    project: str,
    database: str,
    collection: str,
    bucket_name: str,
    as_of: str,
    max_reject_share: float,
) -> ExportSummary:
    """Write the documents changed since the previous export under sales/export_date=AS_OF, and a manifest.

    The whole collection is read, since only that finds every change and every malformed document; memory
    holds ROWS_A_FILE rows. Raises StepError when nothing can be exported or too much had to be rejected.
    """
    day = parse_date(as_of)
    bucket = storage_client(project).lookup_bucket(bucket_name)
    if bucket is None:
        raise StepError(f"the bucket {bucket_name} does not exist: create it, or set the parameter bucket")
    before = previous_manifest(bucket, day)
    changed_after = _microseconds_of(before.read_time) if before else -1
    writer = _Writer(bucket, f"sales/export_date={day}", uuid.uuid4().hex)

    with tempfile.TemporaryFile("w+", encoding="utf-8") as rejects:
        documents, rejected, read_time = 0, 0, ""
        for response in stream_documents(firestore_query_client(), project, database, collection):
            read_time = read_time or response.read_time.ToJsonString()
            if not response.document.name:
                continue
            documents += 1
            rejected += _take(response.document, changed_after, writer, rejects)
        writer.flush()
        if not documents:
            raise StepError(
                f"the collection {collection} is empty: run python -m generators.sales, or import your own"
            )
        _keep_rejects(bucket, day, rejected, rejects)
    _check_share(writer.rows, rejected, max_reject_share, before is None, f"gs://{bucket_name}/sales_rejects")

    write_manifest(
        bucket, day, Manifest(writer.export_id, read_time, documents, writer.rows, rejected, writer.files)
    )
    _delete_others(bucket, writer)
    return ExportSummary(
        documents, writer.rows, rejected, len(writer.files), f"gs://{bucket_name}/{writer.folder}"
    )


def _microseconds_of(rfc3339: str) -> int:
    moment = Timestamp()
    moment.FromJsonString(rfc3339)
    return microseconds(moment)


def _take(document: Any, changed_after: int, writer: _Writer, rejects: IO[str]) -> bool:
    """Write a changed document to the export or to the rejects; return whether it was rejected."""
    update_time = microseconds(document.update_time)
    if update_time <= changed_after:
        return False
    try:
        row = read_document(document)
    except UnreadableDocumentError as error:
        record = {"document": MessageToDict(document), "reason": str(error)}
        rejects.write(json.dumps(record, ensure_ascii=False) + "\n")
        return True
    writer.add([*row, document.name.rpartition("/")[2], update_time, writer.export_id])
    return False


def _keep_rejects(bucket: Bucket, day: date, rejected: int, rejects: IO[str]) -> None:
    blob = bucket.blob(f"sales_rejects/export_date={day}/rejects.jsonl")
    if rejected:
        rejects.flush()
        rejects.seek(0)
        blob.upload_from_file(rejects.buffer, content_type="application/x-ndjson")  # type: ignore[attr-defined]
    elif blob.exists():
        blob.delete()


def _check_share(rows: int, rejected: int, max_share: float, first: bool, where: str) -> None:
    if first and not rows:
        raise StepError(f"none of the {rejected} documents can be read: see the reasons in {where}")
    if rejected > max(REJECTS_ALWAYS_TOLERATED, max_share * (rows + rejected)):
        raise StepError(
            f"{rejected} of {rows + rejected} changed documents cannot be read, more than the share "
            f"{max_share:.1%} that max_reject_share allows: see the reasons in {where}"
        )


def _delete_others(bucket: Bucket, writer: _Writer) -> None:
    """Delete what earlier attempts at the same day left; no manifest names it any more."""
    for blob in bucket.list_blobs(prefix=f"{writer.folder}/"):
        if blob.name not in writer.files:
            blob.delete()
