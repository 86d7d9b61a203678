"""Closes the connection of a client that says nothing: uvicorn itself waits for a request's rest for ever."""

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

SECONDS = 15.0


class ImpatientProtocol(H11Protocol):
    """uvicorn's HTTP protocol; a request under way, head or body, has SECONDS for each of its next bytes."""

    _alarm: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Take some bytes in, and wait for the next ones."""
        super().data_received(data)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        super().connection_lost(exc)
        self._stop_waiting()

    def _wait(self) -> None:
        self._stop_waiting()
        self._alarm = self.loop.call_later(SECONDS, self._end_silence)

    def _stop_waiting(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()

    def _end_silence(self) -> None:
        """Close unless the silence is ours: a whole request that is being answered."""
        is_being_answered = self.cycle and not self.cycle.more_body and not self.cycle.response_complete
        if not is_being_answered:
            self.transport.close()
