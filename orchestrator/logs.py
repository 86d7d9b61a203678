"""Logs as Cloud Logging reads them: one JSON line each, with the trace of the request that it belongs to."""

import json
import logging
import re
import secrets
import sys
import time
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from orchestrator.gate import Application, Message, Receive, Send, reply

CLOUD_TRACE = re.compile(r"(?P<trace>[0-9a-f]{32})(/(?P<span>\d{1,20}))?(;o=(?P<sampled>[01]))?")
TRACEPARENT = re.compile(r"00-(?P<trace>[0-9a-f]{32})-(?P<span>[0-9a-f]{16})-(?P<sampled>\d\d)")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Trace:
    """The trace of a request: 32 hexadecimal digits, and 16 of the span or nothing."""

    trace_id: str
    span_id: str = ""
    sampled: bool = False


CURRENT: ContextVar[Trace | None] = ContextVar("trace", default=None)


def trace_of(headers: Mapping[str, str]) -> Trace:
    """Return the trace that a request's headers name (in small letters), or a new one."""
    if found := TRACEPARENT.fullmatch(headers.get("traceparent", "")):
        return Trace(found["trace"], found["span"], int(found["sampled"]) % 2 == 1)
    if found := CLOUD_TRACE.fullmatch(headers.get("x-cloud-trace-context", "")):
        return Trace(
            found["trace"], f"{int(found['span']):016x}" if found["span"] else "", found["sampled"] == "1"
        )
    return Trace(secrets.token_hex(16))


class JsonFormatter(logging.Formatter):
    """Formats a record as one line of JSON, with the fields that Cloud Logging knows."""

    def __init__(self, project: str) -> None:
        """Name traces within this project."""
        super().__init__()
        self._project = project

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: dict[str, Any] = {
            "severity": record.levelname,
            "message": record.getMessage(),
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "logger": record.name,
            **self._trace_fields(),
        }
        if request := getattr(record, "http_request", None):
            line["httpRequest"] = request
        if record.exc_info:
            line["stack_trace"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)

    def _trace_fields(self) -> dict[str, Any]:
        trace = CURRENT.get()
        if trace is None:
            return {}
        fields: dict[str, Any] = {
            "logging.googleapis.com/trace": f"projects/{self._project}/traces/{trace.trace_id}"
        }
        if trace.span_id:
            fields["logging.googleapis.com/spanId"] = trace.span_id
        return fields | {"logging.googleapis.com/trace_sampled": trace.sampled}


def configure_logs(project: str) -> None:
    """Make every logger of this process write such lines to stdout, the server's own included."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter(project))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.captureWarnings(True)


class RequestLog:
    """ASGI middleware: a trace for every request, a log line with its status, and no answer with a stack."""

    def __init__(self, app: Application) -> None:
        """Wrap an application."""
        self.app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass a request on, and log how it was answered."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        trace = trace_of(headers)
        token = CURRENT.set(trace)
        try:
            await self._answer(scope, receive, send, trace, headers.get("user-agent", ""))
        finally:
            CURRENT.reset(token)

    async def _answer(self, scope: Message, receive: Receive, send: Send, trace: Trace, agent: str) -> None:
        began = time.monotonic()
        status = 0

        async def noting(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self.app(scope, receive, noting)
        except Exception as error:
            log.exception("unexpected %s", type(error).__name__)
            if status:
                raise
            where = f"look for trace {trace.trace_id} in the log"
            await reply(noting, 500, {"detail": f"an unexpected error: {where}"})
        request = {
            "requestMethod": scope["method"],
            "requestUrl": scope["path"],
            "status": status,
            "userAgent": agent,
            "latency": f"{time.monotonic() - began:.6f}s",
        }
        level = logging.ERROR if status >= 500 else logging.WARNING if status >= 400 else logging.INFO
        log.log(level, "%s %s %s", scope["method"], scope["path"], status, extra={"http_request": request})
