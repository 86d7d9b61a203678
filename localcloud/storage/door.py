"""The proxy in front of the local Cloud Storage: it reads heads and names, and streams the rest through.

Each client connection has its own thread here, and its own connection to the server. Bodies are streamed in
pieces; only a request's JSON is buffered and read.
"""

import json
import re
import select
import socket
import socketserver
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from threading import Lock
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

import h11

from localcloud.endpoints import HOST
from localcloud.guard import Guard, Headers, Refusal, without_cors
from localcloud.storage import checksums, conditions, names

PIECE = 2**18
MOST_JSON = 2**20  # a hundred calls in a batch, or the metadata of one object
LINGER_SECONDS = 2.0
GUARDED_TYPES = frozenset(
    {"application/json", "application/octet-stream", "multipart/mixed", "multipart/related"}
)
CALLS = re.compile(r"/(?:(?:upload|download)/)?storage/v1/b(?:/.*)?|/batch/storage/v1", re.DOTALL)
CONTENT_HEAD = re.compile(rb"[^\r\n]*\r?\n(?:[^\r\n]+\r?\n)*\r?\n", re.DOTALL)
METADATA = re.compile(rb"--[^\r\n]+\r?\n(?P<head>(?:[^\r\n]+\r?\n)*)\r?\n(?P<json>.*?)\r?\n--", re.DOTALL)
BEGUN = re.compile(METADATA.pattern + CONTENT_HEAD.pattern, re.DOTALL)
PRECONDITION = "At least one of the pre-conditions you specified did not hold."
# Headers that belong to one connection, or that tell the server an address other than the door's.
UNSENT = {b"connection", b"expect", b"forwarded", b"host", b"keep-alive", b"upgrade", b"x-forwarded-proto"}
GONE = (BrokenPipeError, ConnectionResetError)


class RefusedError(Exception):
    """A request that the door refuses itself."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.refusal = Refusal(status, sentence)


class Peer:
    """One end of the relay: a socket and its HTTP state."""

    def __init__(self, connection: socket.socket, role: type[h11.CLIENT] | type[h11.SERVER]) -> None:
        self._socket = connection
        self._buffer = memoryview(bytearray(PIECE))
        self.http = h11.Connection(role)

    def event(self) -> Any:
        """Return the next part of a message: its head, a piece of its body, its end, or ConnectionClosed."""
        while (event := self.http.next_event()) is h11.NEED_DATA:
            self.http.receive_data(self._read())
        return event

    def _read(self) -> bytes:
        """Return what has arrived: TLS gives 16 kB at a time, too little to have h11 parse each by itself."""
        count = self._socket.recv_into(self._buffer)
        while 0 < count < PIECE and select.select([self._socket], [], [], 0)[0]:
            more = self._socket.recv_into(self._buffer[count:])
            if not more:
                break
            count += more
        return bytes(self._buffer[:count])

    def send(self, event: h11.Event) -> None:
        """Send a part of a message."""
        for data in self.http.send_with_data_passthrough(event) or ():
            self._socket.sendall(data)

    def is_done(self) -> bool:
        """Return whether both sides have sent complete messages and may start the next."""
        return self.http.our_state is self.http.their_state is h11.DONE

    def body(self) -> Iterator[h11.Data | h11.EndOfMessage]:
        """Yield the pieces of the body and its end; first send 100 Continue to a client that waits for it."""
        if self.http.they_are_waiting_for_100_continue:
            self.send(h11.InformationalResponse(status_code=100, headers=[]))
        while True:
            event = self.event()
            if isinstance(event, h11.ConnectionClosed):
                raise ConnectionResetError("the body ended early")
            yield event
            if isinstance(event, h11.EndOfMessage):
                return


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
            _check_names(request, client.body())
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
    """Pass the server's answer on, without the CORS headers that let other origins read it."""
    while isinstance(head := server.event(), h11.InformationalResponse):
        pass
    if not isinstance(head, h11.Response):
        raise ConnectionResetError("the server closed the connection")
    headers = without_cors(head.headers)
    client.send(h11.Response(status_code=head.status_code, headers=headers, reason=head.reason))
    for event in server.body():
        client.send(event)


def _check_names(request: Request, body: Iterator[h11.Event]) -> None:
    """Check every name in a request, and make sure that the server reads the same names.

    The server gets the query as parsed here, and prefers a name in the query to one in the metadata: so a
    multipart upload is passed on with the checked name, however the server would parse the parts.
    """
    is_object = not CALLS.fullmatch(request.path)
    if request.method not in ("GET", "HEAD") if is_object else "/notificationConfigs" in request.path:
        raise RefusedError(
            501, f"{request.method} {request.path} is not supported by the local Cloud Storage"
        )
    names.check_path(request.path)
    pairs = names.check_query(request.query)
    request.query, query = urlencode(pairs), dict(reversed(pairs))
    if request.method in ("GET", "HEAD", "DELETE"):
        return
    if _is_content(request, query):
        if wanted := checksums.declared(b"", request.header(b"x-goog-hash")):
            request.checks = checksums.Checked(wanted, 0, b"") if query.get("uploadType") == "media" else None
        return
    if request.path.startswith("/batch/"):
        batch = request.hold(body)
        names.check_batch(batch)
        if conditions.IN_BATCH.search(batch):
            raise RefusedError(501, "preconditions within a batch: not supported by the local Cloud Storage")
    elif query.get("uploadType") == "multipart":
        begun = request.hold(body, until=BEGUN)
        found = _name_in_parts(begun)
        request.checks = _checks_of_parts(request, begun)
        others = [pair for pair in pairs if pair[0] != "name"]
        name = query.get("name") or found
        if not name:
            raise names.BadNameError("the upload does not name an object")
        request.query = urlencode([*others, ("name", name)])
    else:
        request.json = request.hold(body)
        names.check_json(request.json)


def _is_content(request: Request, query: dict[str, str]) -> bool:
    """Return whether the body is the content of an object that is named elsewhere.

    gcsfs posts the pieces of a resumable upload; one of type JSON could still be read as metadata.
    """
    kind = query.get("uploadType")
    is_piece = kind == "resumable" and "upload_id" in query and "json" not in request.header(b"content-type")
    return request.path.startswith("/upload/") and (request.method == "PUT" or kind == "media" or is_piece)


def _name_in_parts(begun: bytes) -> str:
    """Return the name in the metadata, which is the first part of a multipart upload."""
    found = METADATA.match(begun)
    if not found or b"transfer-encoding" in found["head"].lower():
        raise names.BadNameError("the first part of the upload is not plain JSON")
    return names.check_json(found["json"]) or ""


def _checks_of_parts(request: Request, begun: bytes) -> checksums.Checked | None:
    """Return the checksum check for a multipart upload, whose second part is the content, or None."""
    found = METADATA.match(begun)
    wanted = checksums.declared(found["json"] if found else b"", request.header(b"x-goog-hash"))
    end = checksums.boundary(request.header(b"content-type"))
    head = CONTENT_HEAD.match(begun, found.end() if found else 0)
    return checksums.Checked(wanted, head.end(), end) if wanted and head and end else None
