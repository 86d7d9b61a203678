"""Logs as the pages show them: the end of one, or the whole as a stream."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

TAIL_LINES = 500
_TAIL_BYTES = 512 * 1024
_CHUNK_BYTES = 64 * 1024
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def tail(log: Path) -> str:
    """Return a log's last TAIL_LINES lines without colour codes, in memory that does not grow with it."""
    with log.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _TAIL_BYTES))
        text = file.read(_TAIL_BYTES).decode(errors="replace")
    return "\n".join(_ANSI.sub("", text).splitlines()[-TAIL_LINES:])


def stream(log: Path) -> Iterator[bytes]:
    """Yield a log as it is; one that grows meanwhile is no error."""
    with log.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            yield chunk
