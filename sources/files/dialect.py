"""The delimiter of a text file, and its header row."""

import collections
import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from sources.errors import CrossTableError, UnreadableError
from sources.files.raw import OWN_COLUMNS
from sources.files.rows_of_names import are_groups, are_two_rows, join_names
from sources.meaning.periods import describe_cross_table, periods_among

# The most reliable first: a comma also occurs within numbers and texts.
DELIMITERS = "\t;|,^~\x01\x1f"
SAMPLE = 1 << 18  # characters
FEWEST_PERIODS = 3  # in a row of names, of which a row of data may have two: ordered and shipped
MOST_ROWS_OF_NAMES = 2
MOST_ABOVE = 60  # the most records before the header row
SEPARATOR_LINE = re.compile(r'\s*"?sep=(.)"?[;,]*\r?\n', re.IGNORECASE)
# What a header row does not contain: a number, an amount, a date.
VALUE = re.compile(r"[-+($€£]{0,2}\s*\d[\d.,'/: T+-]*Z?\)?%?", re.ASCII)

csv.field_size_limit(1 << 24)


@dataclass(frozen=True)
class Dialect:
    """How a text file is written: `above` records precede the header row; `header` has unique names.

    The names may be in two rows, of which the first is one of the records above.
    """

    encoding: str
    delimiter: str
    header: tuple[str, ...]
    above: int
    first_line: bool  # the header row is exactly the file's first line
    in_two_rows: bool = False

    @property
    def width(self) -> int:
        """The number of columns."""
        return len(self.header)


def records(path: Path, encoding: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each record that is not blank as (line, cells); raise UnreadableError for unbalanced quotes."""
    with path.open(encoding=encoding, newline="") as file:
        reader, line = csv.reader(file, delimiter=delimiter, strict=True), 1
        while True:
            try:
                cells = next(reader, None)
            except csv.Error as error:
                raise UnreadableError(f"{path.name}, line {line}: unbalanced quotes ({error})") from None
            if cells is None:
                return
            if any(cells):
                yield line, cells
            line = reader.line_num + 1


def dialect_of(path: Path, encoding: str, delimiter: str | None = None) -> Dialect:
    """Return a file's dialect; with its delimiter, most records are as wide as the header."""
    text = _sample(path, encoding)
    separator = SEPARATOR_LINE.match(text)
    known = delimiter or (separator[1] if separator else None)
    candidates = [candidate for each in (known or DELIMITERS) if (candidate := _try_delimiter(text, each))]
    if not candidates:
        raise _no_header_error(path, text)
    best = max(candidates, key=lambda candidate: (round(candidate.fitting, 1), len(candidate.names)))
    names = best.names
    first_line = best.above == 0 and not separator and "\n" not in "".join(names) and text[:1] not in "\r\n"
    if best.rows_of_names > MOST_ROWS_OF_NAMES:
        raise UnreadableError(f"{path.name} has the columns' names in several rows: write them in one row")
    return Dialect(
        encoding, best.delimiter, unique_names(names), best.above, first_line, best.rows_of_names > 1
    )


@dataclass(frozen=True)
class _Candidate:
    delimiter: str
    names: list[str]
    above: int
    fitting: float
    rows_of_names: int


def _try_delimiter(text: str, delimiter: str) -> _Candidate | None:
    """Return a text as read with a delimiter, or None if no record names at least two columns."""
    rows = [cells for cells in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if any(cells)]
    # A note far to the right makes all rows of a sheet wider: then those without blanks at their ends tell.
    for width in dict.fromkeys(map(_usual_width, (rows, [strip_trailing_blanks(cells) for cells in rows]))):
        for above, cells in enumerate(rows[:MOST_ABOVE]):
            if width and _are_names(cells, width):
                at, found, rows_of_names = _names_in_rows(rows, above)
                names = strip_trailing_blanks(found)
                fitting = sum(len(strip_trailing_blanks(row)) <= len(names) <= len(row) for row in rows[at:])
                return _Candidate(delimiter, names, at, fitting / (len(rows) - at), rows_of_names)
    return None


def _usual_width(rows: Sequence[Sequence[str]]) -> int:
    """Return how many cells most of the rows with several have, or 0 if there is none."""
    widths = collections.Counter(len(cells) for cells in rows if len(cells) > 1)
    return max(widths, key=lambda width: (widths[width], width), default=0)


def _names_in_rows(rows: Sequence[Sequence[str]], above: int) -> tuple[int, Sequence[str], int]:
    """Return the last row of names, the names and how many rows of names there are: groups may be above."""
    first, below, last = [*rows[above : above + 3], (), ()][:3]
    has_groups = above > 0 and are_groups(rows[above - 1], first)
    if are_two_rows(first, below):
        more = has_groups + are_two_rows(below, last)
        return above + 1, join_names(first, below), 2 + more
    return (above, join_names(rows[above - 1], first), 2) if has_groups else (above, first, 1)


def _are_names(cells: Sequence[str], width: int) -> bool:
    filled = [cell.strip() for cell in cells if cell.strip()]
    wide = len(cells) >= 0.8 * width - 1 and len(filled) >= 2 and len(filled) * 2 > width
    return wide and not any(VALUE.fullmatch(cell) for cell in filled)


def strip_trailing_blanks(cells: Sequence[str]) -> list[str]:
    """Return the cells without trailing blank ones."""
    end = len(cells)
    while end and not cells[end - 1].strip():
        end -= 1
    return list(cells[:end])


def unique_names(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names, one line each, made unique ignoring case: "Date (2)" is a second column "date"."""
    taken = collections.Counter(own.casefold() for own in OWN_COLUMNS)
    found: list[str] = []
    for place, text in enumerate(names, start=1):
        plain = " ".join(text.replace("\ufeff", "").replace("\0", "").split()) or f"column {place}"
        taken[plain.casefold()] += 1
        times = taken[plain.casefold()]
        found.append(plain if times == 1 else f"{plain} ({times})")
    return tuple(found)


def _sample(path: Path, encoding: str) -> str:
    """Return the file's beginning, up to the end of a line."""
    with path.open(encoding=encoding, newline="") as file:
        text = file.read(SAMPLE)
    whole = text if len(text) < SAMPLE else text[: text.rfind("\n") + 1]
    return whole or text


def _periods_in(text: str) -> list[str]:
    """Return the periods in a text's first rows, if one has nothing beside them but names."""
    for delimiter in DELIMITERS:
        for cells in islice(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), MOST_ABOVE):
            periods = periods_among(cells)
            others = [cell.strip() for cell in cells if cell.strip() and cell.strip() not in periods]
            if len(periods) >= FEWEST_PERIODS and others and not any(map(VALUE.fullmatch, others)):
                return periods
    return []


def _no_header_error(path: Path, text: str) -> UnreadableError:
    if periods := _periods_in(text):
        return CrossTableError(path.name, describe_cross_table(periods))
    first = " ".join(text[:60].split())
    return UnreadableError(
        f"{path.name} is text without a header row (it begins {first!r}): "
        "add one, or set the delimiter, such as --set source.delimiter=';'"
    )
