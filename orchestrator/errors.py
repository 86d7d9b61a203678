"""What may go wrong with a request, when a call to Google is tried again, and what the caller is told."""

import re
from dataclasses import dataclass

import requests
from google.api_core import exceptions
from google.api_core.retry import Retry, if_exception_type
from google.auth.exceptions import GoogleAuthError, TransportError

TRANSIENT = (
    exceptions.TooManyRequests,
    exceptions.InternalServerError,
    exceptions.BadGateway,
    exceptions.ServiceUnavailable,
    exceptions.GatewayTimeout,
    exceptions.RetryError,
    requests.ConnectionError,
    requests.Timeout,
    TransportError,
)
DENIED = (exceptions.Forbidden, exceptions.Unauthorized, GoogleAuthError)
GOOGLE_ERRORS = (exceptions.GoogleAPIError, GoogleAuthError, requests.RequestException)
RETRY_AFTER_SECONDS = 60
PERMISSION = re.compile(r"(?<![\w@./-])[a-z]+\.[a-zA-Z]+\.(?!com\b)[a-zA-Z]+(?!\w|\.\w)")
REQUEST = re.compile(r"^[A-Z]+ http\S+: ")
LACKING = re.compile(r"(\S+@\S+\.gserviceaccount\.com) does not have")


class InvalidFieldError(ValueError):
    """A field of a request is wrong: where it lies, as ("body", "as_of"), and what is wrong with it."""

    def __init__(self, location: tuple[str, ...], message: str) -> None:
        """Take the place and the message."""
        super().__init__(message)
        self.location = location


class NoSuchRunError(LookupError):
    """There is no run with this id."""


class RunStateError(RuntimeError):
    """The runs that exist do not allow what was asked for."""


@dataclass(frozen=True)
class Answer:
    """The status and the sentence with which an error of Google's is answered."""

    status: int
    message: str


def transient_retry(seconds: float) -> Retry:
    """Return a decorator that tries a call again, with growing pauses, for at most these seconds."""
    return Retry(if_exception_type(*TRANSIENT), initial=0.2, maximum=8.0, multiplier=2.0, timeout=seconds)


def answer_to(error: Exception, account: str) -> Answer:
    """Return what to tell the caller; account is the service account that this service runs as."""
    if isinstance(error, TRANSIENT):
        return Answer(503, f"Google Cloud is not available now, try again later: {_brief(error)}")
    if isinstance(error, DENIED):
        return Answer(502, _denial(error, account))
    return Answer(502, f"Google Cloud refused the request: {_brief(error)}")


def _denial(error: Exception, account: str) -> str:
    text = _brief(error)
    if isinstance(error, GoogleAuthError):
        return f"{account} cannot sign in to Google Cloud: {text}"
    found = PERMISSION.search(text)
    permission = _detail(error).get("permission") or (found[0] if found else "")
    if "act as" in text.lower() and not permission:
        permission = "iam.serviceAccounts.actAs"
    lacking = LACKING.search(text)
    who = lacking[1] if lacking else account
    return f"{who} lacks {f'the permission {permission}' if permission else 'a permission'}: {text}"


def _detail(error: Exception) -> dict[str, str]:
    return dict(getattr(error, "metadata", None) or {})


def _brief(error: Exception) -> str:
    cause = error.cause if isinstance(error, exceptions.RetryError) else None
    text = str(getattr(cause or error, "message", "") or cause or error)
    return REQUEST.sub("", " ".join(text.split()))[:500]
