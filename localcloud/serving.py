"""Serves an ASGI application of the laptop's cloud to this machine alone, behind the guard, within limits."""

import uvicorn
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.types import ASGIApp

from localcloud.endpoints import HOST
from localcloud.guard import Guard, Guarded


def serve(app: ASGIApp, guard: Guard, most_bytes: int) -> None:
    """Serve on the guard's port until SIGTERM; a body of more than `most_bytes` is answered 413."""
    limited = RequestBodyLimitMiddleware(app, most_bytes)
    uvicorn.run(
        Guarded(limited, guard),
        host=HOST,
        port=guard.port,
        log_level="warning",
        ws="none",
        proxy_headers=False,
        server_header=False,
    )
