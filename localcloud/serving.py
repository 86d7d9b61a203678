"""Serves an ASGI application of the laptop's cloud to this machine alone, behind the guard, within limits."""

import uvicorn
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.types import ASGIApp

from localcloud.endpoints import HOST
from localcloud.guard import Guard, Guarded


def serve(app: ASGIApp, guard: Guard, most_bytes: int, patience_seconds: int | None = None) -> None:
    """Serve on the guard's port until SIGTERM; a body of more than `most_bytes` is answered 413.

    Answers that still come then have `patience_seconds`, without them all the time that they need.
    """
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
