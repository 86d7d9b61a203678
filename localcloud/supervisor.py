"""Start the services of the local cloud, wait until they answer, and leave no process behind.

Each service runs on a leash (leash.py) that ends it when the supervisor ends, however that happens.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep

from localcloud import clients, leash
from localcloud.endpoints import Endpoints, choose_ports
from localcloud.services import UNREADY, Service, services_of
from localcloud.settings import FILE_VARIABLE, STATE_VARIABLE, Settings, load
from localcloud.state import LocalCloudError, State, locked, make_private, this_process
from localcloud.status import how_ended

START_SECONDS = 60.0
LOG_LINES = 10
WATCH_SECONDS = 0.2
Report = Callable[[str], None]


def to_stderr(line: str) -> None:
    """Print a line of progress to stderr."""
    print(line, file=sys.stderr, flush=True)


class Supervisor:
    """The services of one state folder, as child processes."""

    def __init__(
        self, folder: Path, lock: int, settings: Settings, services: Sequence[Service], revives: bool = False
    ) -> None:
        """Choose the ports without starting anything. `lock` is a descriptor that the children inherit."""
        self.folder = folder.resolve()
        self.lock = lock
        self.settings = settings
        self.services = services
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        pid, started = this_process()
        ports = choose_ports(settings.ports, State.read(folder).ports)
        names = {service.name: 0 for service in services}
        self.state = State(
            settings.project,
            ports,
            supervisor=pid,
            supervisor_started=started,
            services=names,
            revives=revives,
        )
        self._changing = threading.Lock()
        self._stopping = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)

    @property
    def endpoints(self) -> Endpoints:
        """The endpoints of the started services."""
        return self.state.endpoints

    def start(self, report: Report) -> None:
        """Start all services and return when each has passed its check, or raise LocalCloudError."""
        (self.folder / "logs").mkdir(parents=True, exist_ok=True)
        clients.write_credentials(self.folder)
        self._start(self.services, report)
        self._watcher.start()

    def revive(self, report: Report) -> None:
        """Restart the services that have ended, each on its old port, or raise LocalCloudError."""
        with self._changing:
            try:
                self._start(
                    [service for service in self.services if service.name in self._exit_codes()], report
                )
            finally:
                self.state.healthy, self.state.exits = True, self._exit_codes()
                self.state.write(self.folder)

    def _start(self, services: Sequence[Service], report: Report) -> None:
        began = monotonic()
        for service in services:
            if (ended := self.processes.get(service.name)) and ended.stdin:
                ended.stdin.close()
            self.processes[service.name] = self._spawn(service)
        self.state.services = {name: process.pid for name, process in self.processes.items()}
        self.state.healthy, self.state.exits = False, {}
        self.state.write(self.folder)
        self._wait_until_healthy(services, began, report)
        clients.write_env_file(self.folder, self.endpoints)
        self.state.healthy = True
        self.state.write(self.folder)

    def check(self) -> None:
        """Raise LocalCloudError with the last lines of the log if a service has ended."""
        for name, code in self._exit_codes().items():
            raise LocalCloudError(_describe_end(self.settings, self.folder, name, f"ended with code {code}"))

    def _exit_codes(self) -> dict[str, int]:
        codes = {name: process.poll() for name, process in self.processes.items()}
        return {name: code for name, code in codes.items() if code is not None}

    def _watch(self) -> None:
        """Record in the state folder which services have ended, until the supervisor stops."""
        while not self._stopping.wait(WATCH_SECONDS):
            with self._changing:
                if (exits := self._exit_codes()) != self.state.exits:
                    self.state.exits = exits
                    self.state.write(self.folder)

    def stop(self) -> None:
        """End every service and wait for it."""
        clients.remove_env_file(self.folder)
        self._stopping.set()
        if self._watcher.is_alive():
            self._watcher.join()
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            process.wait(leash.GRACE_SECONDS + 5)
            if process.stdin:
                process.stdin.close()
        self.state = State(self.state.project, self.state.ports)
        self.state.write(self.folder)

    def _spawn(self, service: Service) -> subprocess.Popen[bytes]:
        data = make_private(self.folder / service.name)
        command = service.command(Endpoints(self.state.project, self.state.ports), data)
        with log_file(self.folder, service.name).open("wb") as log:
            return subprocess.Popen(
                [sys.executable, "-I", "-S", leash.__file__, *command],
                env={
                    **os.environ,
                    **environment(self.settings, self.folder, self.endpoints),
                    "PYTHONUNBUFFERED": "1",
                },
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=[self.lock],
                start_new_session=True,
            )

    def _wait_until_healthy(self, services: Sequence[Service], began: float, report: Report) -> None:
        waiting = {service.name: service for service in services}
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
                words = last_words(self.folder, name)
                raise LocalCloudError(f"{name} did not answer within {START_SECONDS:.0f} s; {words}")
            sleep(0.05)


def environment(settings: Settings, folder: Path, endpoints: Endpoints) -> dict[str, str]:
    """Return the variables by which Google's clients and our own command find the cloud."""
    file = {FILE_VARIABLE: str(settings.file)} if settings.file else {}
    return {**clients.variables(folder, endpoints), STATE_VARIABLE: str(folder.resolve()), **file}


