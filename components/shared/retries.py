"""Retry transient errors, and nothing else, with growing pauses and a deadline.

docs/architecture.md lists all retries of the platform. Google's clients retry a single request by themselves.
This module handles what they leave: a step's work that ended with an error which may be gone in a minute, and
a broken stream. The pipeline retries nothing, since Vertex AI cannot tell such an error from a StepError,
after which another attempt would fail like the first.
"""

import time
from collections.abc import Callable
from functools import wraps

import requests
from google.api_core import exceptions
from google.auth.exceptions import GoogleAuthError, TransportError

from components.shared.errors import StepError
from components.shared.logs import log

TRANSIENT = (
    exceptions.Aborted,
    exceptions.BadGateway,
    exceptions.GatewayTimeout,  # with DeadlineExceeded
    exceptions.InternalServerError,
    exceptions.ServiceUnavailable,
    exceptions.TooManyRequests,  # with ResourceExhausted
    exceptions.Unknown,
    requests.ConnectionError,
    requests.exceptions.ChunkedEncodingError,  # an answer that broke off
    requests.Timeout,
    TransportError,
)
FAILED_CALL = (exceptions.GoogleAPIError, GoogleAuthError, requests.RequestException)  # in whatever way
PAUSES_SECONDS = (5.0, 20.0, 60.0)  # before the second, the third and the last attempt
DEADLINE_SECONDS = 600.0  # from the first failure; no attempt begins later


class Patience:
    """A count of consecutive transient failures, with a wait after each until there have been too many."""

    def __init__(self, doing: str) -> None:
        """Start with no failure; doing describes the attempt, for the log."""
        self._doing = doing
        self._failures = 0
        self._deadline = 0.0

    def succeeded(self) -> None:
        """Reset the failures."""
        self._failures = 0

    def wait(self, error: Exception) -> None:
        """Wait before the next attempt; raise StepError from the error if there is none left."""
        if not self._failures:
            self._deadline = time.monotonic() + DEADLINE_SECONDS
        if self._failures == len(PAUSES_SECONDS):
            raise StepError(f"{self._doing} failed {self._failures + 1} times in a row: {error}") from error
        pause = PAUSES_SECONDS[self._failures]
        if time.monotonic() + pause > self._deadline:
            raise StepError(f"{self._doing} failed for {DEADLINE_SECONDS:.0f} s: {error}") from error
        self._failures += 1
        log("WARNING", f"{self._doing} failed, retrying in {pause:.0f} s: {error}")
        time.sleep(pause)


def retry_transient[**P, R](work: Callable[P, R]) -> Callable[P, R]:
    """Make a repeatable function retry transient errors; any other error propagates."""

    @wraps(work)
    def until_done(*arguments: P.args, **keywords: P.kwargs) -> R:
        patience = Patience(work.__name__)
        while True:
            try:
                return work(*arguments, **keywords)
            except TRANSIENT as error:
                patience.wait(error)

    return until_done
