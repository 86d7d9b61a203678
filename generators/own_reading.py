"""Read, interpret and check your own files before anything is written, and keep what was accepted."""

import argparse
import hashlib
import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, Self

from generators.own_options import asked_files, settings_of
from sources.files import RawFiles, open_files
from sources.files.finding import find_files
from sources.files.naming import source_of
from sources.files.sql import literal
from sources.mapping import Mapping, load, with_settings
from sources.understand import Understanding, understand

HERE = Path(__file__).parent
SALES, FACTS = "sales.parquet", "sales.json"
BLOCK = 1 << 20


class CountsError(Exception):
    """Rows are missing or duplicated; the message has both figures."""


@dataclass(frozen=True)
class Counts:
    """The number of rows in files, and what became of them."""

    rows: int
    accepted: int
    set_aside: int
    left_out: int

    def __str__(self) -> str:
        became = f"{self.accepted:,} sales + {self.set_aside:,} rejected + {self.left_out:,} left out"
        return f"{self.rows:,} rows = {became}"


@dataclass(frozen=True)
class CheckedSales:
    """The accepted sales of a source, in a Parquet file: their first and last day, and the rows' counts.

    `digest` is a hash of the files, `reading` of how they were read; days are in `zone`, the business's zone.
    """

    file: Path
    source: str
    first: date
    last: date
    counts: Counts
    digest: str
    reading: str
    zone: str = "UTC"

    def save(self) -> None:
        """Store this description beside the sales."""
        facts = asdict(self) | {"file": self.file.name, "first": str(self.first), "last": str(self.last)}
        self.file.with_name(FACTS).write_text(json.dumps(facts, indent=1), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Return the description stored in a folder."""
        facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
        days = {key: date.fromisoformat(facts[key]) for key in ("first", "last")}
        return cls(**facts | days | {"file": folder / facts["file"], "counts": Counts(**facts["counts"])})


@dataclass(frozen=True)
class Checked:
    """Files that were read, and how they were interpreted."""

    raw: RawFiles
    understanding: Understanding
    source: str
    digest: str
    settings: Sequence[str]
    _interpret: Callable[..., Understanding]

    def with_settings(self, more: Sequence[str]) -> Self:
        """Return the same files, interpreted with more settings."""
        settings = [*self.settings, *more]
        return replace(self, settings=settings, understanding=self._interpret(settings=settings))

    def counts(self) -> Counts:
        """Return what became of the rows; raise CountsError unless each is counted exactly once."""
        figures = self.understanding.figures
        if figures is None:
            raise CountsError("nothing was counted, because something is ambiguous")
        gone = (sum(reasons.values()) for reasons in (figures.set_aside, figures.left_out))
        counts = Counts(figures.rows, figures.lines, *gone)
        if counts.rows != counts.accepted + counts.set_aside + counts.left_out:
            raise CountsError(f"the rows do not add up: {counts}")
        return counts

    def keep(self, folder: Path) -> CheckedSales:
        """Write the accepted sales to a folder, and return their description."""
        folder.mkdir(parents=True, exist_ok=True)
        file, counts = folder / SALES, self.counts()
        self.raw.con.execute((HERE / "keep_sales.sql").read_text(encoding="utf-8") + f" to {literal(file)}")
        mapping = self.understanding.mapping
        kept, first, last = self.raw.con.execute((HERE / "kept_sales.sql").read_text()).fetchall()[0]
        if kept != counts.accepted:
            raise CountsError(f"{kept:,} sales were made from {counts.accepted:,} rows")
        days = date.fromisoformat(first), date.fromisoformat(last)
        reading = hashlib.blake2b(repr(mapping).encode(), digest_size=16).hexdigest()
        zone = mapping.time.zone if mapping else "UTC"
        sales = CheckedSales(file, self.source, *days, counts, self.digest, reading, zone)
        sales.save()
        return sales


@contextmanager
def read_checked(options: argparse.Namespace, files: Sequence[str], today: date) -> Iterator[Checked]:
    """Read files as the options say, and provide them, interpreted, within the block."""
    paths, settings = asked_files(files), settings_of(options)
    source = source_of(paths, options.source)
    mapping = load(options.mapping) if options.mapping else None
    with tempfile.TemporaryDirectory() as work:
        told = {key: _given_setting(key, settings, mapping) for key in ("encoding", "delimiter", "sheets")}
        with open_files(paths, Path(work), **told) as raw:
            interpret = partial(
                understand,
                raw,
                preset=options.preset or None,
                mapping=mapping,
                source=source,
                today=today,
            )
            yield Checked(raw, interpret(settings=settings), source, _digest(paths), settings, interpret)


def _given_setting(key: str, settings: Sequence[str], mapping: Mapping | None) -> Any:
    """Return the encoding, delimiter or sheets of files that the settings, or else the mapping, give."""
    source = mapping.source.model_dump() if mapping else {}
    value = with_settings({"source": source}, settings)["source"].get(key)
    return {"\\t": "\t", "tab": "\t"}.get(value, value) if isinstance(value, str) else value


def _digest(paths: Sequence[Path]) -> str:
    """Return a hash that two exports share exactly if their files have the same contents."""
    digest = hashlib.sha256()
    for found in find_files(paths):
        with found.path.open("rb") as file:
            while block := file.read(BLOCK):
                digest.update(block)
        digest.update(b"\0")
    return digest.hexdigest()
