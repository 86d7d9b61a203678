"""The documents: every version of the last hour, as serialized bytes in SQLite."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from localcloud.firestore.clock import Clock
from localcloud.firestore.names import split_name

SQL = {path.stem: path.read_text(encoding="utf-8") for path in (Path(__file__).parent / "sql").glob("*.sql")}
PAGE = 200
AFTER_ALL_IDS = "\U0010ffff"
PRAGMAS = (
    # A second server on the same folder is refused.
    "PRAGMA locking_mode = EXCLUSIVE",
    "PRAGMA journal_mode = WAL",
    # A killed process loses nothing that was acknowledged; only a power cut could lose data.
    "PRAGMA synchronous = NORMAL",
    "PRAGMA mmap_size = 1073741824",
)


class StoreError(Exception):
    """The data folder cannot be used."""


class Store:
    """Documents by name, as of any time in the last hour; for one thread, blocked for a page at most."""

    def __init__(self, data_dir: Path) -> None:
        try:
            self._connection = _open(data_dir)
        except (OSError, sqlite3.DatabaseError) as error:
            raise StoreError(_reason(data_dir, error)) from error
        self._latest = int(self._connection.execute("SELECT latest FROM clock").fetchone()[0])
        self._clock = Clock(data_dir)
        self._numbers: dict[str, int] = {}

    def close(self) -> None:
        """Close the file, in which everything committed already is, with the time of the last reader."""
        with self.transaction():
            pass
        self._connection.close()

    def now(self) -> int:
        """Return the time in microseconds, later than every time returned before, even across restarts."""
        self._latest = max(self._clock.now(), self._latest + 1)
        return self._latest

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Store everything put and deleted in the block, or nothing if an exception leaves it."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("UPDATE clock SET latest = ?", (self._latest,))
            self._connection.execute("COMMIT")
        except BaseException:
            self._connection.rollback()
            self._numbers.clear()
            raise

    def get(self, name: str, at: int | None = None) -> bytes | None:
        """Return a serialized Document, current or as of a time, or None if there is none."""
        collection, document_id = split_name(name)
        key = {"collection": self._number(collection), "id": document_id, "at": at}
        row = self._connection.execute(SQL["get" if at is None else "get_at"], key).fetchone()
        return row[0] if row else None

    def scan(
        self, collection: str, at: int, first: str = "", stop: str = AFTER_ALL_IDS, most: int = PAGE
    ) -> list[tuple[str, bytes]]:
        """Return up to `most` (id, serialized Document) of a collection, first <= id < stop, by id."""
        number = self._number(collection)
        bounds = {"collection": number, "at": at, "first": first, "stop": stop, "most": most}
        return self._connection.execute(SQL["scan"], bounds).fetchall()

    def put(self, name: str, document: bytes, time: int) -> None:
        """Store a version of a document that is valid from `time` on."""
        collection, document_id = split_name(name)
        number = self._number(collection) or self._add_collection(collection)
        row = {"collection": number, "id": document_id, "time": time, "data": document}
        self._connection.execute(SQL["supersede"], row)
        self._connection.execute(SQL["put"], row)

    def delete(self, name: str, time: int) -> None:
        """Delete a document from `time` on, if there is one."""
        collection, document_id = split_name(name)
        row = {"collection": self._number(collection), "id": document_id, "time": time}
        self._connection.execute(SQL["supersede"], row)
        self._connection.execute(SQL["delete"], row)

    def collections_beneath(self, parent: str, at: int) -> list[str]:
        """Return the paths of the collections, at any depth under `parent`, that contain documents."""
        # "0" is the character after "/".
        bounds = {"prefix": f"{parent}/", "stop": f"{parent}0", "at": at}
        return [path for (path,) in self._connection.execute(SQL["collections_beneath"], bounds)]

    def forget(self, before: int, most: int = 1000) -> int:
        """Delete up to `most` versions that were replaced before a time; return how many were deleted."""
        return self._connection.execute(SQL["forget"], {"before": before, "most": most}).rowcount

    def _number(self, collection: str) -> int | None:
        number = self._numbers.get(collection)
        if number is None:
            query = "SELECT number FROM collection WHERE path = ?"
            row = self._connection.execute(query, (collection,)).fetchone()
            if row is None:
                return None
            number = self._numbers[collection] = row[0]
        return number

    def _add_collection(self, collection: str) -> int:
        self._connection.execute("INSERT INTO collection (path) VALUES (?)", (collection,))
        number = self._number(collection)
        assert number is not None  # noqa: S101 -- it was inserted above
        return number


def _open(data_dir: Path) -> sqlite3.Connection:
    data_dir.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(data_dir / "documents.sqlite", timeout=1, isolation_level=None)
    for pragma in PRAGMAS:
        connection.execute(pragma)
    connection.executescript(SQL["schema"])
    return connection


def _reason(data_dir: Path, error: Exception) -> str:
    if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY:
        return f"another server uses the documents in {data_dir}: stop it, or choose another --data-dir"
    return f"the documents in {data_dir} cannot be opened: {error}"
