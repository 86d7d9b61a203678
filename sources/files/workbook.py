"""A workbook's sheets as texts: dates as ISO, whole numbers without a point."""

import csv
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from sources.errors import UnreadableError
from sources.files.dialect import Dialect, dialect_of
from sources.files.raw import RawFiles
from sources.files.text import add_straightened

OLD = b"\xd0\xcf\x11\xe0"  # .xls, and what a password protects


def add_workbook(raw: RawFiles, path: Path, shown: str, work: Path) -> None:
    """Take in the longest sheet and all others that have its columns; say which those are, and which not."""
    sheets = _sheets(path, shown, work)
    longest = max(sheets, key=lambda sheet: sheet[2])
    taken = [sheet for sheet in sheets if sheet[1].header == longest[1].header]
    for sheet, (title, dialect, _, plain) in enumerate(taken):
        del sheet
        add_straightened(raw, plain, shown if len(taken) == 1 else f"{shown}/{title}", dialect, work, "row")
    raw.notes.append(f"{shown} is a workbook: read is " + ", ".join(repr(title) for title, *_ in taken))
    if passed := [title for title, *_ in sheets if title not in {title for title, *_ in taken}]:
        raw.notes.append(
            f"{shown}: passed over, for it has other columns, is " + ", ".join(map(repr, passed))
        )


def _sheets(path: Path, shown: str, work: Path) -> list[tuple[str, Dialect, int, Path]]:
    """Return the sheets that have column names: title, dialect, rows and a CSV file of it."""
    try:
        book = CalamineWorkbook.from_path(str(path))
        found = [
            sheet
            for place, title in enumerate(book.sheet_names)
            if (sheet := _sheet(title, book.get_sheet_by_name(title), work / f"sheet-{place}.csv"))
        ]
    except CalamineError as error:
        raise UnreadableError(
            f"{shown} is a workbook that cannot be read ({error}): save it as CSV"
        ) from None
    if not found:
        raise UnreadableError(f"{shown} is a workbook without a sheet that has column names and rows")
    return found


def _sheet(title: str, sheet: CalamineSheet, plain: Path) -> tuple[str, Dialect, int, Path] | None:
    with plain.open("w", encoding="utf-8", newline="") as file:
        writer, rows = csv.writer(file), 0
        # Rows above the first that holds something are no part of what is read.
        for _ in range(sheet.start[0] if sheet.start else 0):
            writer.writerow([])
        for cells in _rows(sheet):
            writer.writerow(cells)
            rows += any(cells)
    try:
        return title, dialect_of(plain, "utf-8", ","), rows, plain
    except UnreadableError:
        return None


def _rows(sheet: CalamineSheet) -> Iterator[list[str]]:
    for cells in sheet.iter_rows():
        yield [_text(cell) for cell in cells]


def _text(cell: object) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell)
