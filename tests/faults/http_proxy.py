"""An HTTP proxy in front of one of Google's REST services, which injects the trap's fault into a call."""

import http.client
import re
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.faults.calls import Calls
from tests.faults.fault import Fault, http_error
from tests.faults.killing import Killer

AT_ONCE = struct.pack("ii", 1, 0)  # SO_LINGER: a close that sends RST
HOP = {"host", "transfer-encoding", "content-length", "connection", "keep-alive"}
NAME_IN_BODY = re.compile(rb'"name"\s*:\s*"([^"]+)"')
SHOWN_PARAMETERS = ("uploadType", "alt", "prefix")


class Proxy(ThreadingHTTPServer):
    """A server on its own port; `killer` ends whatever a fault is to kill."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, service: str, target: str, calls: Calls, killer: Killer) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.service, self.target, self.calls, self.killer = service, target, calls, killer
        self.address = f"127.0.0.1:{self.server_port}"
        self.closing = threading.Event()

    def handle_error(self, *_: Any) -> None:
        """Print nothing: broken connections are intended."""


class Handler(BaseHTTPRequestHandler):
    """The handler of one client connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Proxy

    def log_message(self, *_: Any) -> None:
        """Print nothing."""

    def do(self) -> None:
        """Answer one request, or inject its fault."""
        proxy, body = self.server, self._body()
        fault = proxy.calls.arrive(proxy.service, self.command, self._called(body))
        if fault in (Fault.DENIED, Fault.TOO_MANY, Fault.INTERNAL, Fault.UNAVAILABLE, Fault.OUTAGE):
            status, text = http_error(fault, proxy.service)
            self._answer(status, [("Content-Type", "application/json")], text)
        elif fault is Fault.TIME_OUT:
            self._be_silent()
        elif fault is Fault.RESET:
            self._reset()
        elif fault in (Fault.KILLED_BEFORE, Fault.SERVICE_KILLED):
            proxy.killer.kill(fault)
            self._reset()
        else:
            self._pass_on(body, fault)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do  # noqa: N815 -- as the library names them

    def _pass_on(self, body: bytes, fault: Fault | None) -> None:
        try:
            status, headers, answer = self._forward(body)
        except OSError:  # the service is gone: the client sees what it would see at the service's port
            self._reset()
            return
        if fault is Fault.KILLED_AFTER:
            self.server.killer.kill(fault)
        if fault in (Fault.LOST, Fault.KILLED_AFTER):
            self._reset()
        else:
            self._answer(status, headers, answer, cut=fault is Fault.HALF)

    def _forward(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        proxy = self.server
        connection = http.client.HTTPConnection(proxy.target, timeout=300)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP}
        if body or self.command in ("POST", "PUT", "PATCH"):
            headers["Content-Length"] = str(len(body))
        try:
            connection.request(self.command, self.path, body or None, headers | {"Host": proxy.target})
            response = connection.getresponse()
            answer = response.read()
        except http.client.HTTPException as error:
            raise ConnectionError(str(error)) from error
        finally:
            connection.close()
        there, here = proxy.target, proxy.address
        kept = [(n, v.replace(there, here)) for n, v in response.getheaders() if n.lower() not in HOP]
        if "json" in response.headers.get("Content-Type", ""):  # links, such as Cloud Storage's mediaLink
            answer = answer.replace(there.encode(), here.encode())
        return response.status, kept, answer

    def _answer(
        self, status: int, headers: list[tuple[str, str]], answer: bytes, *, cut: bool = False
    ) -> None:
        if cut and not answer:  # there are only headers: send a part of them
            self.wfile.write(b"HTTP/1.1 ")
            self._close()
            return
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if status not in (204, 304):
            self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer[: len(answer) // 2] if cut else answer)
        if cut:
            self.wfile.flush()
            self._close()

    def _be_silent(self) -> None:
        """Send nothing until the client gives up or the attempt is over."""
        self.connection.settimeout(0.1)
        while not self.server.closing.is_set():
            try:
                if not self.connection.recv(1):
                    break
            except TimeoutError:
                time.sleep(0.05)
            except OSError:
                break
        self._reset()

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        self._close()

    def _close(self) -> None:
        self.close_connection = True
        self.connection.close()

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _called(self, body: bytes) -> str:
        """Return the name of a request: its path and the few parameters that tell calls apart."""
        address = urlsplit(self.path)
        query = parse_qs(address.query)
        shown = [f"{name}={query[name][0]}" for name in SHOWN_PARAMETERS if name in query]
        if self.command == "POST" and address.path.startswith("/upload/storage/"):
            name = query.get("name", [""])[0].encode() or (NAME_IN_BODY.search(body[:4000]) or [b"", b""])[1]
            shown.append(name.decode())
        return unquote(address.path) + (f"?{' '.join(shown)}" if shown else "")


@contextmanager
def http_proxy(service: str, target: str, calls: Calls, killer: Killer) -> Iterator[str]:
    """Run a proxy in front of `target` (host:port) for the duration of the block; yield its host:port."""
    proxy = Proxy(service, target, calls, killer)
    thread = threading.Thread(target=proxy.serve_forever, args=[0.05], daemon=True)
    thread.start()
    try:
        yield proxy.address
    finally:
        proxy.closing.set()
        proxy.shutdown()
        thread.join()
        proxy.server_close()
