"""The name of the source that files belong to, and the names of files in messages."""

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

from sources.errors import UnreadableError

MOST_NAMED = 3
SOURCE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")
ENDINGS = re.compile(r"(\.(csv|tsv|txt|xlsx?|ods|jsonl?|ndjson|parquet|gz|bz2|xz|zip))+$", re.IGNORECASE)


def source_of(paths: Sequence[Path], name: str | None = None) -> str:
    """Return the name given to a source, or its first file's name with a hash of that file's path.

    Thus the orders.csv of two shops are two sources, and a source stays the same when a file is added.
    """
    if name and not SOURCE_NAME.fullmatch(name):
        raise UnreadableError(f"--source: {name!r} may only contain letters, digits, '.', '_' and '-'")
    stem = re.sub(r"[^A-Za-z0-9_-]+", "-", ENDINGS.sub("", paths[0].name)).strip("-") or "sales"
    digest = hashlib.blake2b(str(paths[0].resolve()).encode(), digest_size=4).hexdigest()
    return name or f"{stem[:40]}-{digest}"


def name_files(files: Sequence[str]) -> str:
    """Return the names of files for a message, of many only the first."""
    more = len(files) - MOST_NAMED
    return ", ".join(files[:MOST_NAMED]) + (f" and {more:,} more" if more > 0 else "")