def check_services(folder: Path, settings: Settings) -> None:
    """Raise LocalCloudError with the last lines of the log if a service of the folder has ended."""
    state = State.read(folder)
    for name in state.services:
        if end := how_ended(name, state):
            raise LocalCloudError(_describe_end(settings, folder, name, end))


def _describe_end(settings: Settings, folder: Path, name: str, end: str) -> str:
    advice = f"`{settings.advice('up', folder)}` restarts it"
    return f"{name} {end}: {advice}; {last_words(folder, name)}"


def log_file(folder: Path, name: str) -> Path:
    """Return the path of a service's log."""
    return folder / "logs" / f"{name}.log"


def last_words(folder: Path, name: str) -> str:
    """Return the end of a service's log."""
    lines = log_file(folder, name).read_text(errors="replace").splitlines()[-LOG_LINES:]
    return "\n  ".join([f"the end of {log_file(folder, name)}:", *lines])


@contextmanager
def supervise(
    state_dir: Path, settings: Settings, services: Sequence[Service], report: Report, revives: bool = False
) -> Iterator[Supervisor]:
    """Supervise the services from this process during the block; stop them all however the block ends."""
    with locked(state_dir) as lock:
        supervisor = Supervisor(state_dir, lock, settings, services, revives)
        try:
            supervisor.start(report)
            yield supervisor
        finally:
            supervisor.stop()


@contextmanager
def running(
    state_dir: Path | str,
    services: Sequence[str] = (),
    report: Report = to_stderr,
    settings: Settings | None = None,
) -> Iterator[Endpoints]:
    """Run the services during the block, all of them or those named, and yield their endpoints.

    Services that another supervisor of the same folder already runs are shared, and left running. Settings
    default to those of the working directory. Raises LocalCloudError with the end of the log if a service
    does not start, or has ended before the block starts or by the time it ends.
    """
    settings = settings or load()
    chosen = _select_services(services_of(settings), services)
    folder = Path(state_dir)
    state = State.read(folder)
    if state.healthy and state.is_supervised():
        check_services(folder, settings)
        try:
            yield state.endpoints
        finally:
            check_services(folder, settings)
        return
    with supervise(folder, settings, chosen, report) as supervisor:
        try:
            yield supervisor.endpoints
        finally:
            supervisor.check()


def _select_services(services: Mapping[str, Service], names: Sequence[str]) -> list[Service]:
    """Return the named services, or all without names; raise ValueError for an unknown name."""
    if unknown := set(names) - set(services):
        raise ValueError(f"no such service: {', '.join(sorted(unknown))} (there are {', '.join(services)})")
    return [service for name, service in services.items() if name in names or not names]
