"""The manifests of the exports, each written last and at once, so that a partial export is never read.

A day has one manifest for each export that found something new: manifest.json, manifest-2.json and so on.
"""

import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

from google.api_core.exceptions import PreconditionFailed
from google.cloud.storage import Blob, Bucket
from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, ValidationError, field_validator

from components.shared.errors import StepError
from components.shared.logs import log

FOLDER = "sales_manifests"
FILES = "sales"
RECENT = 32  # exports: a month's reveal what may be wrong with the newest, the base of the next
ALL = sys.maxsize
ASIDE = "sales_rejects/manifests"  # where objects among the manifests that are not manifests are put
_NAME = re.compile(rf"{FOLDER}/export_date=(\d{{4}}-\d{{2}}-\d{{2}})/manifest(?:-(\d+))?\.json")


class Manifest(BaseModel):
    """What one complete export contains.

    read_time is the Firestore time of the snapshot that it read. new, changed and unchanged count the
    snapshot's documents against the previous export's, and deleted those of the latter that are gone; rows
    counts the rows of the files, one for each document that is not unchanged, and rejects those of them that
    could not be read. index is the object that lists the snapshot's documents; first_sale is the day of the
    earliest sale so far.

    With a mapping a document can be several sales: then all of these count sales, and a document that could
    not be read counts as one. source names what was read, sources all that was ever read, mapping the object
    of the bucket that was used, and mapping_digest its content. source_rows counts the documents, and
    left_out those left out for each reason.

    mode says how changes since the previous export were found, such as by changed_field; it is empty for a
    scan. full_pass is the day of the newest export that looked at all documents: index is from that export,
    and deltas are the objects that list what exports have read since. unstamped documents have no time in
    changed_field; unlogged ones have no event in changelog_table, from which the export was made.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    export_id: str = Field(min_length=1)
    read_time: str
    documents: NonNegativeInt
    new: NonNegativeInt = 0
    changed: NonNegativeInt = 0
    deleted: NonNegativeInt = 0
    unchanged: NonNegativeInt = 0
    rows: NonNegativeInt
    rejects: NonNegativeInt
    files: list[str]
    index: str = ""
    first_sale: str | None = None
    source: str = ""
    sources: list[str] = []
    mapping: str = ""
    mapping_digest: str = ""
    source_rows: NonNegativeInt = 0
    left_out: dict[str, NonNegativeInt] = {}
    mode: str = ""
    changed_field: str = ""
    full_pass: date | None = Field(default=None, strict=False)
    deltas: list[str] = []
    unstamped: NonNegativeInt = 0
    changelog_table: str = ""
    unlogged: NonNegativeInt = 0
    digest: str = ""  # in exports by an earlier version

    @field_validator("read_time")
    @classmethod
    def _is_a_time(cls, value: str) -> str:
        if datetime.fromisoformat(value).tzinfo is None:
            raise ValueError("read_time has no time zone")
        return value

    @property
    def read_at(self) -> datetime:
        """The time of the snapshot, to the microsecond."""
        return datetime.fromisoformat(self.read_time)


@dataclass(frozen=True)
class Export:
    """A published export: its day, its number within the day, and its manifest."""

    day: date
    number: int
    manifest: Manifest


OF_MAPPINGS = {"source", "sources", "mapping", "mapping_digest", "source_rows", "left_out"}
OF_MODES = {"mode", "changed_field", "full_pass", "deltas", "unstamped", "changelog_table", "unlogged"}


def as_json(manifest: Manifest) -> str:
    """Return a manifest as stored, without the fields that only a mapping or another mode uses."""
    unsaid = {name for name in OF_MAPPINGS | OF_MODES if not getattr(manifest, name)}
    return manifest.model_dump_json(exclude={"digest"} | unsaid) + "\n"


def suffix(number: int) -> str:
    """Return the suffix of a day's export in names: nothing for the first, -2 for the second."""
    return f"-{number}" if number > 1 else ""


