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
from sources.files.text import add_normalised

OLE_MAGIC = b"\xd0\xcf\x11\xe0"  # .xls, and workbooks that a password protects


@dataclass(frozen=True)
class _Sheet:
    title: str
    plain: Path  # its rows as CSV
    rows: int
    dialect: Dialect | None  # None without a header row

    @property
    def header(self) -> tuple[str, ...]:
        return self.dialect.header if self.dialect else ()


def add_workbook(raw: RawFiles, path: Path, display_name: str, work: Path) -> None:
    """Add the longest sheet and all with the same columns; notes say which these are, and which are not."""
    sheets = _read_sheets(path, display_name, work)
    longest = max((sheet for sheet in sheets if sheet.dialect), key=lambda sheet: sheet.rows, default=None)
    if longest is None:
        raise UnreadableError(f"{display_name} is a workbook without a sheet that has a header row and data")
    selected = [sheet for sheet in sheets if sheet.header == longest.header]
    for sheet in selected:
        if sheet.dialect:
            name = display_name if len(selected) == 1 else f"{display_name}/{sheet.title}"
            add_normalised(raw, sheet.plain, name, sheet.dialect, work, "row")
    raw.notes.append(f"{display_name} is a workbook; read: {_titles(selected)}")
    if skipped := [sheet for sheet in sheets if sheet not in selected]:
        raw.notes.append(f"{display_name}: skipped because of other columns: {_titles(skipped)}")


def _titles(sheets: list[_Sheet]) -> str:
    return ", ".join(repr(sheet.title) for sheet in sheets)


def _read_sheets(path: Path, display_name: str, work: Path) -> list[_Sheet]:
    try:  # from the bytes, since a path's extension would be trusted
        book = CalamineWorkbook.from_object(io.BytesIO(path.read_bytes()))
        titles = enumerate(book.sheet_names)
        return [
            _read_sheet(title, book.get_sheet_by_name(title), work / f"sheet-{at}.csv")
            for at, title in titles
        ]
    except CalamineError as error:
        reason = f"{display_name} is a workbook that cannot be read ({error}): save it as CSV"
        raise UnreadableError(reason) from None


def _read_sheet(title: str, sheet: CalamineSheet, plain: Path) -> _Sheet:
    rows = 0
    with plain.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerows(
            [[]] * (sheet.start[0] if sheet.start else 0)
        )  # the blank rows above the first filled one
        for cells in sheet.iter_rows():
            writer.writerow([_cell_text(cell) for cell in cells])
            rows += 1
    try:
        return _Sheet(title, plain, rows, dialect_of(plain, "utf-8", ","))
    except UnreadableError:
        return _Sheet(title, plain, rows, None)


def _cell_text(cell: object) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell)
