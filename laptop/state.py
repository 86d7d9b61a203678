"""What a state folder remembers from run to run: the sales it holds and the last day that was run."""

import fcntl
import json
import os
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Self

from components.shared.names import SOURCES


class BusyError(Exception):
    """Another batch works in the folder; the message says what to do."""


def be_alone(folder: Path) -> None:
    """Keep other batches out of a folder for as long as this process lasts, whatever program it becomes.

    Raises BusyError at once when one is at work there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder / "batch.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise BusyError(
            f"another make run is using {folder}: wait until it has ended, "
            f"or use another folder with make run STATE={folder}-2"
        ) from None
    os.set_inheritable(lock, True)


@dataclass
class BatchState:
    """Dates as ISO strings; empty where nothing has happened yet.

    sales is the digest of imported files and of how they were read. expected_documents is how many an export
    has to find after an import; none once one did. time_zone is that of the warehouse's days, where an import
    says it, sources what the last run had beside the sales. source is whose sales they are: "" for generated
    ones, None where an earlier version has written the state. campaign is what a first run shows, until it
    has: the number of customers, the day it starts on, and for how many days.
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
        """Keep the state; a crash leaves the old one or the new one."""
        new = folder / "batch.json.new"
        new.write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")
        new.replace(folder / "batch.json")

    def last_run(self) -> date | None:
        """Return the as-of date of the last run that succeeded."""
        return date.fromisoformat(self.last_as_of) if self.last_as_of else None
