"""What was found out of statements, kept beside the tables so that the next day finds it there."""

import hashlib
import sqlite3
from importlib.metadata import version
from pathlib import Path
from threading import Lock

FORMAT = 4  # raise it when what is kept, or made of a statement, changes its meaning
MADE_BY = (FORMAT, *map(version, ["zetasql", "local-bigquery", "sqlglot"]))
MOST = 8192  # texts; a day of the batch has six hundred, most of them those of the day before


class Kept:
    """Texts by the things that they were found of; the oldest are forgotten when a file is opened."""

    def __init__(self, file: Path) -> None:
        """Open the file, or make it: also in the place of one that cannot be read."""
        self._lock = Lock()
        try:
            self._database = _opened(file)
        except sqlite3.DatabaseError:
            file.unlink()
            self._database = _opened(file)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def get(self, *things: object) -> str | None:
        """Return the text that was kept of these things."""
        with self._lock:
            found = self._database.execute("SELECT text FROM kept WHERE name = ?", [_name(things)]).fetchone()
        return found[0] if found else None

    def put(self, text: str, *things: object) -> None:
        """Keep a text of these things, in the place of what there is of them."""
        with self._lock:
            self._database.execute("INSERT OR REPLACE INTO kept VALUES (?, ?)", [_name(things), text])


def _opened(file: Path) -> sqlite3.Connection:
    file.parent.mkdir(parents=True, exist_ok=True)
    database = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = OFF")  # what a power cut takes can be found out again
        database.execute("CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, text TEXT) STRICT")
        oldest = "SELECT rowid FROM kept ORDER BY rowid DESC LIMIT 1 OFFSET ?"
        database.execute(f"DELETE FROM kept WHERE rowid <= ({oldest})", [MOST])
    except sqlite3.DatabaseError:
        database.close()
        raise
    return database


def _name(things: tuple[object, ...]) -> str:
    return hashlib.sha256(repr((*MADE_BY, *things)).encode()).hexdigest()
