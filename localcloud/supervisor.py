"""Starts the services of the laptop's cloud, sees that they answer, and leaves no process behind.

Each service runs on a leash (leash.py) that ends it when the supervisor ends, in whatever way.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep

from localcloud import leash
from localcloud.endpoints import DEFAULT_PROJECT, Endpoints, choose_ports
from localcloud.services import SERVICES, UNREADY, Service, by_name
from localcloud.state import LocalCloudError, State, locked, this_process

START_SECONDS = 60.0
LOG_LINES = 10
Report = Callable[[str], None]


__all__ = ["START_SECONDS", "LocalCloudError", "Report", "Supervisor", "running", "supervised", "to_stderr"]


def to_stderr(line: str) -> None:
    """Report a line of progress on stderr."""
    print(line, file=sys.stderr, flush=True)


class Supervisor:
    """The services of one state folder, as child processes."""

    def __init__(self, folder: Path, lock: int, project: str, services: Sequence[Service]) -> None:
        """Choose the ports; nothing runs yet. `lock` is a descriptor that the children inherit."""
        self.folder = folder.resolve()
        self.lock = lock
        self.services = services
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        pid, started = this_process()
        ports = choose_ports(State.read(folder).ports)
        names = {service.name: 0 for service in services}
        self.state = State(project, ports, supervisor=pid, supervisor_started=started, services=names)

    @property
    def endpoints(self) -> Endpoints:
        """Where the started services listen."""
        return self.state.endpoints

    def start(self, report: Report) -> None:
        """Start all services and return when each has answered a query, or raise LocalCloudError."""
        began = monotonic()
        (self.folder / "logs").mkdir(parents=True, exist_ok=True)
        for service in self.services:
            self.processes[service.name] = self._spawn(service)
        self.state.services = {name: process.pid for name, process in self.processes.items()}
        self.state.write(self.folder)
        self._wait_until_healthy(began, report)
        self.state.healthy = True
        self.state.write(self.folder)

    def check(self) -> None:
        """Raise LocalCloudError with the last lines of the log of a service that has ended."""
        for name, process in self.processes.items():
            if (code := process.poll()) is not None:
                raise LocalCloudError(f"{name} ended with code {code}; {self._last_words(name)}")

    def record_exits(self) -> dict[str, int]:
        """Return the exit codes of the services that have ended, and note them in the state folder."""
        exits = {
            name: code for name, process in self.processes.items() if (code := process.poll()) is not None
        }
        if exits != self.state.exits:
            self.state.exits = exits
            self.state.write(self.folder)
        return exits

    def stop(self) -> None:
        """End every service and wait for it."""
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            process.wait(leash.GRACE_SECONDS + 5)
            if process.stdin:
                process.stdin.close()
        self.state = State(self.state.project, self.state.ports)
        self.state.write(self.folder)

    def _spawn(self, service: Service) -> subprocess.Popen[bytes]:
        data = self.folder / service.name
        data.mkdir(exist_ok=True)
        command = service.command(Endpoints(self.state.project, self.state.ports), data)
        with self._log(service.name).open("wb") as log:
            return subprocess.Popen(
                [sys.executable, "-I", "-S", leash.__file__, *command],
                env={**os.environ, **self.endpoints.environment(), "PYTHONUNBUFFERED": "1"},
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=[self.lock],
                start_new_session=True,
            )

    def _wait_until_healthy(self, began: float, report: Report) -> None:
        waiting = {service.name: service for service in self.services}
        while waiting:
            self.check()
            for name, service in list(waiting.items()):
                with suppress(*UNREADY):
                    service.check(self.endpoints)
                    report(
                        f"{name} ready after {monotonic() - began:.1f} s at {self.endpoints.address(name)}"
                    )
                    del waiting[name]
            if waiting and monotonic() - began > START_SECONDS:
                name = next(iter(waiting))
                raise LocalCloudError(
                    f"{name} gave no answer in {START_SECONDS:.0f} s; {self._last_words(name)}"
                )
            sleep(0.05)

    def _log(self, name: str) -> Path:
        return self.folder / "logs" / f"{name}.log"

    def _last_words(self, name: str) -> str:
        lines = self._log(name).read_text(errors="replace").splitlines()[-LOG_LINES:]
        return "\n  ".join([f"the end of {self._log(name)}:", *lines])


@contextmanager
def supervised(
    state_dir: Path, project: str, services: Sequence[str], report: Report
) -> Iterator[Supervisor]:
    """Start a supervisor's services in this process; stop them all at the end, however it comes."""
    with locked(state_dir) as lock:
        supervisor = Supervisor(state_dir, lock, project, by_name(services))
        try:
            supervisor.start(report)
            yield supervisor
        finally:
            supervisor.stop()


@contextmanager
def running(
    state_dir: Path | str,
    project: str = DEFAULT_PROJECT,
    services: Sequence[str] = tuple(SERVICES),
    report: Report = to_stderr,
) -> Iterator[Endpoints]:
    """Have the services run while the block does, and yield their endpoints.

    Those that another supervisor of the same folder runs already are shared, and left running. Raises
    LocalCloudError with the end of the log of a service that does not start or has died by the block's end.
    """
    folder = Path(state_dir)
    state = State.read(folder)
    if state.healthy and state.is_supervised():
        yield state.endpoints
        return
    with supervised(folder, project, services, report) as supervisor:
        try:
            yield supervisor.endpoints
        finally:
            supervisor.check()
