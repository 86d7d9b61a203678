"""The index of an export: every document in its snapshot, in Firestore's order.

The next export reads it in step with the new snapshot to find what is new, changed and deleted, using memory
that does not grow with the collection.
"""

import heapq
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import groupby, repeat
from typing import IO, Any, NamedTuple, Self

import pyarrow as pa
import pyarrow.parquet as pq
from google.cloud.storage import Bucket

from components.export_sales.documents import timestamp_to_micros
from components.export_sales.manifest import ALL as ALL_EXPORTS
from components.export_sales.manifest import Export, published_exports
from components.export_sales.spans import ALL, Span, place
from components.shared.errors import StepError
from components.shared.logs import log

FOLDER = "sales_index"
UNFINISHED = f"{FOLDER}/unfinished/"  # what shards have written of an export not published yet
SCHEMA = pa.schema({"document_id": pa.string(), "create_time": pa.int64(), "update_time": pa.int64()})
# With a change log: also a digest of the document's content, and whether it is gone; so have the deltas.
LOG_SCHEMA = pa.unify_schemas([SCHEMA, pa.schema({"digest": pa.string(), "is_gone": pa.bool_()})])
# With a mapping: also what a document became, and a digest of its content if its source has no change times.
MAPPED_SCHEMA = pa.unify_schemas(
    [
        SCHEMA,
        pa.schema({"digest": pa.string()}),
        pa.schema({name: pa.list_(pa.string()) for name in ("sales", "left_out")}),
    ]
)
ROWS_A_GROUP = 50_000
KEPT = 3  # newest indexes: if a manifest turns out to be unreadable, the one before it counts
UNKNOWN = -1  # create_time from an export by an earlier version of this project
UNSAID = -2  # create_time from a change log that does not hold it


class Version(NamedTuple):
    """A document's version: its id, and when it was created and last changed, in microseconds.

    With a mapping it also has the digest of its content, the ids of its sales, and why parts of it were left
    out; without one it is one sale with the same id. With a change log it also has the digest, and whether it
    was deleted.
    """

    document_id: str
    create_time: int
    update_time: int
    digest: str = ""
    sales: Sequence[str] | None = None
    left_out: Sequence[str] = ()
    is_gone: bool = False

    @property
    def records(self) -> Sequence[str]:
        """The ids of its sales in bronze."""
        return (self.document_id,) if self.sales is None else self.sales

    def is_same_write(self, other: Self) -> bool:
        """Return whether another version of the document comes from the same write."""
        return (self.create_time, self.update_time) == (other.create_time, other.update_time)

    def is_older(self, other: Self) -> bool:
        """Return whether another version of the document was written later."""
        return (self.create_time, self.update_time) < (other.create_time, other.update_time)

    def is_same_life(self, then: Self) -> bool:
        """Return whether the document was not created anew since an earlier version, as far as is known."""
        return then.create_time in (self.create_time, UNKNOWN, UNSAID)

    def known_from(self, *, was_there: bool) -> int:
        """Return when it became known: at its last change if the document was there, else at its creation."""
        return self.update_time if was_there or self.create_time == UNSAID else self.create_time


class Difference(NamedTuple):
    """A document of a snapshot (None if deleted) and its version in the one before (None if new)."""

    now: Any
    before: Version | None


class IndexWriter:
    """A writer of an index to its own file, as the documents arrive."""

    def __init__(self, file: IO[bytes], schema: pa.Schema) -> None:
        self._file = file
        self._schema = schema
        self._writer = pq.ParquetWriter(file, schema)
        self._versions: list[Version] = []
        self._length = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._writer.close()

    def __len__(self) -> int:
        return self._length

    def add(self, version: Version) -> None:
        """Add a version; they come in Firestore's order."""
        self._length += 1
        self._versions.append(version)
        if len(self._versions) == ROWS_A_GROUP:
            self._write()

    def take(self, file: IO[bytes]) -> None:
        """Append another index, whose documents come later."""
        listed = pq.ParquetFile(file)
        for group in range(listed.num_row_groups):
            self._writer.write_table(listed.read_row_group(group))
        self._length += listed.metadata.num_rows

    def upload(self, bucket: Bucket, name: str) -> None:
        """Write the rest, and upload the whole index to the bucket."""
        self.finish()
        self._file.seek(0)
        bucket.blob(name).upload_from_file(self._file)

    def finish(self) -> None:
        """Write the rest to the file."""
        self._write()
        self._writer.close()

    def _write(self) -> None:
        self._writer.write_table(as_table(self._versions, self._schema))
        self._versions.clear()


