"""How often something has been seen, counted on disk, so that memory does not grow with what is seen."""

import hashlib
import sqlite3
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Self

HERE = Path(__file__).parent
CREATE = (HERE / "create_occurrences.sql").read_text()
COUNT = (HERE / "count_occurrence.sql").read_text()


class Occurrences(AbstractContextManager["Occurrences"]):
    """A counter of texts in a temporary database that goes when the counter is closed."""

    def __enter__(self) -> Self:
        self._database = sqlite3.connect("")  # an empty name is a private file that SQLite removes by itself
        self._database.execute(CREATE)
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def count(self, text: str) -> int:
        """Count a text once more and return how often it has been counted, 1 at the first time."""
        key = hashlib.blake2b(text.encode(), digest_size=16).digest()
        (times,) = self._database.execute(COUNT, (key,)).fetchone()
        return int(times)
