"""A workbook's sheets as strings: dates as ISO, whole numbers without a decimal point."""

import csv
import io
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from sources.errors import UnreadableError
from sources.files.dialect import Dialect, dialect_of
from sources.files.raw import RawFiles
from sources.files.text import add_straightened

OLD = b"\xd0\xcf\x11\xe0"  # .xls, and workbooks that a password protects


@dataclass(frozen=True)
class _Sheet:
    title: str
    plain: Path  # its rows as CSV
    rows: int
    dialect: Dialect | None  # None without a header row

    @property
    def header(self) -> tuple[str, ...]:
        return self.dialect.header if self.dialect else ()


def add_workbook(raw: RawFiles, path: Path, shown: str, work: Path) -> None:
    """Add the longest sheet and all with the same columns; notes say which these are, and which are not."""
    sheets = _sheets(path, shown, work)
    longest = max((sheet for sheet in sheets if sheet.dialect), key=lambda sheet: sheet.rows, default=None)
    if longest is None:
        raise UnreadableError(f"{shown} is a workbook without a sheet that has a header row and data")
    taken = [sheet for sheet in sheets if sheet.header == longest.header]
    for sheet in taken:
        if sheet.dialect:
            name = shown if len(taken) == 1 else f"{shown}/{sheet.title}"
            add_straightened(raw, sheet.plain, name, sheet.dialect, work, "row")
    raw.notes.append(f"{shown} is a workbook; read: {_titles(taken)}")
    if passed := [sheet for sheet in sheets if sheet not in taken]:
        raw.notes.append(f"{shown}: skipped because of other columns: {_titles(passed)}")


def _titles(sheets: list[_Sheet]) -> str:
    return ", ".join(repr(sheet.title) for sheet in sheets)


def _sheets(path: Path, shown: str, work: Path) -> list[_Sheet]:
    try:  # from the bytes, since a path's extension would be trusted
        book = CalamineWorkbook.from_object(io.BytesIO(path.read_bytes()))
        titles = enumerate(book.sheet_names)
        return [
            _sheet(title, book.get_sheet_by_name(title), work / f"sheet-{at}.csv") for at, title in titles
        ]
    except CalamineError as error:
        reason = f"{shown} is a workbook that cannot be read ({error}): save it as CSV"
        raise UnreadableError(reason) from None


def _sheet(title: str, sheet: CalamineSheet, plain: Path) -> _Sheet:
    rows = 0
    with plain.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerows(
            [[]] * (sheet.start[0] if sheet.start else 0)
        )  # the blank rows above the first filled one
        for cells in sheet.iter_rows():
            writer.writerow([_text(cell) for cell in cells])
            rows += 1
    try:
        return _Sheet(title, plain, rows, dialect_of(plain, "utf-8", ","))
    except UnreadableError:
        return _Sheet(title, plain, rows, None)


def _text(cell: object) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell)
