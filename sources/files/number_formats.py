"""The currencies in the number formats of a workbook's columns; the cells themselves are plain numbers."""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from sources.files.currencies import BUILT_IN, currency_of_format
from sources.files.currencies_of_ods import MEMBER, currencies_of_ods

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
CELL = re.compile(rb"<(?:\w+:)?c\s([^<>]*[^<>/])>\s*<(?:\w+:)?v>")  # with a value, and no formula before it
FORMULA = re.compile(rb"<(?:\w+:)?f(?:\s[^<>]*)?(?:/>|>[^<]*</(?:\w+:)?f>)")
PLACE, STYLE, TEXT = (re.compile(rb'\b%s="([^"]*)"' % name) for name in (b"r", b"s", b"t"))
BLOCK = 1 << 20


def currencies_of_workbook(path: Path) -> dict[str, dict[int, list[str]]]:
    """Return {sheet: {column: currencies}} of an .xlsx or .ods, by the formats of the cells that are numbers.

    Columns are counted from 0. Other kinds of workbooks, and damaged ones, show nothing.
    """
    try:
        with zipfile.ZipFile(path) as book:
            if MEMBER in book.namelist():
                return currencies_of_ods(book)
            if styles := _styles_of_money(book):
                return {title: _currencies_of_sheet(book, member, styles) for title, member in _sheets(book)}
    except (zipfile.BadZipFile, KeyError, ElementTree.ParseError, ValueError):
        pass
    return {}


def _styles_of_money(book: zipfile.ZipFile) -> dict[int, str]:
    """Return the currencies of the styles of cells that show one."""
    root = ElementTree.fromstring(book.read("xl/styles.xml"))  # noqa: S314 -- expat limits entities
    money: dict[int, str | None] = dict(BUILT_IN)
    for each in root.iter(f"{MAIN}numFmt"):
        money[int(each.get("numFmtId", 0))] = currency_of_format(each.get("formatCode", ""))
    styles = (each.get("numFmtId", "0") for each in root.iterfind(f"{MAIN}cellXfs/{MAIN}xf"))
    found = ((at, money.get(int(number))) for at, number in enumerate(styles))
    return {at: sign for at, sign in found if sign}


def _sheets(book: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    """Yield each sheet's title and the member of the archive that has its cells."""
    relations = ElementTree.fromstring(book.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
    targets = {each.get("Id"): each.get("Target", "") for each in relations}
    for sheet in ElementTree.fromstring(book.read("xl/workbook.xml")).iter(f"{MAIN}sheet"):  # noqa: S314
        target = targets.get(sheet.get(RELATION), "")
        yield sheet.get("name", ""), target.lstrip("/") if target.startswith("/") else f"xl/{target}"


def _currencies_of_sheet(book: zipfile.ZipFile, member: str, styles: dict[int, str]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for attributes in _cells(book, member):
        kind, style, place = (pattern.search(attributes) for pattern in (TEXT, STYLE, PLACE))
        if not style or not place or (kind and kind[1] != b"n"):
            continue
        if sign := styles.get(int(style[1])):
            signs = found.setdefault(_column(place[1]), [])
            signs += [] if sign in signs else [sign]
    return found


def _cells(book: zipfile.ZipFile, member: str) -> Iterator[bytes]:
    """Yield the attributes of the cells with values, of a sheet that may not fit into memory."""
    rest = b""
    with book.open(member) as file:
        while block := file.read(BLOCK):
            *rows, rest = (rest + block).split(b"</row>")
            for row in rows:
                yield from _attributes(row)
    yield from _attributes(rest)


def _attributes(row: bytes) -> Iterator[bytes]:
    return (match[1] for match in CELL.finditer(FORMULA.sub(b"", row)))


def _column(place: bytes) -> int:
    """Return the number of a column, from 0, by the letters of a cell's place, such as AB12."""
    number = 0
    for letter in place.rstrip(b"0123456789"):
        number = number * 26 + letter - ord("A") + 1
    return number - 1
