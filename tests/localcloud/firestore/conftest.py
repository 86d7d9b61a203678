"""Firestore servers as child processes: ours, and Google's emulator where FIRESTORE_EMULATOR_JAR names it."""

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import grpc
import pytest
from google.cloud import firestore

from localcloud.endpoints import free_port

JAR_VARIABLE = "FIRESTORE_EMULATOR_JAR"
JAR_MAIN = "com.google.cloud.datastore.emulator.firestore.CloudFirestore"
START_SECONDS = 60


class LocalFirestore:
    """Our server as a child process, which can be killed and started again on the same folder."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._process: subprocess.Popen[str] | None = None
        self.host = ""

    def start(self) -> str:
        command = [sys.executable, "-m", "localcloud.firestore", "--port", "0", "--data-dir", self._data_dir]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        greeting = self._process.stdout.readline()
        assert greeting.startswith("Firestore serves 127.0.0.1:"), greeting
        self.host = greeting.split()[2].rstrip(",")
        return self.host

    def kill(self) -> None:
        """Stop without any warning, as kill -9 does."""
        self._process.kill()
        self.wait()

    def stop(self) -> int:
        """Stop by SIGTERM and return the exit code."""
        self._process.terminate()
        return self.wait()

    def wait(self) -> int:
        with self._process:
            return self._process.wait(timeout=10)


@pytest.fixture
def local_firestore(tmp_path: Path) -> Iterator[LocalFirestore]:
    server = LocalFirestore(tmp_path / "firestore")
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def our_host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of our server, which tests share; each takes a project of its own."""
    server = LocalFirestore(tmp_path_factory.mktemp("firestore"))
    yield server.start()
    assert server.stop() == 0


@pytest.fixture(scope="session", params=["our_host", "google_host"])
def host(request: pytest.FixtureRequest) -> str:
    """Return the address of our server, then of Google's emulator, for tests that hold for both."""
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="session")
def google_host() -> Iterator[str]:
    """Return the address of Google's emulator, started here."""
    jar = os.environ.get(JAR_VARIABLE)
    if not jar:
        pytest.skip(f"{JAR_VARIABLE} does not name Google's emulator")
    port = free_port()
    command = ["java", "-cp", jar, JAR_MAIN, "--host", "127.0.0.1", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            grpc.channel_ready_future(channel).result(timeout=START_SECONDS)
        yield f"127.0.0.1:{port}"
        process.terminate()


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., firestore.Client]]:
    """Yield a function that opens a client for a host, with a project of its own unless one is named."""
    clients = []

    def connect(host: str, project: str = "") -> firestore.Client:
        monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", host)
        clients.append(firestore.Client(project=project or f"p-{uuid.uuid4().hex}"))
        return clients[-1]

    yield connect
    for client in clients:
        client.close()


@pytest.fixture
def client(connect: Callable[..., firestore.Client], host: str) -> firestore.Client:
    return connect(host)


@pytest.fixture
def wait_until() -> Callable[..., None]:
    """Return a function that waits until a condition holds, and fails if it does not in time."""

    def wait_until(condition: Callable[[], bool], seconds: float = 20) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "the condition never held"
            time.sleep(0.005)

    return wait_until
