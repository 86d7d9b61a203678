"""The proxy in front of the local Cloud Storage: it reads heads and names, and streams the rest through.

Each client connection has its own thread here, and its own connection to the server. Bodies are streamed in
pieces; only a request's JSON is buffered and read.
"""

import json
import socket
import socketserver
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from threading import Lock
from typing import Any
from urllib.parse import parse_qsl, quote

import h11

from localcloud.endpoints import HOST
from localcloud.guard import Guard, Refusal, safe_headers
from localcloud.storage import checksums, conditions, names
from localcloud.storage.peer import PIECE, Peer
from localcloud.storage.request import RefusedError, Request, prepare

LINGER_SECONDS = 2.0
GUARDED_TYPES = frozenset(
    {"application/json", "application/octet-stream", "multipart/mixed", "multipart/related"}
)
PRECONDITION = "At least one of the pre-conditions you specified did not hold."
# Headers that belong to one connection, or that tell the server an address other than the door's.
UNSENT = {b"connection", b"expect", b"forwarded", b"host", b"keep-alive", b"upgrade", b"x-forwarded-proto"}
GONE = (BrokenPipeError, ConnectionResetError)


class Door(socketserver.ThreadingTCPServer):
    """The listener on the port that clients know, which relays to the server behind it."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, server_port: int, tls: ssl.SSLContext) -> None:
        """Listen on 127.0.0.1:`port`; nothing is answered before serve_forever."""
        super().__init__((HOST, port), Visit)
        self.public_host = f"{HOST}:{port}"
        self.guard = Guard(port, GUARDED_TYPES, uploads=True)
        self.conditional = Lock()
        self._server_port, self._tls = server_port, tls

    def connect(self) -> socket.socket:
        """Return a new connection to the server."""
        connection = socket.create_connection((HOST, self._server_port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._tls.wrap_socket(connection, server_hostname=HOST)


class Visit(socketserver.BaseRequestHandler):
    """A client connection, from its first request to its last."""

    server: Door
    request: socket.socket

    def handle(self) -> None:
        """Answer requests one after the other, until either side closes the connection."""
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client = Peer(self.request, h11.SERVER)
        with suppress(*GONE), ExitStack() as stack:
            stack.callback(self._linger)
            try:
                self._converse(client, stack)
            except RefusedError as error:
                _refuse(client, error.refusal)
            except h11.RemoteProtocolError as error:
                _refuse(client, Refusal(400, f"this is not a valid HTTP request: {error}"))

    def _converse(self, client: Peer, stack: ExitStack) -> None:
        server: Peer | None = None
        while isinstance(head := client.event(), h11.Request):
            request = self._admit(head, client)
            server = server or Peer(stack.enter_context(closing(self._connect())), h11.CLIENT)
            with self._conditions(request):
                self._pass_on(request, client, server)
                _pass_back(server, client)
            if not (client.is_done() and server.is_done()):
                return
            client.http.start_next_cycle()
            server.http.start_next_cycle()

    def _connect(self) -> socket.socket:
        try:
            return self.server.connect()
        except ConnectionRefusedError as error:
            raise RefusedError(503, "the local Cloud Storage is starting, or its server has ended") from error

    def _pass_on(self, request: Request, client: Peer, server: Peer) -> None:
        try:
            with suppress(*GONE):  # the server may already have answered, say to refuse a large upload
                server.send(self._head_for_server(request))
                for event in request.verify_body(self._body(request, client)):
                    server.send(event)
        except checksums.MismatchError as error:  # the server drops an incomplete upload
            raise RefusedError(400, str(error)) from error

    def _body(self, request: Request, client: Peer) -> Iterator[h11.Event]:
        yield from request.held
        if client.http.their_state is h11.SEND_BODY:
            yield from client.body()

    @contextmanager
    def _conditions(self, request: Request) -> Iterator[None]:
        """Refuse a request whose conditions do not hold; hold off others with conditions during the block."""
        query, body = dict(parse_qsl(request.query)), request.json
        if said := conditions.not_supported(request.method, query, body):
            raise RefusedError(501, f"{said}: not supported by the local Cloud Storage")
        try:
            found = conditions.of(request.path, query, body)
            sources = conditions.sources(request.path, body)
        except (ValueError, KeyError, AttributeError) as error:
            raise RefusedError(400, f"the request's preconditions cannot be read: {error}") from error
        if not (found or sources):
            yield
            return
        with self.server.conditional:
            self._check(request, found, sources)
            yield

    def _check(
        self, request: Request, found: list[conditions.Condition], sources: list[tuple[str, str]]
    ) -> None:
        for bucket, name in sources:
            if self._object(bucket, name) is None:
                raise RefusedError(404, f"No such object: {bucket}/{name}")
        for condition in found:
            if not condition.holds(self._object):
                is_unchanged = condition.is_negative and request.method in conditions.READING
                raise RefusedError(304 if is_unchanged else 412, PRECONDITION)

    def _object(self, bucket: str, name: str) -> dict[str, Any] | None:
        """Return an object's metadata from the server, or None if there is no such object."""
        with closing(self._connect()) as connection:
            server = Peer(connection, h11.CLIENT)
            target = f"/storage/v1/b/{quote(bucket, safe='')}/o/{quote(name, safe='')}"
            head = [(b"host", self.server.public_host.encode()), (b"connection", b"close")]
            server.send(h11.Request(method="GET", target=target, headers=head))
            server.send(h11.EndOfMessage())
            answer = server.event()
            body = b"".join(bytes(getattr(event, "data", b"")) for event in server.body())
        return json.loads(body) if answer.status_code == 200 else None

    def _linger(self) -> None:
        """Wait until the client has read the last answer: closing at once could discard it."""
        with suppress(OSError):
            self.request.shutdown(socket.SHUT_WR)
            self.request.settimeout(LINGER_SECONDS)
            while self.request.recv(PIECE):
                pass

    def _admit(self, head: h11.Request, client: Peer) -> Request:
        """Return a request if the guard and its names admit it; raise RefusedError otherwise."""
        method = head.method.decode("ascii")
        if refusal := self.server.guard.refusal(method, head.headers):
            raise RefusedError(refusal.status, refusal.sentence)
        path, _, query = head.target.decode("ascii").partition("?")
        request = Request(method, path, query, list(head.headers), [])
        try:
            prepare(request, client.body())
        except names.BadNameError as error:
            raise RefusedError(400, str(error)) from error
        return request

    def _head_for_server(self, request: Request) -> h11.Request:
        kept = [header for header in request.headers if header[0] not in UNSENT]
        own = [(b"host", self.server.public_host.encode()), (b"x-forwarded-proto", b"http")]
        target = f"{request.path}?{request.query}" if request.query else request.path
        return h11.Request(method=request.method, target=target, headers=[*own, *kept])


def _refuse(client: Peer, refusal: Refusal) -> None:
    if refusal.status == 304:
        client.send(h11.Response(status_code=304, headers=[("connection", "close")]))
        client.send(h11.EndOfMessage())
        return
    headers = {
        "content-type": "application/json",
        "content-length": str(len(refusal.body)),
        "connection": "close",
    }
    client.send(h11.Response(status_code=refusal.status, headers=list(headers.items())))
    client.send(h11.Data(data=refusal.body))
    client.send(h11.EndOfMessage())


def _pass_back(server: Peer, client: Peer) -> None:
    """Pass the server's answer on, with headers that make it harmless in a browser."""
    while isinstance(head := server.event(), h11.InformationalResponse):
        pass
    if not isinstance(head, h11.Response):
        raise ConnectionResetError("the server closed the connection")
    headers = safe_headers(head.headers)
    client.send(h11.Response(status_code=head.status_code, headers=headers, reason=head.reason))
    for event in server.body():
        client.send(event)
