"""Which files the rows of an external table came from, so that replacing it reads only those that changed.

A batch replaces its external tables every day; without this, a day would read all files of all days again.
The note is deleted before rows are written, and made anew after that: without one, all files are read.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from local_bigquery.settings import settings

from localcloud.bigquery import lake

FORMAT = 2  # raise it when the same files give other rows
MOST_PARTS = 30  # each replacement adds a file to the table, and many small files are slow to read

type Reference = Sequence[str]


@dataclass(frozen=True)
class ReadFiles:
    """The files read for a table: their objects' generations by address, and in how many parts they came."""

    generations: Mapping[str, str]
    parts: int = 0

    def unchanged(self, found: Mapping[str, str]) -> set[str]:
        """Return the addresses whose rows can stay; none if reading all files again is better."""
        kept = {uri for uri, one in found.items() if self.generations.get(uri) == one}
        return kept if len(kept) * 2 > len(found) and self.parts < MOST_PARTS else set()


def recall(reference: Reference, definition: str) -> ReadFiles:
    """Return what was read for a table if it was made from the same definition and is still there."""
    file = _file(reference)
    if not file.exists():
        return ReadFiles({})
    noted = json.loads(file.read_text(encoding="utf-8"))
    is_same = noted["made_from"] == [FORMAT, definition, _state(reference)]
    return ReadFiles(noted["generations"], noted["parts"]) if is_same else ReadFiles({})


def forget(reference: Reference) -> None:
    """Delete the note on a table, whose rows are about to change."""
    _file(reference).unlink(missing_ok=True)


def note(reference: Reference, definition: str, read: ReadFiles) -> None:
    """Note what the rows of a table were read from."""
    made_from = [FORMAT, definition, _state(reference)]
    noted = {"made_from": made_from, "generations": dict(read.generations), "parts": read.parts}
    file = _file(reference)
    file.parent.mkdir(exist_ok=True)
    part = file.with_suffix(".part")  # renamed only when it is complete
    part.write_text(json.dumps(noted), encoding="utf-8")
    part.replace(file)


def _state(reference: Reference) -> list[int | str] | None:
    """Return what changes when somebody else makes the table anew, alters it or adds rows to it."""
    project, dataset, table = reference
    found = lake.catalog_entries(project, dataset).get(table)
    if not (found and found.table_id):
        return None
    return [found.table_id, str(found.columns), lake.row_count(project, dataset, table, found.table_id)]


def _file(reference: Reference) -> Path:
    name = hashlib.sha256("\0".join(reference).encode()).hexdigest()
    return Path(settings.data_dir).with_name("external") / f"{name}.json"