def as_table(versions: Sequence[Version], schema: pa.Schema) -> pa.Table:
    """Return versions as Arrow, with a column for each field of the schema."""
    arrays = [
        pa.array([getattr(version, field.name) for version in versions], field.type) for field in schema
    ]
    return pa.table(arrays, schema=schema)


def versions_in(file: IO[bytes], span: Span = ALL) -> Iterator[Version]:
    """Yield the versions of a span that an object lists; memory holds some thousands of them."""
    defaults = Version._field_defaults
    listed = pq.ParquetFile(file)
    _check_columns(listed.schema_arrow)
    for batch in listed.iter_batches(ROWS_A_GROUP, row_groups=_groups(listed, span)):
        there = batch.schema.names
        versions = map(
            Version,
            *(
                batch[name].to_pylist() if name in there else repeat(defaults[name])
                for name in Version._fields
            ),
        )
        yield from versions if span == ALL else (each for each in versions if span.holds(each.document_id))


def _groups(listed: pq.ParquetFile, span: Span) -> list[int]:
    """Return the row groups in which documents of a span may be."""
    groups = [listed.metadata.row_group(number) for number in range(listed.num_row_groups)]
    column = listed.schema_arrow.get_field_index("document_id")
    return [number for number, group in enumerate(groups) if span.may_hold(group.column(column).statistics)]


def objects_of(export: Export) -> list[str]:
    """Return the objects that together say what an export knew; later ones override earlier ones."""
    return [export.manifest.index, *export.manifest.deltas]


def is_whole(bucket: Bucket, export: Export) -> bool:
    """Return whether all objects that say what an export knew exist."""
    there = {blob.name for blob in bucket.list_blobs(prefix=f"{FOLDER}/")}  # prune has left few
    return there.issuperset(objects_of(export))


def prune(bucket: Bucket, exports: list[Export]) -> bool:
    """Delete all indexes except the newest exports'; return whether an unfinished one is left."""
    kept = {name for export in exports[-KEPT:] for name in objects_of(export)}
    unfinished = False
    for blob in bucket.list_blobs(prefix=f"{FOLDER}/"):
        if blob.name.startswith(UNFINISHED):
            unfinished = True
        elif blob.name not in kept:
            blob.delete()
    return unfinished


def version_of(document: Any) -> Version:
    """Return the version of a protobuf Document."""
    return Version(
        id_in_firestore(document),
        timestamp_to_micros(document.create_time),
        timestamp_to_micros(document.update_time),
    )


def read_index(
    bucket: Bucket, exports: list[Export], document_of: Callable[[str], str] | None = None, span: Span = ALL
) -> Iterator[Version]:
    """Yield the newest export's documents of a span, from its index, or from all exports' files without one.

    What exports have read since the index was written is merged into it. Files contain sales: document_of
    returns a sale's document where one document can become several sales.
    """
    if not exports:
        return
    if not is_whole(bucket, exports[-1]):
        log("WARNING", "the newest export has no index: it is rebuilt from the files of all exports")
        anew = _rebuild_index(bucket, published_exports(bucket, ALL_EXPORTS))
        versions = _by_document(anew, document_of) if document_of else anew
        yield from (version for version in versions if span.holds(version.document_id))
        return
    known = merge_versions(bucket, objects_of(exports[-1]), span)
    yield from (version for version in known if not version.is_gone)


def merge_versions(bucket: Bucket, names: Sequence[str], span: Span = ALL) -> Iterator[Version]:
    """Yield the last version of each document of a span; later objects override earlier ones."""
    with ExitStack() as files:
        lists = [
            _download_versions(bucket, name, files.enter_context(tempfile.TemporaryFile()), span)
            for name in names
        ]
        if len(lists) == 1:
            yield from lists[0]
            return
        ordered = heapq.merge(*lists, key=lambda version: place(version.document_id))
        for _, versions in groupby(ordered, key=lambda version: version.document_id):
            *_, last = versions  # heapq.merge keeps the order of the lists among equals
            yield last


