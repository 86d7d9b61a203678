"""The delta of an export: what it read, if it did not look at all documents.

The next full pass merges the deltas since the last one into its index. A delta is as large as what changed,
and no export reads or writes an index that grows with history.
"""

from typing import IO, Any, Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from google.cloud.storage import Bucket

from components.export_sales.index import FOLDER, ROWS_A_GROUP, Version, as_table

NUMBER = r"^__id(?P<number>-?[0-9]+)__$"


def delta_name(day: Any, export_id: str) -> str:
    """Return the name of an export's delta inside the bucket."""
    return f"{FOLDER}/export_date={day}/{export_id}-delta.parquet"


class DeltaWriter:
    """Versions in the order in which they arrive, kept as Arrow at 50 bytes each."""

    def __init__(self, file: IO[bytes], schema: pa.Schema) -> None:
        """Take the open file to write to once all versions are there."""
        self._file = file
        self._schema = schema
        self._versions: list[Version] = []
        self._tables: list[pa.Table] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._versions.clear()
        self._tables.clear()

    def __len__(self) -> int:
        return len(self._versions) + sum(map(len, self._tables))

    def add(self, version: Version) -> None:
        """Add a version."""
        self._versions.append(version)
        if len(self._versions) == ROWS_A_GROUP:
            self._pack()

    def upload(self, bucket: Bucket, name: str) -> None:
        """Upload all versions to the bucket, in Firestore's order."""
        self._pack()
        pq.write_table(in_order(pa.concat_tables(self._tables)), self._file, row_group_size=ROWS_A_GROUP)
        self._file.seek(0)
        bucket.blob(name).upload_from_file(self._file)

    def _pack(self) -> None:
        self._tables.append(as_table(self._versions, self._schema))
        self._versions.clear()


def in_order(versions: pa.Table) -> pa.Table:
    """Return versions in Firestore's order: numeric ids first, then strings by their UTF-8 bytes."""
    found = pc.extract_regex(versions["document_id"], NUMBER)
    numbers = pc.cast(pc.struct_field(found, "number"), pa.int64())
    keys = [("number", "ascending"), ("document_id", "ascending")]
    places = pc.sort_indices(versions.append_column("number", numbers), keys)  # others come last
    return versions.take(places)
