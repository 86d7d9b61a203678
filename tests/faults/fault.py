"""The faults, and how Google words those it reports itself, since its clients decide by the wording."""

import json
from enum import StrEnum
from typing import NamedTuple

import grpc
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status


class Fault(StrEnum):
    """What goes wrong with one call; OUTAGE lasts for the rest of the attempt.

    DENIED is not in the matrix, where every step must succeed in the end: without a permission most cannot.
    """

    DENIED = "403"
    TOO_MANY = "429"
    INTERNAL = "500"
    UNAVAILABLE = "503"
    TIME_OUT = "time-out"
    RESET = "reset"
    HALF = "half a body"
    LOST = "answer lost"
    OUTAGE = "503 for long"
    KILLED_BEFORE = "kill -9 before"
    KILLED_AFTER = "kill -9 after"
    SERVICE_KILLED = "service killed"
    DISK_FULL = "disk full"
    CLOCK_JUMPS = "clock jumps"


class Words(NamedTuple):
    """What a Google error says: HTTP and gRPC status, BigQuery's and Cloud Storage's reasons, a message."""

    http: int
    grpc: grpc.StatusCode
    reasons: dict[str, str]
    message: str


WORDS = {
    Fault.DENIED: Words(
        403,
        grpc.StatusCode.PERMISSION_DENIED,
        {"bigquery": "accessDenied", "storage": "forbidden"},
        "Permission denied on resource (or it may not exist).",
    ),
    Fault.TOO_MANY: Words(
        429,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        {"bigquery": "rateLimitExceeded", "storage": "rateLimitExceeded"},
        "Exceeded rate limits: too many requests for this resource.",
    ),
    Fault.INTERNAL: Words(
        500,
        grpc.StatusCode.INTERNAL,
        {"bigquery": "internalError", "storage": "internalError"},
        "An internal error occurred and the request could not be completed.",
    ),
    Fault.UNAVAILABLE: Words(
        503,
        grpc.StatusCode.UNAVAILABLE,
        {"bigquery": "backendError", "storage": "backendError"},
        "The service is currently unavailable.",
    ),
}
WORDS[Fault.OUTAGE] = WORDS[Fault.UNAVAILABLE]
RETRY_DELAY = Duration(nanos=500_000_000)


def http_error(fault: Fault, service: str) -> tuple[int, bytes]:
    """Return the status and the JSON body with which a service reports a fault.

    BigQuery and Cloud Storage name a reason in `errors`; the newer APIs put RetryInfo into `details`.
    """
    words = WORDS[fault]
    error: dict[str, object] = {"code": words.http, "message": words.message, "status": words.grpc.name}
    if reason := words.reasons.get(service):
        error["errors"] = [{"message": words.message, "domain": "global", "reason": reason}]
    else:
        delay = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "0.5s"}
        error["details"] = [delay]
    return words.http, json.dumps({"error": error}).encode()


def grpc_status(fault: Fault, service: str) -> Status:
    """Return the google.rpc.Status, with details, with which a gRPC service reports a fault."""
    words = WORDS[fault]
    status = Status(code=words.grpc.value[0], message=words.message)
    status.details.add().Pack(RetryInfo(retry_delay=RETRY_DELAY))
    status.details.add().Pack(ErrorInfo(reason=words.grpc.name, domain=f"{service}.googleapis.com"))
    return status