def _download_versions(bucket: Bucket, name: str, file: IO[bytes], span: Span) -> Iterator[Version]:
    bucket.blob(name).download_to_file(file)
    with _naming_damage(bucket, name):
        yield from versions_in(file, span)


@contextmanager
def _naming_damage(bucket: Bucket, name: str) -> Iterator[None]:
    """Say which object cannot be read; what is missing, unlike what is damaged, is made again."""
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        what = str(error).partition("\n")[0]
        raise StepError(
            f"gs://{bucket.name}/{name} is damaged: move it out of its folder and run the day again, which "
            f"makes up for it from the other exports and the source ({what})"
        ) from error


def _check_columns(schema: pa.Schema) -> None:
    if missing := [name for name in ("document_id", "update_time") if name not in schema.names]:
        raise pa.ArrowInvalid(f"it has no column {missing[0]}")


def _rebuild_index(bucket: Bucket, exports: list[Export]) -> Iterator[Version]:
    """Yield the documents that remain after all exports; memory holds one version of each."""
    last: dict[str, Version] = {}
    for export in exports:
        for name in export.manifest.files:
            for version, is_deleted in _versions_in(bucket, name):
                if is_deleted:
                    last.pop(version.document_id, None)
                elif (known := last.get(version.document_id)) is None or known.is_older(version):
                    last[version.document_id] = version
    yield from sorted(last.values(), key=lambda version: place(version.document_id))


def _by_document(sales: Iterable[Version], document_of: Callable[[str], str]) -> Iterator[Version]:
    """Yield the documents that sales came from, each as if it had changed since."""
    found: dict[str, list[Version]] = {}
    for sale in sales:
        found.setdefault(document_of(sale.document_id), []).append(sale)
    for document_id in sorted(found, key=place):
        ids = [sale.document_id for sale in found[document_id]]
        yield Version(document_id, found[document_id][0].create_time, UNKNOWN, sales=ids)


def _versions_in(bucket: Bucket, name: str) -> Iterator[tuple[Version, bool]]:
    """Yield the versions in an export's file, and whether each is a deletion.

    A file by an earlier version of this project has no create_time, so its documents count as changed once.
    """
    with tempfile.TemporaryFile() as file:
        bucket.blob(name).download_to_file(file)
        with _naming_damage(bucket, name):
            table = pq.read_table(file)
            _check_columns(table.schema)
    nothing = pa.nulls(len(table))
    cells = [
        (table[name] if name in table.column_names else nothing).cast(kind).to_pylist()
        for name, kind in [*zip(SCHEMA.names, SCHEMA.types, strict=True), ("is_deleted", pa.bool_())]
    ]
    for document_id, created, updated, is_deleted in zip(*cells, strict=True):
        yield Version(document_id, UNKNOWN if created is None else created, updated), bool(is_deleted)


def id_in_firestore(document: Any) -> str:
    """Return the id of a protobuf Document."""
    return str(document.name.rpartition("/")[2])


def differences(
    documents: Iterable[Any], before: Iterator[Version], id_of: Callable[[Any], str] = id_in_firestore
) -> Iterator[Difference]:
    """Yield each document of a snapshot with its previous version, and each deleted one.

    Raises StepError if the documents are not in Firestore's order, which would make some seem deleted.
    """
    old = next(before, None)
    last: tuple[int, int, bytes] | None = None
    for document in documents:
        here = place(id_of(document))
        if last is not None and here <= last:
            raise StepError(f"{id_of(document)} is out of order: nothing was exported")
        last = here
        while old is not None and place(old.document_id) < here:
            yield Difference(None, old)
            old = next(before, None)
        if old is not None and place(old.document_id) == here:
            yield Difference(document, old)
            old = next(before, None)
        else:
            yield Difference(document, None)
    while old is not None:
        yield Difference(None, old)
        old = next(before, None)
