"""One end of the relay: a socket and its HTTP state."""

import select
import socket
from collections.abc import Iterator
from typing import Any

import h11

PIECE = 2**18


class Peer:
    """A client or the server, at the other end of a socket."""

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
