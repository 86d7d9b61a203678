"""What a state folder remembers from run to run: the sales it holds and the last day that was run."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Self

from localcloud.state import LocalCloudError, try_lock


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Let one batch at a time work in a folder; raise LocalCloudError for another one, at once."""
    with (folder / "batch.lock").open("w") as file:
        if not try_lock(file):
            raise LocalCloudError(
                f"another make run works in {folder}: wait until it has ended, "
                f'or take other data with make run ARGS="--state-dir .localcloud/other"'
            )
        yield


@dataclass
class BatchState:
    """Dates as ISO strings; empty where nothing has happened yet. sales is the digest of an imported file."""

    generated_through: str = ""
    last_as_of: str = ""
    sales: str = ""

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
