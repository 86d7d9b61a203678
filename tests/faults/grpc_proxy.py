"""A gRPC proxy in front of Firestore or BigQuery's Storage Read API; messages pass through as raw bytes.

Responses, including errors, come from a gRPC server. Connections are broken by a TCP relay in front of that
server, which resets them with RST.
"""

import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import grpc

from tests.faults.calls import Calls
from tests.faults.fault import Fault, grpc_status
from tests.faults.http_proxy import AT_ONCE
from tests.faults.killing import Killer

UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
SILENT_SECONDS = 0.3
OWN_METADATA = ("user-agent", "grpc-", "content-type", "te", ":")


class Relay:
    """Passes bytes between clients and a port, until it is told to cut."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Reset every connection."""
        while self._pairs:
            for end in self._pairs.pop():
                with suppress(OSError):  # it has already ended
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
                    end.shutdown(socket.SHUT_RD)
                end.close()

    def close(self) -> None:
        """Accept no more connections, and end the open ones."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._port))
                self._pairs.append((client, server))
                for source, sink in ((client, server), (server, client)):
                    threading.Thread(target=self._pass_on, args=[source, sink], daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR)


class Passing(grpc.GenericRpcHandler):
    """A handler that accepts every method and passes its messages on."""

    def __init__(self, service: str, channel: grpc.Channel, calls: Calls, killer: Killer) -> None:
        self._service, self._channel, self._calls, self._killer = service, channel, calls, killer
        self.cut: Callable[[], None] = lambda: None

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
        """Return a handler for streams; a single message is handled as a stream of one."""
        name, metadata = details.method, details.invocation_metadata

        def handle(requests: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
            first = next(requests)
            fault = self._calls.arrive(self._service, "RPC", name.rpartition("/")[2])
            self._refuse(fault, context)
            if fault in (Fault.RESET, Fault.KILLED_BEFORE, Fault.SERVICE_KILLED):
                if fault is not Fault.RESET:
                    self._killer.kill(fault)
                self.cut()
                return
            yield from self._answers(name, metadata, first, requests, fault, context)

        return grpc.stream_stream_rpc_method_handler(handle)

    def _refuse(self, fault: Fault | None, context: grpc.ServicerContext) -> None:
        if fault in (Fault.DENIED, Fault.TOO_MANY, Fault.INTERNAL, Fault.UNAVAILABLE, Fault.OUTAGE):
            status = grpc_status(fault, self._service)
            details = ("grpc-status-details-bin", status.SerializeToString())
            context.set_trailing_metadata([details])
            code = next(code for code in grpc.StatusCode if code.value[0] == status.code)
            context.abort(code, status.message)
        if fault is Fault.TIME_OUT:
            threading.Event().wait(SILENT_SECONDS)
            context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, "Deadline Exceeded")

    def _answers(
        self,
        name: str,
        metadata: Any,
        first: bytes,
        requests: Iterator[bytes],
        fault: Fault | None,
        context: grpc.ServicerContext,
    ) -> Iterator[bytes]:
        kept = [pair for pair in metadata if not pair[0].startswith(OWN_METADATA)]

        def all_requests() -> Iterator[bytes]:
            yield first
            yield from requests

        try:
            passed = self._channel.stream_stream(name)(
                all_requests(), timeout=context.time_remaining(), metadata=kept
            )
            if fault is None:
                yield from passed
                return
            answers = list(passed)
        except grpc.RpcError as error:
            context.set_trailing_metadata(error.trailing_metadata() or ())
            context.abort(error.code(), error.details())
            return
        if fault is Fault.KILLED_AFTER:
            self._killer.kill(fault)
        if fault is Fault.HALF:
            yield from answers[: len(answers) // 2]
            threading.Event().wait(0.1)  # until they have been sent
        self.cut()


@contextmanager
def grpc_proxy(service: str, target: str, calls: Calls, killer: Killer) -> Iterator[str]:
    """Run a proxy in front of `target` (host:port) for the duration of the block; yield its host:port."""
    with ExitStack() as stack:
        channel = stack.enter_context(grpc.insecure_channel(target, options=UNLIMITED))
        passing = Passing(service, channel, calls, killer)
        pool = stack.enter_context(ThreadPoolExecutor(16))
        server = grpc.server(pool, handlers=[passing], options=UNLIMITED)
        relay = Relay(server.add_insecure_port("127.0.0.1:0"))
        passing.cut = relay.cut
        server.start()
        try:
            yield relay.address
        finally:
            relay.close()
            server.stop(0).wait()
