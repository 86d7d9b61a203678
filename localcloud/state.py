"""The state that a supervisor writes to its folder for others: its process, the ports, the services."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import monotonic, sleep
from typing import IO

import psutil

from localcloud.endpoints import Endpoints


class LocalCloudError(RuntimeError):
    """An error of the local cloud, in one line that says what to do."""


@dataclass
class State:
    """The supervisor of a folder: its process, whether all services answered, and the pid of each leash.

    `folder` is where this was written; `revives` means that SIGUSR1 makes it restart ended services.
    """

    project: str = ""
    ports: dict[str, int] = field(default_factory=dict)
    supervisor: int | None = None
    supervisor_started: float = 0.0
    healthy: bool = False
    services: dict[str, int] = field(default_factory=dict)
    exits: dict[str, int] = field(default_factory=dict)
    folder: str = ""
    revives: bool = False

    @classmethod
    def read(cls, folder: Path) -> "State":
        """Return the folder's state; if the folder was copied or moved, only its project and ports."""
        state = cls._load_stored(folder)
        return state if state.folder == str(folder.resolve()) else cls(state.project, state.ports)

    @classmethod
    def _load_stored(cls, folder: Path) -> "State":
        with suppress(FileNotFoundError):
            return cls(**json.loads((folder / "state.json").read_text()))
        return cls()

    def write(self, folder: Path) -> None:
        """Replace the folder's state atomically, so that no reader sees it half-written."""
        draft = folder / "state.json.new"
        content = asdict(self) | {"folder": str(folder.resolve())}
        draft.write_text(json.dumps(content, indent=2) + "\n")
        draft.replace(folder / "state.json")

    @property
    def endpoints(self) -> Endpoints:
        """The endpoints of the services that were started."""
        started = {name for name in self.ports if name.removesuffix("_storage") in self.services}
        return Endpoints(self.project, {name: port for name, port in self.ports.items() if name in started})

    def is_supervised(self) -> bool:
        """Return whether the supervisor that wrote this is still running."""
        if self.supervisor is None:
            return False
        with suppress(psutil.NoSuchProcess):
            return psutil.Process(self.supervisor).create_time() == self.supervisor_started
        return False


def make_private(folder: Path) -> Path:
    """Return the folder, created if missing, with access for its owner only."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder


def is_locked(folder: Path) -> bool:
    """Return whether a supervisor, or a service that one left behind, still uses the folder."""
    if not (folder / "lock").exists():
        return False
    with (folder / "lock").open("w") as file:
        return not _lock(file)


@contextmanager
def in_turn(folder: Path) -> Iterator[None]:
    """Wait until no other process is in this block for the folder."""
    with (make_private(folder) / "up.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def locked(folder: Path, patience: float = 10.0) -> Iterator[int]:
    """Lock the folder and yield the lock's file descriptor; a process that inherits it holds the lock too.

    Raises LocalCloudError if another process holds it for longer than `patience` seconds.
    """
    with (make_private(folder) / "lock").open("w") as file:
        deadline = monotonic() + patience
        while not _lock(file):
            if monotonic() > deadline:
                raise LocalCloudError(_who_holds(folder))
            sleep(0.05)
        yield file.fileno()


def _who_holds(folder: Path) -> str:
    state = State._load_stored(folder)
    if state.folder not in ("", str(folder.resolve())):
        process = f"process {state.supervisor}"
        return f"{folder} was moved from {state.folder} while {process} was running in it: end that process"
    shown = f"python -m localcloud status --state-dir {folder} shows which services are running"
    return f"{folder} is in use by another process: wait until it ends; {shown}"


def _lock(file: IO[str]) -> bool:
    """Lock an open file until it is closed; return False if another process holds the lock."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def this_process() -> tuple[int, float]:
    """Return the process id and start time that identify this process."""
    return os.getpid(), psutil.Process().create_time()
