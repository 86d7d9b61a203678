"""The objects of the bucket: read one at a time, and rewritten only if nobody else has changed them."""

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any

from google.api_core.exceptions import PreconditionFailed
from google.cloud.storage import Blob, Bucket

from components.shared.errors import StepError

type Keeps = Callable[[bytes], bool]


def objects(bucket: Bucket, folder: str) -> Iterator[Blob]:
    """Yield the objects of a folder in the order of their names."""
    yield from bucket.list_blobs(prefix=f"{folder}/")


@contextmanager
def open_blob(blob: Blob) -> Iterator[IO[bytes]]:
    """Provide an object's contents as a file."""
    with tempfile.TemporaryFile() as file:
        blob.download_to_file(file)
        file.seek(0)
        yield file


def replace(blob: Blob, file: IO[bytes], content_type: str = "application/octet-stream") -> None:
    """Replace an object with a file; raise StepError if the object has changed since it was listed."""
    file.seek(0)
    try:
        blob.upload_from_file(
            file,
            content_type=blob.content_type or content_type,
            if_generation_match=blob.generation,
        )
    except PreconditionFailed:
        raise StepError(
            f"gs://{blob.bucket.name}/{blob.name} has changed in the meantime: run this again"
        ) from None


def replace_lines(blob: Blob, keeps: Keeps) -> None:
    """Rewrite an object with only the lines to keep, if any are to be dropped."""
    with open_blob(blob) as file, tempfile.TemporaryFile() as left:
        dropped = 0
        for line in file:
            if keeps(line):
                left.write(line)
            else:
                dropped += 1
        if dropped:
            replace(blob, left)


def record_of(line: bytes) -> dict[str, Any] | None:
    """Return the JSON object in a line, or None if the line is not one."""
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) else None


def versioned(blob: Blob) -> str:
    """Return an object's name with its generation, in gcloud storage's form."""
    return f"{blob.name}#{blob.generation}"
