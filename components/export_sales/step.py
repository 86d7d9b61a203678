"""Export the changed sales documents of Firestore to Parquet in the bronze bucket."""

import tempfile
import uuid
from dataclasses import asdict, dataclass
from datetime import date

from google.cloud.storage import Bucket
from google.protobuf.timestamp_pb2 import Timestamp

from components.export_sales.documents import microseconds
from components.export_sales.manifest import Manifest, previous_manifest, read_manifest, write_manifest
from components.export_sales.source import stream_documents
from components.export_sales.writer import ExportWriter
from components.shared.artifacts import Artifact
from components.shared.clients import firestore_query_client, storage_client
from components.shared.dates import parse_date
from components.shared.errors import StepError
from components.shared.retries import retried
from components.shared.run_record import step_record
from contracts.contract import REJECTS_ALWAYS_TOLERATED


@dataclass(frozen=True)
class ExportSummary:
    """What an export holds: documents in the collection, changed rows, rejects, files and their folder."""

    documents: int
    rows: int
    rejects: int
    files: int
    uri: str


def run(
    *,
    project: str,
    bucket: str,
    database: str,
    collection: str,
    as_of: str,
    run_id: str,
    max_reject_share: float,
    sales: Artifact,
) -> None:
    """Export as the pipeline's step, and describe the folder as its artifact."""
    with step_record(project, bucket, run_id, "export_sales") as counts:
        summary = export_sales(
            project=project,
            database=database,
            collection=collection,
            bucket=bucket,
            as_of=as_of,
            max_reject_share=max_reject_share,
        )
        counts.update(asdict(summary))
        sales.uri = summary.uri
        sales.metadata.update(asdict(summary))


@retried
def export_sales(
    *,
    project: str,
    database: str,
    collection: str,
    bucket: str,
    as_of: str,
    max_reject_share: float,
) -> ExportSummary:
    """Write the documents changed since the previous export under sales/export_date=AS_OF, and a manifest.

    The whole collection is read, since only that finds every change and every malformed document; memory
    holds one file's rows. An export that would hold what the day's export holds already leaves that one
    as it is. Raises StepError when nothing can be exported or too much had to be rejected.
    """
    day = parse_date(as_of)
    lake = storage_client(project).lookup_bucket(bucket)
    if lake is None:
        raise StepError(f"the bucket {bucket} does not exist: create it, or set the parameter bucket")
    standing = read_manifest(lake, day)
    with tempfile.TemporaryFile() as rejects:
        writer = ExportWriter(lake, day, uuid.uuid4().hex, rejects)
        try:
            manifest = _write(writer, lake, day, project, database, collection, max_reject_share)
            if standing and standing.digest == manifest.digest:
                manifest = standing
            else:
                write_manifest(lake, day, manifest)
                standing = manifest
        finally:
            writer.delete_all_but(standing.files if standing else [])
    return ExportSummary(
        documents=manifest.documents,
        rows=manifest.rows,
        rejects=manifest.rejects,
        files=len(manifest.files),
        uri=f"gs://{bucket}/{writer.folder}",
    )


def _write(
    writer: ExportWriter,
    lake: Bucket,
    day: date,
    project: str,
    database: str,
    collection: str,
    max_reject_share: float,
) -> Manifest:
    """Write the changed documents' files and return the manifest that would publish them."""
    before = previous_manifest(lake, day)
    changed_after = _microseconds_of(before.read_time) if before else -1
    documents, read_time = 0, ""
    for response in stream_documents(firestore_query_client(), project, database, collection):
        read_time = read_time or response.read_time.ToJsonString()
        if not response.document.name:
            continue
        documents += 1
        if microseconds(response.document.update_time) > changed_after:
            writer.add(response.document)
    if not documents:
        raise StepError(
            f"the collection {collection} is empty: run python -m generators.sales, or import your own sales"
        )
    digest = writer.finish()
    _check_rejects(writer, max_reject_share, first=before is None)
    return Manifest(
        writer.export_id, digest, read_time, documents, writer.rows, writer.rejected, writer.files
    )


def _check_rejects(writer: ExportWriter, max_share: float, *, first: bool) -> None:
    where = f"see the reasons in {writer.rejects_name}"
    if first and not writer.rows:
        raise StepError(f"none of the {writer.rejected} documents can be read: {where}")
    changed = writer.rows + writer.rejected
    if writer.rejected > max(REJECTS_ALWAYS_TOLERATED, max_share * changed):
        raise StepError(
            f"{writer.rejected} of {changed} changed documents cannot be read, more than the share "
            f"{max_share:.1%} that max_reject_share allows: {where}"
        )


def _microseconds_of(rfc3339: str) -> int:
    moment = Timestamp()
    moment.FromJsonString(rfc3339)
    return microseconds(moment)
