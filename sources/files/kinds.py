"""The type of a file, by its first bytes."""

import re
from pathlib import Path
from typing import Literal

from sources.errors import UnreadableError
from sources.files.encoding import BYTE_ORDER_MARKS
from sources.files.packed import ZIP, read_head
from sources.files.parquet import MAGIC as PARQUET
from sources.files.workbook import OLE_MAGIC

Kind = Literal["text", "documents", "parquet", "workbook"]
# What cannot be read as a table here, and what to do about it.
FOREIGN = {
    b"%PDF": "a PDF: export the table as CSV",
    b"SQLite format 3\0": "a SQLite database: export the table as CSV",
    b"Obj\x01": "an Avro file: save it as Parquet or JSON lines",
    b"ORC": "an ORC file: save it as Parquet",
    b"ARROW1": "an Arrow file: save it as Parquet",
    b"7z\xbc\xaf": "a 7z archive: unpack it",
    b"Rar!": "a RAR archive: unpack it",
    b"\x28\xb5\x2f\xfd": "packed by zstd: unpack it",
    b"\x89PNG": "a picture: export the table as CSV",
    b"\xff\xd8\xff": "a picture: export the table as CSV",
    b"PK\x05\x06": "a zip with nothing in it",
}
PAGE = re.compile(rb"\s*<(!doctype|\?xml|[a-z][\w:.-]*(\s[^<>]*)?/?>\s*<)", re.IGNORECASE)
# Comments, one of which says so, or before the first statement.
DUMP = re.compile(
    rb"\s*(--[^\n]*\n\s*)*?"
    rb"(--[^\n]*\bdump\b|create\s+table\b|insert\s+into\b|copy\s+\S+\s*\([^)]*\)\s+from\s+stdin\b)",
    re.IGNORECASE,
)
LISTS = re.compile(rb"\s*\[\s*\[\s*[\"\d\[]")
DOCUMENTS = re.compile(rb'\s*(\{\s*["}]|\[\s*[{\]])')


def kind_of(path: Path, display_name: str) -> Kind:
    """Return the kind of a file; for any other kind, raise UnreadableError, which says what to do."""
    head = read_head(path)
    if not head.strip():
        raise UnreadableError(f"{display_name} is empty")
    if foreign := next((what for magic, what in FOREIGN.items() if head.startswith(magic)), None):
        raise UnreadableError(f"{display_name} is {foreign}")
    if head.startswith(PARQUET):
        return "parquet"
    if head.startswith((ZIP, OLE_MAGIC)):
        return "workbook"
    plain = _plain_head(head)
    if PAGE.match(plain):
        raise UnreadableError(
            f"{display_name} is a web page or XML, whatever its name says: open it in Excel, save as CSV"
        )
    if DUMP.match(plain):
        raise UnreadableError(f"{display_name} is a dump of a database: export the table as CSV")
    if LISTS.match(plain):
        raise UnreadableError(f'{display_name} has lists without names: make each a map, like {{"total": 1}}')
    return "documents" if DOCUMENTS.match(plain) else "text"


def _plain_head(head: bytes) -> bytes:
    """Return the first bytes without a byte-order mark, and UTF-16 as if it were ASCII."""
    mark = next((mark for mark in BYTE_ORDER_MARKS if head.startswith(mark)), b"")
    return head.removeprefix(mark).replace(b"\0", b"")
