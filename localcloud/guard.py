"""Who may use the local cloud: the programs of this machine, and each service's own pages.

A page of any other site that is open in a browser here can send requests to these ports too. Browsers reveal
that in Origin and Sec-Fetch-Site, and Host shows a name that somebody else's DNS resolves to this machine;
programs send neither. The README says what is trusted and what is not.
"""

import json
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass
from typing import Any

from localcloud.endpoints import HOST

type Headers = Iterable[tuple[bytes, bytes]]
type Message = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]
type Application = Callable[[Any, Any, Any], Awaitable[None]]

READING = frozenset({"GET", "HEAD", "OPTIONS"})
OWN_SITES = frozenset({"same-origin", "none"})  # "none": somebody typed the address or opened a bookmark
JSON = frozenset({"application/json"})
FORBIDDEN, UNSUPPORTED_TYPE = 403, 415
STATUSES = {FORBIDDEN: "PERMISSION_DENIED"}
CORS = b"access-control-"
HARMLESS = {b"content-security-policy": b"sandbox", b"x-content-type-options": b"nosniff"}


@dataclass(frozen=True)
class Refusal:
    """The reason why a request is refused: an HTTP status and one sentence."""

    status: int
    sentence: str

    @property
    def body(self) -> bytes:
        """The error in the form of Google's APIs, so that their clients show the sentence."""
        status = STATUSES.get(self.status, "INVALID_ARGUMENT")
        error = {"code": self.status, "message": self.sentence, "status": status}
        return json.dumps({"error": error}).encode()


@dataclass(frozen=True)
class Guard:
    """The rules for requests to the service that listens on a port.

    `content_types` are those of the bodies that Google's clients send. With `uploads`, the body of a PUT is
    an object of any type.
    """

    port: int
    content_types: frozenset[str] = JSON
    uploads: bool = False

    def refusal(self, method: str, headers: Headers) -> Refusal | None:
        """Return why a request is refused, judging by its method and headers alone, or None."""
        sent: dict[str, list[str]] = {}
        for name, value in headers:
            sent.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1").strip())
        return self._refuse_foreign(sent) or self._refuse_content_type(method, sent)

    def _refuse_foreign(self, sent: dict[str, list[str]]) -> Refusal | None:
        hosts = sent.get("host", [])
        if [host.lower() for host in hosts] not in ([f"{HOST}:{self.port}"], [f"localhost:{self.port}"]):
            named = ", ".join(hosts) or "no host"
            return Refusal(FORBIDDEN, f"this is {HOST}:{self.port}, but the request names {named}")
        if strangers := set(sent.get("origin", [])) - {f"http://{hosts[0]}"}:
            return _refuse_page(f"Origin {', '.join(sorted(strangers))}", hosts[0])
        if sites := set(sent.get("sec-fetch-site", [])) - OWN_SITES:
            return _refuse_page(f"Sec-Fetch-Site {', '.join(sorted(sites))}", hosts[0])
        return None

    def _refuse_content_type(self, method: str, sent: dict[str, list[str]]) -> Refusal | None:
        """Refuse a write whose body has a type that browsers send across sites without asking the server."""
        is_own_page = "origin" in sent or "same-origin" in sent.get("sec-fetch-site", [])
        if method in READING or is_own_page or (method == "PUT" and self.uploads):
            return None
        has_body = "transfer-encoding" in sent or sent.get("content-length", ["0"]) != ["0"]
        kinds = [kind.partition(";")[0].strip().lower() for kind in sent.get("content-type", [])]
        if set(kinds) <= self.content_types and (len(kinds) == 1 or not has_body):
            return None
        wanted = " or ".join(sorted(self.content_types))
        given = ", ".join(kinds) or "none"
        return Refusal(
            UNSUPPORTED_TYPE,
            f"a {method} needs the Content-Type {wanted}, as Google's clients send it, not {given}",
        )


def _refuse_page(said: str, host: str) -> Refusal:
    return Refusal(
        FORBIDDEN,
        f"a page of another site may not use the local cloud ({said}); to open one of its own pages, "
        f"type http://{host}/ into the browser's address bar",
    )


class Guarded:
    """ASGI middleware that answers a request that the guard refuses before anything is read or done."""

    def __init__(self, app: Application, guard: Guard) -> None:
        """Wrap an application."""
        self._app = app
        self._guard = guard

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it; no response allows other origins, and WebSockets are closed."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close"})
        elif scope["type"] != "http":
            await self._app(scope, receive, send)
        elif refusal := self._guard.refusal(scope["method"], scope["headers"]):
            await _answer(refusal, send)
        else:
            await self._app(scope, receive, _make_safe(send))


def safe_headers(headers: Headers) -> list[tuple[bytes, bytes]]:
    """Return the headers of a response as a browser should get them.

    Those that would let pages of other origins read it are dropped. A page without a policy of its own, such
    as an object of a bucket, is shown without being of the service's origin, and runs no script.
    """
    kept = [(name, value) for name, value in headers if not name.lower().startswith(CORS)]
    given = {name.lower() for name, _ in kept}
    return [*kept, *((name, value) for name, value in HARMLESS.items() if name not in given)]


def _make_safe(send: Send) -> Send:
    async def send_safely(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": safe_headers(message.get("headers", []))}
        await send(message)

    return send_safely


async def _answer(refusal: Refusal, send: Send) -> None:
    headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": refusal.body})
