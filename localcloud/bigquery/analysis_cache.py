"""What was found out about statements, kept beside the tables for reuse on the next day."""

import hashlib
import sqlite3
from importlib.metadata import version
from pathlib import Path
from threading import Lock

FORMAT = 7  # raise it when the meaning of what is kept, or made of a statement, changes
MADE_BY = (FORMAT, *map(version, ["zetasql", "local-bigquery", "sqlglot"]))
MOST = 8192  # texts; a day of the batch has six hundred, most of them the same as the day before


class AnalysisCache:
    """Texts by what they were derived from; the oldest are deleted when the file is opened."""

    def __init__(self, file: Path) -> None:
        """Open the file, or create it, also in place of one that cannot be read."""
        self._lock = Lock()
        try:
            self._database = _open(file)
        except sqlite3.DatabaseError:
            file.unlink()
            self._database = _open(file)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def get(self, *things: object) -> str | None:
        """Return the text that was kept for these things, or None."""
        with self._lock:
            found = self._database.execute("SELECT text FROM kept WHERE name = ?", [_hash(things)]).fetchone()
        return found[0] if found else None

    def put(self, text: str, *things: object) -> None:
        """Keep a text for these things, in place of any that there is."""
        with self._lock:
            self._database.execute("INSERT OR REPLACE INTO kept VALUES (?, ?)", [_hash(things), text])


def _open(file: Path) -> sqlite3.Connection:
    file.parent.mkdir(parents=True, exist_ok=True)
    database = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = OFF")  # what a power cut loses can be found out again
        database.execute("CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, text TEXT) STRICT")
        oldest = "SELECT rowid FROM kept ORDER BY rowid DESC LIMIT 1 OFFSET ?"
        database.execute(f"DELETE FROM kept WHERE rowid <= ({oldest})", [MOST])
    except sqlite3.DatabaseError:
        database.close()
        raise
    return database


def _hash(things: tuple[object, ...]) -> str:
    return hashlib.sha256(repr((*MADE_BY, *things)).encode()).hexdigest()
