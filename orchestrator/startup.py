"""Answers from the first moment, while the rest of the service is imported in the background.

The Google libraries take seconds to import; nothing here does, so GET /healthz is answered long before them.
"""

import asyncio
import json
import logging
from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

RETRY_AFTER_SECONDS = 5
log = logging.getLogger(__name__)


class Startup:
    """An ASGI application in front of the one that `load` returns; requests for that one wait for it.

    GET /healthz is 200 at once; GET /readyz is 200 once the application is loaded and 503 before.
    """

    def __init__(self, load: Callable[[], ASGIApp], on_failure: Callable[[], None]) -> None:
        """Load nothing yet: that begins, in a thread, when the server has started. It may fail once."""
        self._load = load
        self._on_failure = on_failure
        self._loading: asyncio.Task[ASGIApp]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the probes, and hand everything else on."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["path"] == "/healthz":
            await _reply(send, 200, {"status": "ok"})
        elif scope["path"] == "/readyz":
            await _reply(send, *self._readiness())
        else:
            await self._pass_on(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        self._loading = asyncio.create_task(asyncio.to_thread(self._load))
        self._loading.add_done_callback(self._note_failure)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})

    def _note_failure(self, loading: asyncio.Task[ASGIApp]) -> None:
        if not loading.cancelled() and (error := loading.exception()):
            log.critical("the service failed to start: %s", error, exc_info=error)
            self._on_failure()

    def _readiness(self) -> tuple[int, dict[str, str]]:
        if not self._loading.done():
            return 503, {"status": "starting"}
        if self._loading.exception():
            return 503, {"status": "failed to start: see the log"}
        return 200, {"status": "ready"}

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.wait([self._loading])
        if self._loading.exception():
            await _reply(send, 503, {"detail": "the service failed to start: see its log"})
        else:
            await self._loading.result()(scope, receive, send)


async def _reply(send: Send, status: int, content: dict[str, str]) -> None:
    headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
    if status == 503:
        headers.append((b"retry-after", str(RETRY_AFTER_SECONDS).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(content).encode()})
