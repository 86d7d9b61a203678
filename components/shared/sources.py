"""The folders of JSON lines in the bucket, of which BigQuery reads none without a file."""

from collections.abc import Iterable
from contextlib import suppress

from google.api_core.exceptions import PreconditionFailed
from google.cloud.storage import Bucket

from components.shared.errors import StepError
from components.shared.names import SOURCES

BLANK = "load_date=1970-01-01/blank.jsonl"


def parse_sources(text: str) -> list[str]:
    """Return the sources that a text names, with commas between them; raise StepError for another."""
    sources = [source for source in text.split(",") if source]
    if unknown := sorted(set(sources) - set(SOURCES)):
        raise StepError(f"sources={text!r}: {unknown[0]!r} is not one of {', '.join(SOURCES)}")
    return sources


def lay_blank_lines(bucket: Bucket, sources: Iterable[str]) -> None:
    """Put a file with a blank line into each source's folder where it is not there yet.

    BigQuery refuses an external table over a folder without a file, and a shop may have no clicks, a fresh
    project no startups before its first Tuesday. The file lies under a partition's key, as every file must,
    and under a day that no source has. To create it is enough of a right: what is there is not looked at.
    """
    for source in sources:
        with suppress(PreconditionFailed):
            bucket.blob(f"{source}/{BLANK}").upload_from_string("\n", if_generation_match=0)
