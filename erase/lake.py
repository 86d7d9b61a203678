"""The objects of the bucket: read one at a time, and written again only when nobody else has meanwhile."""

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
def opened(blob: Blob) -> Iterator[IO[bytes]]:
    """Give an object's contents as a file."""
    with tempfile.TemporaryFile() as file:
        blob.download_to_file(file)
        file.seek(0)
        yield file


def replace(blob: Blob, file: IO[bytes], content_type: str = "application/octet-stream") -> None:
    """Put a file in place of an object as it was listed; raise StepError when it has changed since."""
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
    """Write an object of lines again without those that are not to be kept, if there are any."""
    with opened(blob) as file, tempfile.TemporaryFile() as left:
        dropped = 0
        for line in file:
            if keeps(line):
                left.write(line)
            else:
                dropped += 1
        if dropped:
            replace(blob, left)


def record_of(line: bytes) -> dict[str, Any] | None:
    """Return the JSON object that a line is, None when it is none."""
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) else None


def versioned(blob: Blob) -> str:
    """Return an object's name with its generation, as gcloud storage has it."""
    return f"{blob.name}#{blob.generation}"
