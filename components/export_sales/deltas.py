"""The delta of an export: what it read, if it did not look at all documents.

The next full pass merges the deltas since the last one into its index. A delta is as large as what changed,
and no export reads or writes an index that grows with history.
"""

from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from google.cloud.storage import Bucket

from components.export_sales.index import FOLDER, ROWS_A_GROUP, IndexWriter

NUMBER = r"^__id(?P<number>-?[0-9]+)__$"


class DeltaWriter(IndexWriter):
    """A writer of versions in the order in which they arrive, sorted at the end."""

    def finish(self) -> None:
        """Write the rest to the file, and all versions in Firestore's order."""
        super().finish()
        self._file.seek(0)
        versions = in_order(pq.read_table(self._file))
        self._file.seek(0)
        self._file.truncate()
        pq.write_table(versions, self._file, row_group_size=ROWS_A_GROUP)


def upload_delta(writer: IndexWriter, bucket: Bucket, day: date, export_id: str) -> list[str]:
    """Upload a delta if it has any versions; return its name, or nothing, as a list."""
    if not len(writer):
        return []
    name = f"{FOLDER}/export_date={day}/{export_id}-delta.parquet"
    writer.upload(bucket, name)
    return [name]


def in_order(versions: pa.Table) -> pa.Table:
    """Return versions in Firestore's order: numeric ids first, then strings by their UTF-8 bytes."""
    found = pc.extract_regex(versions["document_id"], NUMBER)
    numbers = pc.cast(pc.struct_field(found, "number"), pa.int64())
    keys = [("number", "ascending"), ("document_id", "ascending")]
    places = pc.sort_indices(versions.append_column("number", numbers), keys)  # others come last
    return versions.take(places)
