"""A Python that has imported a project's libraries: the steps of a run start as its forks, at once.

`python -m localcloud.vertex.warm NUMBER MODULE…` imports the modules one by one. In between it answers
warm_client.py, which kfp's command calls in Python's place, on the socket that is its file of that number.
Only libraries may be named: a step's own code is read when the step starts, as it then is.
"""

import ctypes
import gc
import importlib
import json
import os
import runpy
import selectors
import shlex
import signal
import socket
import subprocess
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localcloud import leash
from localcloud.vertex import warm_client

STEP = "kfp.dsl.executor_main"  # the module that kfp's command of a component runs

type Json = dict[str, Any]


@contextmanager
def warm_python(folder: Path, modules: Sequence[str]) -> Iterator[None]:
    """Keep a warm Python until the block ends, if there are modules to import.

    There is none on systems that cannot wait for a process as for a file, which are those other than Linux.
    """
    if not modules or not hasattr(os, "pidfd_open"):
        yield
        return
    path = str(folder / "warm.socket")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(warm_client.address(path))
        listener.listen()  # from now on a client waits, even before the process has started
        number = listener.fileno()
        command = [sys.executable, "-m", "localcloud.vertex.warm", str(number), *modules]
        process = subprocess.Popen(command, pass_fds=[number])
    os.environ[warm_client.SOCKET] = path
    try:
        yield
    finally:
        process.kill()
        process.wait()


def through_warm_python(command: list[str]) -> list[str]:
    """Return a component's command with the call of Python passed on to the warm Python, if there is one."""
    if warm_client.SOCKET not in os.environ:
        return command
    cold = f"{sys.executable} -m {STEP} "
    warm = f"{sys.executable} -I -S {shlex.quote(warm_client.__file__)} -m {STEP} "
    return [part.replace(cold, warm) for part in command]


@dataclass(frozen=True, eq=False)
class _Step:
    """A fork that runs a step, a file that can be read once it has ended, and the client that waits."""

    process: int
    end: int
    client: socket.socket


class _ForkedError(Exception):
    """Leaves the server's loop in a new process, with what a client sent: the request and its files."""


class _Server:
    """Forks a process for each client and tells it how that ended."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)

    def answer(self, patience: float | None) -> bool:
        """Answer what has come, or comes within so many seconds; return whether anything did."""
        events = self._selector.select(patience)
        for key, _ in events:
            if key.fileobj is self._listener:
                self._start(self._listener.accept()[0])
            elif key.fileobj is key.data.client:
                self._abandon(key.data)
            else:
                self._finish(key.data)
        return bool(events)

    def _start(self, client: socket.socket) -> None:
        files = socket.recv_fds(client, 1, 3)[1]
        with client.makefile("rb") as stream:
            request = json.loads(stream.readline())
        if not (process := _fork()):
            self._selector.close()
            self._listener.close()
            client.close()
            raise _ForkedError(request, files)
        for file in files:
            os.close(file)
        step = _Step(process, os.pidfd_open(process), client)
        self._selector.register(step.end, selectors.EVENT_READ, step)
        self._selector.register(client, selectors.EVENT_READ, step)
        with suppress(BrokenPipeError):  # it was killed: _abandon follows
            client.sendall(b"%d\n" % process)

    def _abandon(self, step: _Step) -> None:
        """Kill the process of a client that was killed."""
        if step.client.fileno() >= 0:  # closed if both ended at once
            self._selector.unregister(step.client)
            signal.pidfd_send_signal(step.end, signal.SIGKILL)

    def _finish(self, step: _Step) -> None:
        code = os.waitstatus_to_exitcode(os.waitpid(step.process, 0)[1])
        if step.client in self._selector.get_map():
            self._selector.unregister(step.client)
            with suppress(BrokenPipeError):  # it was killed at this moment
                step.client.sendall(b"%d\n" % code)
        step.client.close()
        self._selector.unregister(step.end)
        os.close(step.end)


def _fork() -> int:
    gc.freeze()  # the collector would write to each object, and so copy the memory that the fork shares
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        return os.fork()  # the only threads are those of libraries that provide for it: OpenBLAS, jemalloc


def _run(request: Json, files: Sequence[int]) -> None:
    ctypes.CDLL(None).prctl(leash.PR_SET_PDEATHSIG, signal.SIGKILL)
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["variables"])
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed()  # or all steps would draw the same numbers; Python's own are seeded by the fork
    _, module, *arguments = request["arguments"]
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def main(listener: socket.socket, modules: Sequence[str]) -> None:
    """Import the modules while answering clients, then answer them for ever; in a fork, run its step."""
    try:
        server = _Server(listener)
        for module in modules:
            try:
                importlib.import_module(module)
            except ImportError as error:
                print(f"preload: {module} cannot be imported: {error}", file=sys.stderr)
            while server.answer(0):
                pass
        while True:
            server.answer(None)
    except _ForkedError as fork:
        request, files = fork.args
    _run(request, files)


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])), sys.argv[2:])
