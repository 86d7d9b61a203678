"""A request as the door passes it on: checked, and such that the server reads the same names.

The server gets the query as parsed here, and prefers a name in the query to one in the metadata: so a
multipart upload is passed on with the checked name, however the server would parse the parts.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

import h11

from localcloud.guard import Headers, Refusal
from localcloud.storage import checksums, conditions, names, uploads

MOST_JSON = 2**20  # a hundred calls in a batch, or the metadata of one object
CALLS = re.compile(r"/(?:(?:upload|download)/)?storage/v1/b(?:/.*)?|/batch/storage/v1", re.DOTALL)
WITHOUT_BODY = ("GET", "HEAD", "DELETE")


class RefusedError(Exception):
    """A request that the door refuses itself."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.refusal = Refusal(status, sentence)


@dataclass
class Request:
    """A request as the door passes it on: `held` are the parts of its body that have already been read."""

    method: str
    path: str
    query: str
    headers: Headers
    held: list[h11.Event]
    json: bytes = b""
    checks: checksums.Checked | None = None

    def verify_body(self, body: Iterator[h11.Event]) -> Iterator[h11.Event]:
        """Yield the body; its end only if the content matches the declared checksums, if any."""
        return self.checks.events(body) if self.checks else body

    def header(self, name: bytes) -> str:
        """Return a header's value, or an empty string."""
        return next((value.decode("latin-1") for known, value in self.headers if known == name), "")

    def hold(self, body: Iterator[h11.Event], until: re.Pattern[bytes] | None = None) -> bytes:
        """Read the body, or until it matches the pattern; refuse one that is compressed or too long."""
        if self.header(b"content-encoding") not in ("", "identity"):
            raise RefusedError(415, "the local Cloud Storage does not accept compressed metadata")
        read = b""
        for event in body:
            self.held.append(event)
            read += bytes(getattr(event, "data", b""))
            if until and until.match(read):
                return read
            if len(read) > MOST_JSON:
                raise RefusedError(413, f"the metadata is larger than {MOST_JSON:,} bytes")
        return read


def prepare(request: Request, body: Iterator[h11.Event]) -> None:
    """Make a request ready to be passed on; raise RefusedError, or BadNameError for a name in it."""
    _check_call(request)
    names.check_path(request.path)
    pairs = names.check_query(request.query)
    request.query, query = urlencode(pairs), dict(reversed(pairs))
    if request.method in WITHOUT_BODY:
        return
    if _is_content(request, query):
        request.checks = _content_checks(request, query)
    elif request.path.startswith("/batch/"):
        _check_batch(request.hold(body))
    elif query.get("uploadType") == "multipart":
        _prepare_multipart(request, body, pairs)
    else:
        request.json = request.hold(body)
        names.check_json(request.json)


def _check_call(request: Request) -> None:
    """Refuse a call that is not supported: outside the JSON API, objects can only be read."""
    if CALLS.fullmatch(request.path):
        is_refused = "/notificationConfigs" in request.path
    else:
        is_refused = request.method not in conditions.READING
    if is_refused:
        raise RefusedError(
            501, f"{request.method} {request.path} is not supported by the local Cloud Storage"
        )


def _is_content(request: Request, query: dict[str, str]) -> bool:
    """Return whether the body is the content of an object that is named elsewhere.

    gcsfs posts the pieces of a resumable upload; one of type JSON could still be read as metadata.
    """
    kind = query.get("uploadType")
    is_piece = kind == "resumable" and "upload_id" in query and "json" not in request.header(b"content-type")
    return request.path.startswith("/upload/") and (request.method == "PUT" or kind == "media" or is_piece)


def _content_checks(request: Request, query: dict[str, str]) -> checksums.Checked | None:
    """Return the checksum check for an object's content, or None, as for a piece of a resumable upload."""
    wanted = checksums.declared(b"", request.header(b"x-goog-hash"))
    return checksums.Checked(wanted, 0, b"") if wanted and query.get("uploadType") == "media" else None


def _check_batch(batch: bytes) -> None:
    names.check_batch(batch)
    if conditions.IN_BATCH.search(batch):
        raise RefusedError(501, "preconditions within a batch: not supported by the local Cloud Storage")


def _prepare_multipart(request: Request, body: Iterator[h11.Event], pairs: list[tuple[str, str]]) -> None:
    """Read a multipart upload as far as the head of its content, and put the checked name into the query."""
    begun = request.hold(body, until=uploads.BEGUN)
    found = uploads.name_in_metadata(begun)
    request.checks = uploads.content_checks(
        begun, request.header(b"content-type"), request.header(b"x-goog-hash")
    )
    name = dict(reversed(pairs)).get("name") or found
    if not name:
        raise names.BadNameError("the upload does not name an object")
    request.query = urlencode([*(pair for pair in pairs if pair[0] != "name"), ("name", name)])
