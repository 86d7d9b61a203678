"""A workbook's sheets as strings: dates as ISO, whole numbers without a decimal point."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from pathlib import Path

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetVisibleEnum

from sources.errors import CrossTableError, UnreadableError
from sources.files.choosing_sheets import Sheet, choose_sheets
from sources.files.dialect import dialect_of
from sources.files.number_formats import currencies_of_workbook
from sources.files.raw import RawFiles, ToldCurrency
from sources.files.text import add_normalised, note_currencies

OLE_MAGIC = b"\xd0\xcf\x11\xe0"  # .xls, and workbooks that a password protects
TEXT_WITH_COMMA = re.compile(r"[^\d.,]{0,4}(?:\d{1,3}(?:[.'\u2019 \xa0]\d{3})+|\d+),\d{1,2}\D{0,4}")


def add_workbook(
    raw: RawFiles, path: Path, display_name: str, work: Path, wanted: Sequence[str] | None = None
) -> None:
    """Add the wanted sheets, or the one that is most like sales and all with the same columns.

    Notes say which these are, and which are not.
    """
    sheets = _read_sheets(path, display_name, work)
    selected = choose_sheets(sheets, display_name, wanted)
    formats = currencies_of_workbook(path)
    for sheet in selected:
        if sheet.dialect:
            name = display_name if len(selected) == 1 else f"{display_name}/{sheet.title}"
            add_normalised(raw, sheet.plain, name, sheet.dialect, work, "row")
            note_currencies(raw, sheet.plain, name, sheet.dialect)
            _note_formats(raw, sheet, name, formats.get(sheet.title, {}))
    raw.notes.append(f"{display_name} is a workbook; read: {_titles(selected)}")
    skipped = [sheet for sheet in sheets if sheet not in selected]
    if hidden := [sheet for sheet in skipped if sheet.is_hidden]:
        raw.notes.append(f"{display_name}: skipped because hidden: {_titles(hidden)}")
    if others := [sheet for sheet in skipped if not sheet.is_hidden]:
        why = "not named by source.sheets" if wanted else "because of other columns"
        raw.notes.append(f"{display_name}: skipped {why}: {_titles(others)}")


def _note_formats(raw: RawFiles, sheet: Sheet, name: str, formats: Mapping[int, Sequence[str]]) -> None:
    """Note the currencies in the number formats of a sheet's columns."""
    columns = dict(enumerate(sheet.dialect.header if sheet.dialect else (), start=sheet.left))
    where = f"by the number formats of {name}"
    raw.currencies += [
        ToldCurrency(sign, where, columns[at])
        for at, signs in formats.items()
        if at in columns
        for sign in signs
    ]


def _titles(sheets: list[Sheet]) -> str:
    return ", ".join(repr(sheet.title) for sheet in sheets)


def _read_sheets(path: Path, display_name: str, work: Path) -> list[Sheet]:
    try:  # from the bytes, since a path's extension would be trusted
        book = CalamineWorkbook.from_object(io.BytesIO(path.read_bytes()))
        return [
            _read_sheet(
                book.get_sheet_by_name(each.name),
                work / f"sheet-{at}.csv",
                is_hidden=each.visible != SheetVisibleEnum.Visible,
            )
            for at, each in enumerate(book.sheets_metadata)
        ]
    except CalamineError as error:
        reason = f"{display_name} is a workbook that cannot be read ({error}): save it as CSV"
        raise UnreadableError(reason) from None


def _read_sheet(sheet: CalamineSheet, plain: Path, *, is_hidden: bool) -> Sheet:
    rows, comma = 0, _has_commas_beside_numbers(sheet)
    with plain.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        above = sheet.start[0] if sheet.start else 0  # the blank rows above the first filled one
        writer.writerows([[]] * above)
        for cells in _fill_merged(sheet, above):
            writer.writerow([_cell_text(cell, comma=comma) for cell in cells])
            rows += 1
    try:
        left = sheet.start[1] if sheet.start else 0
        return Sheet(sheet.name, plain, rows, dialect_of(plain, "utf-8", ","), is_hidden, left=left)
    except CrossTableError as error:
        return Sheet(
            sheet.name, plain, rows, None, is_hidden, problem=f"sheet {sheet.name!r}: {error.problem}"
        )
    except UnreadableError:
        return Sheet(sheet.name, plain, rows, None, is_hidden)


def _has_commas_beside_numbers(sheet: CalamineSheet) -> bool:
    """Return whether texts with a decimal comma stand beside numbers, which are then written so too."""
    texts, numbers = set[int](), set[int]()
    for cells in sheet.iter_rows():
        texts |= {
            at for at, cell in enumerate(cells) if isinstance(cell, str) and TEXT_WITH_COMMA.fullmatch(cell)
        }
        numbers |= {at for at, cell in enumerate(cells) if isinstance(cell, float)}
    return not texts.isdisjoint(numbers)


def _fill_merged(sheet: CalamineSheet, above: int) -> Iterator[list[object]]:
    """Yield the rows; cells that are merged downwards all have the value of the first one."""
    left = sheet.start[1] if sheet.start else 0
    merged = {(first[0], first[1]): last[0] for first, last in sheet.merged_cell_ranges or ()}
    open_cells: dict[int, tuple[int, object]] = {}  # by column: the last row, and the value
    for row, cells in enumerate(sheet.iter_rows(), start=above):
        filled: list[object] = list(cells)
        for at, cell in enumerate(filled):
            if last := merged.get((row, at + left)):
                open_cells[at] = last, cell
            elif at in open_cells and row <= open_cells[at][0]:
                filled[at] = open_cells[at][1]
        yield filled


def _cell_text(cell: object, *, comma: bool) -> str:
    if isinstance(cell, float):
        text = str(int(cell)) if cell.is_integer() else str(cell)
        return text.replace(".", ",") if comma else text
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell)
