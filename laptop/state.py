"""What a state folder stores from run to run: the sales it contains and the last day that was run."""

import fcntl
import json
import os
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Self

from components.shared.names import SOURCES

CLOUDS = Path(".localcloud")
LOCK = "batch.lock"
MARKS = ("batch.json", "state.json")  # what a batch and a local cloud write first


class MissingError(Exception):
    """There is nothing in the folder; the message says where there is."""


class BusyError(Exception):
    """Another batch is running in the folder; the message says what to do."""


def lock_folder(folder: Path) -> None:
    """Keep other batches out of a folder while this process lives, whatever program it becomes.

    Raises BusyError at once if one is running there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise BusyError(
            f"another run or rebuild is using {folder}: wait until it has ended, "
            f"or use another folder with make run STATE={folder}-2"
        ) from None
    os.set_inheritable(lock, True)


def require_state(folder: Path) -> None:
    """Raise MissingError if nothing has been run in a folder, rather than start an empty cloud there."""
    if is_used(folder):
        return
    others = [str(path) for path in sorted(CLOUDS.glob("*")) if is_used(path)]
    advice = f"there are {', '.join(others)}" if others else "make run starts one"
    raise MissingError(f"there is no run in {folder}: {advice}")


def is_used(folder: Path) -> bool:
    """Return whether a batch or a local cloud has written to a folder."""
    return any((folder / mark).is_file() for mark in MARKS)


@dataclass
class BatchState:
    """The state of a folder; dates are ISO strings, empty if nothing has happened yet.

    sales is the digest of the imported files and how they were read. expected_documents is how many an export
    must find after an import; None once one has. time_zone is that of the warehouse's days, if an import
    sets it; sources is what the last run had besides sales. source says whose sales they are: "" for
    generated ones, None if an earlier version wrote the state. campaign is the campaign that a first run
    still has to show: the number of customers, the day it starts on, and its length in days.
    """

    generated_through: str = ""
    last_as_of: str = ""
    sales: str = ""
    expected_documents: int | None = None
    time_zone: str = ""
    sources: str = ",".join(SOURCES)
    source: str | None = None
    campaign: tuple[int, str, int] | None = None

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Return the folder's state, or a new one."""
        path = folder / "batch.json"
        return cls(**json.loads(path.read_text(encoding="utf-8"))) if path.exists() else cls()

    def save(self, folder: Path) -> None:
        """Save the state; after a crash it is either the old one or the new one."""
        new = folder / "batch.json.new"
        new.write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")
        new.replace(folder / "batch.json")

    def last_run(self) -> date | None:
        """Return the as-of date of the last run that succeeded."""
        return date.fromisoformat(self.last_as_of) if self.last_as_of else None
