"""The folders of JSON lines in the bucket; BigQuery cannot read an empty one."""

from collections.abc import Iterable
from contextlib import suppress

from google.api_core.exceptions import PreconditionFailed
from google.cloud.storage import Bucket

from components.shared.errors import ArgumentsError
from components.shared.names import SOURCES

PLACEHOLDER = "load_date=1970-01-01/blank.jsonl"


def parse_sources(text: str) -> list[str]:
    """Return the sources in a comma-separated text; raise ArgumentsError for an unknown one."""
    sources = [source for source in text.split(",") if source]
    if unknown := sorted(set(sources) - set(SOURCES)):
        raise ArgumentsError(f"sources={text!r}: {unknown[0]!r} is not one of {', '.join(SOURCES)}")
    return sources


def put_placeholder_files(bucket: Bucket, sources: Iterable[str]) -> None:
    """Put a file with a blank line into each source's folder unless it is already there.

    BigQuery refuses an external table over an empty folder, and a shop may have no clicks, or a new project
    no startups before its first Tuesday. The file is under a partition key, as every file must be, for a day
    that no source has. The right to create objects is enough, since existing ones are not read.
    """
    for source in sources:
        with suppress(PreconditionFailed):
            bucket.blob(f"{source}/{PLACEHOLDER}").upload_from_string("\n", if_generation_match=0)
