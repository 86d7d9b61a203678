"""Logs in Cloud Logging's format: one JSON line each, with the trace of its request."""

import json
import logging
import re
import secrets
import sys
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime

CLOUD_TRACE = re.compile(r"(?P<trace>[0-9a-f]{32})(/(?P<span>\d{1,20}))?(;o=(?P<sampled>[01]))?")
TRACEPARENT = re.compile(r"00-(?P<trace>[0-9a-f]{32})-(?P<span>[0-9a-f]{16})-(?P<sampled>\d\d)")


@dataclass(frozen=True)
class Trace:
    """The trace of a request: 32 hexadecimal digits, and 16 for the span, or None."""

    trace_id: str
    span_id: str | None = None
    sampled: bool = False


CURRENT: ContextVar[Trace | None] = ContextVar("trace", default=None)


def trace_of(headers: Mapping[str, str]) -> Trace:
    """Return the trace from a request's headers, or a new one."""
    if found := TRACEPARENT.fullmatch(headers.get("traceparent", "")):
        return Trace(found["trace"], found["span"], int(found["sampled"]) % 2 == 1)
    if found := CLOUD_TRACE.fullmatch(headers.get("x-cloud-trace-context", "")):
        span_id = f"{int(found['span']):016x}" if found["span"] else None
        return Trace(found["trace"], span_id, found["sampled"] == "1")
    return Trace(secrets.token_hex(16))


class JsonFormatter(logging.Formatter):
    """A formatter of a record as one line of JSON, with the fields that Cloud Logging knows."""

    def __init__(self, project: str) -> None:
        """Name traces within this project."""
        super().__init__()
        self._project = project

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        trace = CURRENT.get()
        line = {
            "severity": record.levelname,
            "message": record.getMessage(),
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "logger": record.name,
            "logging.googleapis.com/trace": trace and f"projects/{self._project}/traces/{trace.trace_id}",
            "logging.googleapis.com/spanId": trace and trace.span_id,
            "logging.googleapis.com/trace_sampled": trace and trace.sampled,
            "httpRequest": getattr(record, "http_request", None),
            "stack_trace": self.formatException(record.exc_info) if record.exc_info else None,
        }
        return json.dumps({key: value for key, value in line.items() if value is not None}, default=str)


def configure_logs(project: str) -> None:
    """Make every logger of this process, the server's included, write JSON lines to stdout."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter(project))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.captureWarnings(True)
