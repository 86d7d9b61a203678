"""The processes of a run's tasks: one per attempt, whose output goes to the task's log as it arrives.

Each line of a log starts with the time at which it arrived, in UTC as 2026-01-31T02:00:00.000Z.

A cancelled task gets SIGTERM as its container does on Vertex AI: only the command's first process gets it,
like process 1 of a container, for which the kernel drops a signal without a handler. The command that kfp
generates for a component starts with `sh -ec`, which does not pass signals on (kubeflow/pipelines #7902):
`exec` is needed there if the program behind it is to be notified.

LOCALCLOUD_STEP_WRAPPER may be a command that runs the one after it elsewhere, such as in the steps' image.
"""

import builtins
import json
import os
import re
import shlex
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from localcloud.vertex.cause import failure_cause
from localcloud.vertex.events import Events, current_task
from localcloud.vertex.warm import through_warm_python

CAUSE_LINES = 200
WRAPPER = "LOCALCLOUD_STEP_WRAPPER"


class CancelledRunError(BaseException):
    """The run was asked to stop; not an Exception, so that only the main function catches it."""


class Attempts:
    """Runs attempts at tasks; SIGTERM is passed on to the running ones, and no more are started."""

    def __init__(self, events: Events, logs: Path) -> None:
        self._events = events
        self._logs = logs
        self._counts: dict[str, int] = {}
        self._running: set[int] = set()
        self._processes: dict[int, subprocess.Popen[str]] = {}
        self._stopping = False
        signal.signal(signal.SIGTERM, self._stop)

    def _stop(self, *_: object) -> None:
        self._stopping = True
        for process in list(self._processes.values()):
            _terminate(process)
        if not self._running:
            raise CancelledRunError

    def run(self, full_command: list[str], env_vars: dict[str, str] | None = None) -> int:
        """Run one attempt at the current thread's task; return its exit code."""
        task = current_task.get()
        number = self._counts[task] = self._counts.get(task, 0) + 1
        executor_input = json.loads(full_command[full_command.index("--executor_input") + 1])
        tail: deque[str] = deque(maxlen=CAUSE_LINES)
        with self._delay_end(), (self._logs / f"{task}.log").open("a", buffering=1, encoding="utf-8") as log:
            self._events.emit("attempt", number=number, inputs=executor_input.get("inputs", {}))
            note = _timestamped_writer(log)
            note(f"--- attempt {number}, {datetime.now(UTC):%Y-%m-%d %H:%M:%SZ} ---\n")
            with _start_process(full_command, env_vars or {}) as process:
                self._processes[process.pid] = process
                if self._stopping:  # SIGTERM came before the process was registered
                    _terminate(process)
                code = _copy_output(process, [note, tail.append, _show])
                del self._processes[process.pid]
        if code:
            self._events.emit("attempt_failed", number=number, cause=failure_cause("".join(tail), code))
        return code

    @contextmanager
    def _delay_end(self) -> Iterator[None]:
        """Delay the end of the run until the block ends, so that its process may clean up."""
        self._running.add(threading.get_ident())
        try:
            if not self._stopping:
                yield
        finally:
            self._running.discard(threading.get_ident())
        if self._stopping:
            raise CancelledRunError


def _timestamped_writer(log: TextIO) -> Callable[[str], None]:
    """Return a function that writes a line to a log, with its time in front."""

    def note(line: str) -> None:
        log.write(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + f"Z {line}")

    return note


def _start_process(command: list[str], variables: dict[str, str]) -> "subprocess.Popen[str]":
    wrapper = shlex.split(os.environ.get(WRAPPER, ""))
    pairs = [f"{name}={value}" for name, value in variables.items()]
    return subprocess.Popen(
        [*wrapper, "env", *pairs, *through_warm_python(command)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        bufsize=1,
    )


def _terminate(process: "subprocess.Popen[str]") -> None:
    """Send SIGTERM as process 1 of a container would get it: only if it has a handler.

    Without /proc it is unknown whether it has one, so the signal is sent.
    """
    with suppress(FileNotFoundError, ProcessLookupError):
        status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii", errors="replace")
        caught = int(re.findall(r"(?m)^SigCgt:\s*([0-9a-f]+)$", status)[0], 16)
        if not caught >> (signal.SIGTERM - 1) & 1:
            return
    process.terminate()


def _copy_output(process: "subprocess.Popen[str]", outs: list[Callable[[str], Any]]) -> int:
    assert process.stdout is not None  # noqa: S101 - it was asked for
    for line in process.stdout:
        for out in outs:
            out(line)
    return process.wait()


def _show(line: str) -> None:
    builtins.print(line, end="")
