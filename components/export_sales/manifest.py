"""The manifest of an export: written last and in one piece, so that a half-done export is never read."""

import json
from dataclasses import asdict, dataclass
from datetime import date

from google.cloud.storage import Bucket

PREFIX = "sales_manifests/export_date="


@dataclass(frozen=True)
class Manifest:
    """What one complete export holds.

    read_time is the Firestore time up to which it saw every change; digest stands for the documents and
    their versions, so that an export that would hold the same again can be told.
    """

    export_id: str
    digest: str
    read_time: str
    documents: int
    rows: int
    rejects: int
    files: list[str]


def write_manifest(bucket: Bucket, as_of: date, manifest: Manifest) -> None:
    """Publish an export; it replaces the one of the same day."""
    text = json.dumps(asdict(manifest)) + "\n"
    blob = bucket.blob(f"{PREFIX}{as_of}/manifest.json")
    blob.upload_from_string(text, content_type="application/json")


def previous_manifest(bucket: Bucket, as_of: date) -> Manifest | None:
    """Return the manifest of the newest export before as_of, or None when there is none."""
    days = sorted(
        day
        for blob in bucket.list_blobs(prefix=PREFIX)
        if (day := blob.name.removeprefix(PREFIX).partition("/")[0]) < as_of.isoformat()
    )
    return read_manifest(bucket, date.fromisoformat(days[-1])) if days else None


def read_manifest(bucket: Bucket, as_of: date) -> Manifest | None:
    """Return the manifest of one day's export, or None when that day has none."""
    blob = bucket.get_blob(f"{PREFIX}{as_of}/manifest.json")
    return Manifest(**json.loads(blob.download_as_text())) if blob else None
