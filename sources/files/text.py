"""A text file's records, read directly if it is regular, otherwise normalised first."""

import csv
from itertools import islice
from pathlib import Path
from typing import TextIO

import duckdb

from sources.files.around import currencies_around
from sources.files.currencies import currencies_above
from sources.files.dialect import Dialect, dialect_of, records, strip_trailing_blanks
from sources.files.encoding import WESTERN, check_encoding, encoding_of
from sources.files.other_encodings import encoding_by_names
from sources.files.quoted_lines import without_quotes
from sources.files.raw import LINE, SURPLUS, RawFiles, ToldCurrency
from sources.files.sql import literal
from sources.meaning.thousands import lines_of_thousands

BLOCK = 1 << 20
CSV_OPTIONS = "quote = '\"', escape = '\"', header = false, auto_detect = false, max_line_size = 16777216"


def add_text(
    raw: RawFiles,
    path: Path,
    display_name: str,
    work: Path,
    encoding: str | None = None,
    delimiter: str | None = None,
) -> None:
    """Add a text file's records, each with its line."""
    if encoding:
        check_encoding(path, encoding)
    found, note = (encoding, None) if encoding else encoding_of(path)
    path = without_quotes(path, found, work)
    if not encoding and found == WESTERN and (better := encoding_by_names(path, found, delimiter)):
        found, note = better
        check_encoding(path, found)
    dialect = dialect_of(path, found, delimiter)
    raw.notes += [note] if note else []
    if skipped := dialect.above - dialect.in_two_rows:
        lines = "line" if skipped == 1 else "lines"
        raw.notes.append(f"{display_name}: {skipped} {lines} above the header row skipped")
    if not _add_regular(raw, path, display_name, dialect):
        add_normalised(raw, path, display_name, dialect, work, "line")
    note_currencies(raw, path, display_name, dialect)


def note_currencies(raw: RawFiles, path: Path, display_name: str, dialect: Dialect) -> None:
    """Note what the lines above the header row say of amounts, and the currencies around the rows added."""
    above = islice(records(path, dialect.encoding, dialect.delimiter), dialect.above)
    lines = [" ".join(filter(None, map(str.strip, cells))) for _, cells in above]
    where = f"above the header row of {display_name}"
    raw.currencies += [ToldCurrency(sign, where) for sign in currencies_above(lines)]
    raw.currencies += currencies_around(raw, display_name)
    raw.thousands += lines_of_thousands(lines)


def _add_regular(raw: RawFiles, path: Path, display_name: str, dialect: Dialect) -> bool:
    """Add a UTF-8 file if each of its lines is a record as wide as the first; return whether it is."""
    if not (dialect.first_line and dialect.encoding.startswith("utf-8")):
        return False
    lines = _count_line_ends(path)
    read = _csv_sql(path, dialect.delimiter, dialect.header, 1)
    try:
        (rows,) = raw.con.execute(f"select count(*) from {read}").fetchall()[0]
    except duckdb.Error:
        return False
    if rows not in (lines, lines - 1):
        return False
    raw.add(display_name, "line", f"select * from {read}", above=1)
    return True


def add_normalised(
    raw: RawFiles, path: Path, display_name: str, dialect: Dialect, work: Path, word: str
) -> None:
    """Add a file by way of a regular copy, which joins surplus cells into one and numbers the lines."""
    if dialect.in_two_rows:
        raw.notes.append(f"{display_name}: names in two rows are read as {', '.join(dialect.header)}")
    normalised = work / "straight.csv"
    with normalised.open("w", encoding="utf-8", newline="") as file:
        _write_normalised(path, dialect, file)
    columns = (*dialect.header, SURPLUS)
    raw.add(display_name, word, f"select * from {_csv_sql(normalised, ',', columns, 0, numbered=True)}")
    normalised.unlink()


def _write_normalised(path: Path, dialect: Dialect, out: TextIO) -> None:
    writer, width, padding = csv.writer(out, lineterminator="\n"), dialect.width, [""] * dialect.width
    for number, (line, cells) in enumerate(records(path, dialect.encoding, dialect.delimiter)):
        if number > dialect.above:
            surplus = dialect.delimiter.join(strip_trailing_blanks(cells[width:]))
            writer.writerow([*(cells + padding)[:width], surplus, line])


def _csv_sql(
    path: Path, delimiter: str, columns: tuple[str, ...], skip: int, *, numbered: bool = False
) -> str:
    kinds = [f"{literal(column)}: 'VARCHAR'" for column in columns]
    kinds += [f"{literal(LINE)}: 'BIGINT'"] if numbered else []
    ends = "new_line = '\\n', " if numbered else ""
    return (
        f"read_csv({literal(path)}, delim = {literal(delimiter)}, skip = {skip}, {ends}{CSV_OPTIONS}, "
        f"columns = {{{', '.join(kinds)}}})"
    )


def _count_line_ends(path: Path) -> int:
    with path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(BLOCK), b""))
