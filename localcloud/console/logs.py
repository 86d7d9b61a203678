"""Logs as the pages show them: a log's end, the lines that match a search, or the whole as a stream."""

import os
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from localcloud.console.log_lines import CODES, LEVELS, Line, Reader, mark_cause, select_lines

SHOWN_LINES = 500
_TAIL_BYTES = 512 * 1024
_CHUNK_BYTES = 64 * 1024


@dataclass(frozen=True)
class Wanted:
    """Which lines of a log are wanted: those with a text, of at least a level, with or without noise."""

    text: str = ""
    level: str = ""
    noise: bool = False

    @property
    def is_search(self) -> bool:
        """Whether the whole log has to be searched."""
        return bool(self.text or self.level)


def wanted_of(asked: Mapping[str, str]) -> Wanted:
    """Return which lines a URL's query asks for; an unknown level means every level."""
    level = asked.get("level", "")
    return Wanted(asked.get("q", "").strip(), level if level in LEVELS else "", asked.get("all") == "1")


@dataclass(frozen=True)
class Excerpt:
    """The last of the wanted lines of a log, and the byte offset up to which it was read."""

    lines: list[Line]
    end: int
    is_whole: bool


def excerpt(log: Path, wanted: Wanted, end: int, error: str = "") -> Excerpt:
    """Return the last SHOWN_LINES wanted lines up to a byte offset, in memory that does not grow with them.

    A search reads the whole log, anything else only its end. `error` is the reason why the program failed.
    """
    start = 0 if wanted.is_search else max(0, end - _TAIL_BYTES)
    there = select_lines(read(log, start, end), wanted.text, wanted.level, wanted.noise)
    found = deque(there, maxlen=SHOWN_LINES + 1)
    lines = list(found)[-SHOWN_LINES:]
    if error and not wanted.text:
        lines = mark_cause(lines, error)
    return Excerpt(lines, end, not start and len(found) <= SHOWN_LINES)


def complete_end(log: Path) -> int:
    """Return the offset after a log's last complete line, or its size if a line fills the last chunk."""
    with log.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _CHUNK_BYTES))
        last = file.read(_CHUNK_BYTES).rfind(b"\n")
    if last < 0:
        return size if size > _CHUNK_BYTES else 0
    return max(0, size - _CHUNK_BYTES) + last + 1


def read(log: Path, start: int, end: int, reader: Reader | None = None) -> Iterator[Line]:
    """Yield the lines between two byte offsets of a log; the first may be the end of a longer line."""
    reader = reader or Reader()
    with log.open("rb") as file:
        file.seek(start)
        while start < end and (raw := file.readline(min(_CHUNK_BYTES, end - start))):
            yield reader.read(start, raw)
            start += len(raw)


def stream(log: Path) -> Iterator[bytes]:
    """Yield a log without its terminal colour codes; it may grow meanwhile."""
    with log.open("rb") as file:
        while line := file.readline(_CHUNK_BYTES):
            yield CODES.sub(b"", line)