def write_manifest(bucket: Bucket, export: Export) -> None:
    """Publish an export; raise StepError if another was published in its place meanwhile."""
    name = f"{FOLDER}/export_date={export.day}/manifest{suffix(export.number)}.json"
    text = as_json(export.manifest)
    try:
        bucket.blob(name).upload_from_string(text, content_type="application/json", if_generation_match=0)
    except PreconditionFailed:
        found = bucket.blob(name).download_as_text()
        if found != text:  # otherwise it is ours: the response to an earlier attempt was lost
            raise StepError(f"another export has written gs://{bucket.name}/{name}: run this again") from None


def published_exports(bucket: Bucket, most: int = RECENT) -> list[Export]:
    """Return the newest exports, at least one if there is any, by day and number.

    Anything among the manifests that is not a manifest is put aside: a folder or file that BigQuery cannot
    read would stop every later day. So is a manifest with a missing file: the days after it would not be
    complete either. It is moved and logged, not lost. Only recent contents are checked, so that the cost of a
    day does not grow with the days before it: the newest manifests, all of the newest day's, and those
    written after it.
    """
    places = {}
    for blob in list(bucket.list_blobs(prefix=f"{FOLDER}/")):
        with _set_aside_invalid(bucket, blob):
            places[_place(blob)] = blob
    found: list[Export] = []
    ordered = sorted(places, reverse=True)
    for number, place in enumerate(ordered):
        if number >= most and found and _is_settled(place, ordered[0], places):
            continue
        with _set_aside_invalid(bucket, places[place]):
            found.insert(0, read_manifest(places[place]))
    return list(_complete_exports(bucket, found, places))


def _is_settled(
    place: tuple[date, int], newest: tuple[date, int], places: Mapping[tuple[date, int], Blob]
) -> bool:
    """Return whether an export is of a day before the newest's, and was published before it."""
    return place[0] < newest[0] and bool(places[place].time_created <= places[newest].time_created)


def _complete_exports(
    bucket: Bucket, exports: list[Export], places: Mapping[tuple[date, int], Blob]
) -> Iterator[Export]:
    """Yield the exports whose files all exist, oldest first.

    The indexes of exports after an incomplete one are deleted too: they count as exported what is gone.
    """
    since = f"{FILES}/export_date={exports[0].day}/" if exports else ""
    there = {blob.name for blob in bucket.list_blobs(prefix=f"{FILES}/", start_offset=since)}
    for place, export in enumerate(exports):
        with _set_aside_invalid(bucket, places[export.day, export.number]):
            if gone := [name for name in export.manifest.files if name not in there]:
                indexes = [bucket.blob(later.manifest.index) for later in exports[place + 1 :]]
                bucket.delete_blobs([blob for blob in indexes if blob.name], on_error=lambda _: None)
                raise ValueError(f"its file {gone[0]} is missing")
            yield export


def read_manifest(blob: Blob) -> Export:
    """Return the export that a manifest describes; raise ValueError if it is not a manifest."""
    place = _place(blob)
    try:
        return Export(*place, Manifest.model_validate_json(blob.download_as_bytes()))
    except ValidationError as error:
        raise ValueError("; ".join(_describe_faults(error))) from None


def _place(blob: Blob) -> tuple[date, int]:
    match = _NAME.fullmatch(blob.name)
    if match is None:
        raise ValueError("its name is not a manifest's")
    return date.fromisoformat(match[1]), int(match[2] or 1)


def _describe_faults(error: ValidationError) -> Iterator[str]:
    for part in error.errors():
        yield f"{'.'.join(map(str, part['loc'])) or 'the file'}: {part['msg']}"


@contextmanager
def _set_aside_invalid(bucket: Bucket, blob: Blob) -> Iterator[None]:
    """Move an object away if the block raises ValueError."""
    try:
        yield
    except ValueError as error:
        to = f"{ASIDE}/{blob.name}"
        bucket.copy_blob(blob, bucket, to)
        blob.delete()
        log(
            "WARNING",
            f"gs://{bucket.name}/{blob.name} is not a manifest ({error}); it was moved to "
            f"gs://{bucket.name}/{to}, and its changes are exported again",
        )
