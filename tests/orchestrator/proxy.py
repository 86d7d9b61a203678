"""A proxy in front of a real service that records requests and, when told to, answers in its place."""

import re
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

HOP_HEADERS = {"connection", "content-length", "date", "host", "server", "transfer-encoding"}
TLS = ssl.create_default_context()  # unused, but each client would otherwise create one


@dataclass
class Fault:
    """An answer to the next `times` requests whose "METHOD path?query" matches the pattern from the start.

    If after_forwarding is true, the request is forwarded first; `meanwhile` is called before the answer.
    """

    pattern: str
    status: int
    body: bytes = b"{}"
    times: int = 1
    after_forwarding: bool = False
    meanwhile: Callable[[], None] = lambda: None


@dataclass
class Proxy:
    """An ASGI application in front of `target`: the requests seen, and the faults to come."""

    target: str
    seen: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def count(self, pattern: str) -> int:
        """Return how many of the requests seen match."""
        return sum(bool(re.match(pattern, line)) for line in self.seen)

    def clear(self) -> None:
        """Forget what was seen and what should fail."""
        self.seen.clear()
        self.faults.clear()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "http":
            response = await self._answer(Request(scope, receive))
            await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        path = f"{request.scope['raw_path'].decode()}?{request.url.query}"
        fault = self._note(f"{request.method} {path}")
        if fault is None:
            return await self._forward(request, path)
        if fault.after_forwarding:
            await self._forward(request, path)
        fault.meanwhile()
        return Response(fault.body, fault.status, media_type="application/json")

    def _note(self, line: str) -> Fault | None:
        self.seen.append(line)
        for fault in self.faults:
            if fault.times and re.match(fault.pattern, line):
                fault.times -= 1
                return fault
        return None

    async def _forward(self, request: Request, path: str) -> Response:
        body = await request.body()
        async with httpx.AsyncClient(base_url=self.target, timeout=60, verify=TLS) as client:
            answer = await client.request(
                request.method, path, content=body, headers=_passed_on(request.headers.items())
            )
        headers = _passed_on(answer.headers.items())
        headers.pop("content-encoding", None)
        return Response(answer.content, answer.status_code, headers)


def _passed_on(headers: list[tuple[str, str]]) -> dict[str, str]:
    return {name: value for name, value in headers if name.lower() not in HOP_HEADERS}
