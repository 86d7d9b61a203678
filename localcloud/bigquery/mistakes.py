"""Callers' mistakes that the engine answers with a 500, or not in Google's form: options, and bodies."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from local_bigquery.app import app
from local_bigquery.errors import BigQueryError
from local_bigquery.jobs import runner
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

LONGEST_TOKEN = 18  # the digits of a row's number
LONGEST_WAIT = 86_400_000  # milliseconds; the client asks again


def answer_mistakes() -> None:
    """Patch the engine to answer them as Google does. Call once per process."""
    app.add_middleware(_PageTokens)
    app.add_exception_handler(HTTPException, _answer)
    runner.wait = _wrap_wait(runner.wait)


async def _answer(_: Request, error: Exception) -> Response:
    """Answer what the web framework itself refuses, such as a body that cannot be parsed."""
    assert isinstance(error, HTTPException)  # noqa: S101 -- registered for it alone
    status = {404: "NOT_FOUND", 405: "UNIMPLEMENTED"}.get(error.status_code, "INVALID_ARGUMENT")
    content = {"code": error.status_code, "message": str(error.detail), "status": status, "errors": []}
    return JSONResponse({"error": content}, error.status_code, error.headers)


class _PageTokens:
    """ASGI middleware that refuses page tokens that the engine has not issued: they are numbers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            token = dict(parse_qsl(scope["query_string"].decode("latin-1"))).get("pageToken", "0")
            if not (token.isascii() and token.isdigit() and len(token) <= LONGEST_TOKEN):
                error = BigQueryError("invalid", f"Invalid page token {token[:100]!r}")
                await JSONResponse(error.response(), error.code)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _wrap_wait(wait: Callable[..., Any]) -> Callable[..., Any]:
    def wait_within_limits(project: str, job: str, timeout_ms: int | None = None) -> Any:
        return wait(project, job, None if timeout_ms is None else max(0, min(timeout_ms, LONGEST_WAIT)))

    return wait_within_limits
