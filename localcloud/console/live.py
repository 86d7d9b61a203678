"""The server-sent events that a page receives while a run is active.

`changed` means that the page should be fetched again: a state has changed, or time has passed. `lines` holds
new lines of a log as HTML; its id is the log's byte offset after them. `end` means that no more will come.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from localcloud.console.log_lines import Line, Reader, select_lines
from localcloud.console.logs import Wanted, complete_end, read

LOOK_SECONDS = 0.25  # polling: nothing reports a file's growth, and looking at a state is as cheap
TICK_SECONDS = 2.0
_WARM_BYTES = 16 * 1024  # read before the new lines: the first may continue what stands there

type Look = Callable[[], Iterator[str]]


def answer(look: Look) -> Response:
    """Return a stream of the events that `look` yields, called again and again until it ends with END."""
    return StreamingResponse(_events(look), media_type="text/event-stream")


async def _events(look: Look) -> AsyncIterator[str]:
    while True:
        told = await run_in_threadpool(lambda: list(look()))
        for event in told:
            yield event
        if told and told[-1] == END:
            return
        await asyncio.sleep(LOOK_SECONDS)


def event(name: str, data: str = "", identity: str = "") -> str:
    """Return an event in its wire format; `data` must be one line."""
    return (f"id: {identity}\n" if identity else "") + f"event: {name}\ndata: {data}\n\n"


END = event("end")


class Changes:
    """Reports that what a page shows has a new version, or that time has passed while it is active."""

    def __init__(self, version: Callable[[], tuple[str, bool]]) -> None:
        """Take a function that returns a word that changes with what is shown, and whether it is final."""
        self._version = version
        self._known = ""
        self._told = time.monotonic()

    def look(self) -> Iterator[str]:
        """Yield the events since the last look."""
        version, is_last = self._version()
        passed = time.monotonic() - self._told
        if (self._known and version != self._known) or is_last or passed > TICK_SECONDS:
            self._told = time.monotonic()
            yield event("changed")
        self._known = version
        if is_last:
            yield END


class Growth:
    """Reports the lines added to a log after a byte offset."""

    def __init__(
        self, log: Callable[[], Path | None], start: int, wanted: Wanted, show: Callable[[list[Line]], str]
    ) -> None:
        """Take `log`, which returns the file once there is one, and `show`, which renders lines as HTML."""
        self._log, self._end, self._wanted, self._show = log, start, wanted, show
        self._reader: Reader | None = None

    def look(self) -> Iterator[str]:
        """Yield the events since the last look."""
        log = self._log()
        if log is None or (end := complete_end(log)) <= self._end:
            return
        if self._reader is None:
            self._reader = Reader()
            list(read(log, max(0, self._end - _WARM_BYTES), self._end, self._reader))
        new = read(log, self._end, end, self._reader)
        lines = list(select_lines(new, self._wanted.text, self._wanted.level, self._wanted.noise))
        self._end = end
        if lines:
            yield event("lines", json.dumps(self._show(lines)), str(end))
