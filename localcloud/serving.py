"""Serve an ASGI application of the local cloud to this machine only, behind the guard, within limits."""

import os
import threading

import uvicorn
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.types import ASGIApp

from localcloud.endpoints import HOST
from localcloud.guard import Guard, Guarded


def serve(app: ASGIApp, guard: Guard, most_bytes: int, patience_seconds: int | None = None) -> None:
    """Serve on the guard's port until SIGTERM; a body of more than `most_bytes` is refused with 413.

    Responses still open then get `patience_seconds`; without it, all the time they need. The server ends at
    once when a thread of its own fails, as on a full disk: what it has left undone would be waited for.
    """
    threading.excepthook = _end_server
    limited = RequestBodyLimitMiddleware(app, most_bytes)
    uvicorn.run(
        Guarded(limited, guard),
        host=HOST,
        port=guard.port,
        timeout_graceful_shutdown=patience_seconds,
        log_level="warning",
        ws="none",
        proxy_headers=False,
        server_header=False,
    )


def _end_server(failure: threading.ExceptHookArgs) -> None:
    threading.__excepthook__(failure)
    os._exit(1)
