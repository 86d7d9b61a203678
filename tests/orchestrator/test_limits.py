"""How much of the service's memory and time a client can take, over plain sockets."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import psutil
import pytest

from localcloud.endpoints import free_port
from orchestrator.__main__ import SILENCE_SECONDS
from orchestrator.server import MOST_BYTES

MEGABYTES = 200
HEAD = b"POST / HTTP/1.1\r\nHost: x\r\n"
BEGUN = (b"", HEAD[:20], HEAD + b"Content-Length: 9\r\n\r\n{")
START_SECONDS = 60
GRACE_SECONDS = 5


@pytest.fixture(scope="module")
def service() -> Iterator[tuple[int, psutil.Process]]:
    """The service in its own process, once it is ready."""
    port = free_port()
    variables = {
        **os.environ,
        "WINTER_DAYS_PROJECT": "winter-days-test",
        "VERTEX_EMULATOR_HOST": "127.0.0.1:1",
    }
    variables["STORAGE_EMULATOR_HOST"] = "http://127.0.0.1:1"
    command = [sys.executable, "-m", "orchestrator", "--host", "127.0.0.1", "--port", str(port)]
    with subprocess.Popen(command, env=variables, stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + START_SECONDS
        while not is_ready(port):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield port, psutil.Process(process.pid)
        process.terminate()


def is_ready(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n")
            return connection.recv(100).split()[1] == b"200"
    except OSError:
        return False


def sent(port: int, head: bytes, pieces: Iterator[bytes]) -> bytes:
    """Return the answer to a request; stop sending its body if the service closes the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(head)
        try:
            for piece in pieces:
                connection.sendall(piece)
        except (BrokenPipeError, ConnectionResetError):
            pass
        try:
            return connection.recv(1000)
        except ConnectionResetError:
            return b""


@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_body_of_200_megabytes_is_refused_and_not_kept(service, is_chunked):
    port, process = service
    megabyte = bytes(2**20)
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    if is_chunked:
        head += b"Transfer-Encoding: chunked\r\n\r\n"
        megabyte = b"100000\r\n" + megabyte + b"\r\n"
    else:
        head += f"Content-Length: {MEGABYTES * 2**20}\r\n\r\n".encode()
    before = process.memory_info().rss
    answer = sent(port, head, (megabyte for _ in range(MEGABYTES)))
    assert answer == b"" or answer.split()[1] == b"413"
    assert process.memory_info().rss - before < 10 * 2**20


def test_a_body_at_the_limit_is_read_and_one_byte_more_is_not(service):
    port, _ = service
    for length, status in ((MOST_BYTES, b"422"), (MOST_BYTES + 1, b"413")):
        head = f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode()
        assert sent(port, head, iter([b" " * length])).split()[1] == status
        head = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        pieces = [f"{length:x}\r\n".encode(), b" " * length, b"\r\n0\r\n\r\n"]
        assert sent(port, head, iter(pieces)).split()[1] == status


def closed_after(port: int, begun: bytes) -> float:
    """Return after how many seconds a client that sends no more than this is closed."""
    with socket.create_connection(("127.0.0.1", port), timeout=SILENCE_SECONDS + GRACE_SECONDS) as connection:
        connection.sendall(begun)
        began = time.monotonic()
        try:
            while connection.recv(1000):
                pass
        except ConnectionResetError:
            pass
        return time.monotonic() - began


def answer_to_slow_client(port: int) -> bytes:
    """Return the answer to a request that takes longer than the time limit, but pauses for less."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        for _ in range(2):
            time.sleep(SILENCE_SECONDS * 0.6)
            connection.sendall(b"x")
        connection.sendall(b"\r\n\r\n")
        return connection.recv(100)


@pytest.fixture(scope="module")
def waiting(service) -> Iterator[tuple[dict[bytes, Future[float]], Future[bytes]]]:
    """Silent clients, by what they send, and a slow one: all wait at the same time."""
    port, _ = service
    with ThreadPoolExecutor(len(BEGUN) + 1) as pool:
        silent = {begun: pool.submit(closed_after, port, begun) for begun in BEGUN}
        yield silent, pool.submit(answer_to_slow_client, port)


@pytest.mark.parametrize("begun", BEGUN)
def test_a_client_that_falls_silent_is_closed(waiting, begun):
    silent, _ = waiting
    assert SILENCE_SECONDS - 1 < silent[begun].result() < SILENCE_SECONDS + GRACE_SECONDS


def test_a_slow_client_is_not_closed(waiting):
    """The time limit is for each piece of a request, not for the whole."""
    _, answer = waiting
    assert answer.result().split()[1] == b"200"
