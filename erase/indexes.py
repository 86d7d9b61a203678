"""The indexes of the exports, which list the documents that exist."""

import tempfile
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq
from google.cloud.storage import Blob, Bucket

from components.export_sales import index
from erase import lake
from erase.manifests import published_manifests
from erase.plan import Plan, Tally


def look(bucket: Bucket, plan: Plan) -> None:
    """Count in the plan the lines of the indexes, and those that are theirs."""
    tally = plan.places[f"{index.FOLDER}/"] = Tally()
    for blob, documents in _indexes(bucket, plan):
        with lake.open_blob(blob) as file:
            going = _rows_to_remove(pq.read_table(file), documents)
        theirs = sum(going)
        tally.held += len(going)
        tally.theirs += theirs
        plan.objects |= {lake.versioned(blob)} if theirs else set()


def remove(bucket: Bucket, plan: Plan) -> None:
    """Rewrite the indexes without the documents that are erased."""
    for blob, documents in _indexes(bucket, plan):
        _replace(blob, documents)


def _indexes(bucket: Bucket, plan: Plan) -> Iterator[tuple[Blob, set[str]]]:
    """Yield the indexes, each with the documents that it must not list."""
    published = published_manifests(bucket)
    newest = index.objects_of(published[-1].export) if published else []
    for blob in lake.objects(bucket, index.FOLDER):
        if not blob.name.endswith(".parquet"):  # belongs to shards that are not published yet
            continue
        yield blob, plan.documents | (plan.gone if blob.name in newest else set())


def _rows_to_remove(listed: pa.Table | pa.RecordBatch, documents: set[str]) -> list[bool]:
    """Return, for each line of an index, whether to remove it: its document goes, or all its sales do."""
    ids = listed["document_id"].to_pylist()
    if "sales" not in listed.schema.names:
        return [each in documents for each in ids]
    pairs = zip(ids, listed["sales"].to_pylist(), strict=True)
    return [each in documents or (bool(sales) and documents.issuperset(sales)) for each, sales in pairs]


def _replace(blob: Blob, documents: set[str]) -> None:
    with lake.open_blob(blob) as file, tempfile.TemporaryFile() as left:
        source = pq.ParquetFile(file)
        kept = 0
        with pq.ParquetWriter(left, source.schema_arrow) as writer:
            for batch in source.iter_batches(index.ROWS_A_GROUP):
                keeps = [not goes for goes in _rows_to_remove(batch, documents)]
                kept += sum(keeps)
                writer.write_batch(batch.filter(pa.array(keeps, pa.bool_())))
        if kept < source.metadata.num_rows:
            lake.replace(blob, left)
