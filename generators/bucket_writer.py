"""Write JSON lines to Cloud Storage, one object per day, each written once."""

import json
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from itertools import batched
from typing import Any

from google.api_core.exceptions import PreconditionFailed
from google.cloud.storage import Bucket, Client
from google.cloud.storage.retry import DEFAULT_RETRY

Rows = Sequence[dict[str, Any]]

THREADS = 8
DAYS_AHEAD = 32


@dataclass(frozen=True)
class Uploaded:
    """The result of an upload: objects and rows written, and objects that already existed."""

    objects: int
    rows: int
    present: int

    def __str__(self) -> str:
        text = f"{self.rows:,} rows in {self.objects:,} new objects"
        return f"{text}; {self.present:,} objects already existed and were kept" if self.present else text


def object_name(folder: str, day: date, name: str) -> str:
    """Return the name of a day's object: FOLDER/load_date=DAY/NAME.jsonl."""
    return f"{folder}/load_date={day.isoformat()}/{name}.jsonl"


def upload_days(
    client: Client,
    bucket: str,
    days: Iterable[date],
    name: Callable[[date], str],
    rows: Callable[[date], Rows],
) -> Uploaded:
    """Write the rows of each day under its name; an existing object of that name is left unchanged."""
    target = client.bucket(bucket)

    results: list[tuple[int, bool]] = []
    with ThreadPoolExecutor(THREADS) as pool:
        # Rows are made in this thread alone, some days ahead: only uploading benefits from threads.
        for some_days in batched(days, DAYS_AHEAD, strict=False):
            made = [(name(day), rows(day)) for day in some_days]
            created = pool.map(lambda day: _create(target, *day), made)
            results += zip((len(lines) for _, lines in made), created, strict=True)
    written = [count for count, created in results if created]
    return Uploaded(len(written), sum(written), len(results) - len(written))


def _create(bucket: Bucket, name: str, rows: Rows) -> bool:
    """Create the object; return False if it already existed."""
    text = "".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows)
    try:
        bucket.blob(name).upload_from_string(
            text, "application/x-ndjson", if_generation_match=0, retry=DEFAULT_RETRY
        )
    except PreconditionFailed:
        return False
    return True
