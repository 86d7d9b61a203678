"""The currencies of the cells of an OpenDocument spreadsheet, each of which may say its own."""

import zipfile
from xml.etree import ElementTree

OFFICE, TABLE = (f"{{urn:oasis:names:tc:opendocument:xmlns:{name}:1.0}}" for name in ("office", "table"))
CELLS = (f"{TABLE}table-cell", f"{TABLE}covered-table-cell")
MEMBER = "content.xml"
MOST = 256  # columns of one value, where a cell may be repeated to the sheet's end


def currencies_of_ods(book: zipfile.ZipFile) -> dict[str, dict[int, list[str]]]:
    """Return {sheet: {column: currencies}} by the cells that are amounts; columns are counted from 0."""
    found: dict[str, dict[int, list[str]]] = {}
    with book.open(MEMBER) as file:
        columns: dict[int, list[str]] = {}
        for event, element in ElementTree.iterparse(file, ("start", "end")):  # noqa: S314 -- expat limits entities
            if event == "start" and element.tag == f"{TABLE}table":
                columns = found.setdefault(element.get(f"{TABLE}name", ""), {})
            elif event == "end" and element.tag == f"{TABLE}table-row":
                _add_row(columns, element)
                element.clear()
    return {title: each for title, each in found.items() if each}


def _add_row(columns: dict[int, list[str]], row: ElementTree.Element) -> None:
    at = 0
    for cell in (each for each in row if each.tag in CELLS):
        times = int(cell.get(f"{TABLE}number-columns-repeated", 1))
        if code := cell.get(f"{OFFICE}currency"):
            for column in range(at, at + min(times, MOST)):
                codes = columns.setdefault(column, [])
                codes += [] if code in codes else [code]
        at += times
