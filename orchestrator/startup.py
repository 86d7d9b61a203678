"""Respond from the first moment, while the rest of the service is imported in the background.

The Google libraries take seconds to import; nothing here does, so GET /healthz responds long before them.
"""

import asyncio
import json
import logging
from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

RETRY_AFTER_SECONDS = 5
log = logging.getLogger(__name__)


class Startup:
    """An ASGI application in front of the one that `load` returns; requests other than probes wait for that.

    GET /healthz is 200 at once; GET /readyz is 200 once the application is loaded and 503 before.
    """

    def __init__(self, load: Callable[[], ASGIApp], on_failure: Callable[[], None]) -> None:
        """Load nothing yet: loading begins, in a thread, once the server has started, and is tried once."""
        self._load = load
        self._on_failure = on_failure
        self._readiness = 503, "starting"
        self._application: asyncio.Task[ASGIApp]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the probes, and pass everything else on."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["path"] == "/healthz":
            await _reply(send, 200, {"status": "ok"})
        elif scope["path"] == "/readyz":
            status, text = self._readiness
            await _reply(send, status, {"status": text})
        else:
            application = await asyncio.shield(self._application)
            await application(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        self._application = asyncio.create_task(self._load_application())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})

    async def _load_application(self) -> ASGIApp:
        try:
            application = await asyncio.to_thread(self._load)
        except Exception as error:
            log.critical("the service failed to start: %s", error, exc_info=error)
            self._readiness = 503, "failed to start: see the log"
            self._on_failure()
            return _unavailable
        self._readiness = 200, "ready"
        return application


async def _unavailable(_: Scope, __: Receive, send: Send) -> None:
    await _reply(send, 503, {"detail": "the service failed to start: see its log"})


async def _reply(send: Send, status: int, content: dict[str, str]) -> None:
    headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
    if status == 503:
        headers.append((b"retry-after", str(RETRY_AFTER_SECONDS).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(content).encode()})
