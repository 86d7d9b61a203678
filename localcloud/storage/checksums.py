"""The checksums that an upload declares, verified against its content: on a mismatch nothing is stored."""

import base64
import hashlib
import json
import re
from collections import deque
from collections.abc import Iterator
from typing import Any

import google_crc32c
import h11

HEADER = re.compile(r"(crc32c|md5)=([A-Za-z0-9+/=]+)")
BOUNDARY = re.compile(r'boundary="?([^";]+)"?', re.IGNORECASE)
NAMES = {"md5Hash": "md5", "crc32c": "crc32c"}
WITHHELD = 2**16


class MismatchError(ValueError):
    """Content that does not match its declared checksum."""


def declared(metadata: bytes, header: str) -> dict[str, str]:
    """Return the base64 checksums that metadata or the header x-goog-hash declare, keyed md5 and crc32c."""
    content: Any = json.loads(metadata or b"{}")
    found = dict(HEADER.findall(header))
    if isinstance(content, dict):
        found |= {kind: content[name] for name, kind in NAMES.items() if content.get(name)}
    return found


def boundary(content_type: str) -> bytes:
    """Return the delimiter that closes a multipart upload, or b"" if the type has no boundary."""
    found = BOUNDARY.search(content_type)
    return f"\r\n--{found[1]}--".encode() if found else b""


class Checked:
    """The pieces of a body, whose end is held back until the content's checksums are verified.

    The server stores even a body that lacks its last few bytes, so the last 64 KiB are withheld. `skip` bytes
    precede the content, and `end` follows it.
    """

    def __init__(self, wanted: dict[str, str], skip: int, end: bytes) -> None:
        """Prepare to verify the checksums in `wanted`."""
        self._wanted, self._skip, self._end = wanted, skip, end
        self._tail = b""
        self._md5, self._crc32c = hashlib.md5(usedforsecurity=False), google_crc32c.Checksum()

    def events(self, body: Iterator[h11.Event]) -> Iterator[h11.Event]:
        """Yield the events, the last ones only once the content is verified; else raise MismatchError."""
        waiting: deque[h11.Event] = deque()
        size = 0
        for event in body:
            data = bytes(getattr(event, "data", b""))
            self._read(data)
            if isinstance(event, h11.EndOfMessage):
                self._check()
            waiting.append(event)
            size += len(data)
            while size - len(getattr(waiting[0], "data", b"")) >= WITHHELD:
                size -= len(getattr(waiting[0], "data", b""))
                yield waiting.popleft()
        yield from waiting

    def _read(self, data: bytes) -> None:
        left = data[self._skip :]
        self._skip -= len(data) - len(left)
        self._tail += left
        if self._end:  # it may start in this piece, with a line break after it
            kept = len(self._end) + 2
            self._count(self._tail[:-kept])
            self._tail = self._tail[-kept:]
        else:
            self._count(self._tail)
            self._tail = b""

    def _count(self, data: bytes) -> None:
        self._md5.update(data)
        self._crc32c.update(data)

    def _check(self) -> None:
        self._count(self._tail.rpartition(self._end)[0] if self._end else self._tail)
        found = {"md5": self._md5.digest(), "crc32c": self._crc32c.digest()}
        for kind, wanted in self._wanted.items():
            if (has := base64.b64encode(found[kind]).decode()) != wanted:
                raise MismatchError(f"Provided {kind} hash {wanted!r} doesn't match calculated hash {has!r}.")
