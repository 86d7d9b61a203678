"""JSON and JSON lines: one document per row."""

from pathlib import Path

import duckdb

from sources.errors import UnreadableError
from sources.files.encoding import encoding_of
from sources.files.raw import DOCUMENT, RawFiles
from sources.files.sql import literal

BLOCK = 1 << 20
HERE = Path(__file__).parent


def add_documents(
    raw: RawFiles, path: Path, display_name: str, work: Path, encoding: str | None = None
) -> None:
    """Add the documents of JSON lines, of a list, or of the only list in a wrapping document."""
    found, note = (encoding, None) if encoding else encoding_of(path)
    raw.notes += [note] if note else []
    plain = path if found == "utf-8" else _convert_to_utf8(path, work / "plain.json", found)
    read = f"read_json_objects({literal(plain)}, format = 'auto')"
    try:
        key = _wrapping_key(raw.con, read)
        rows = f"select json as {DOCUMENT} from {read}"
        if key:
            rows = f"select unnest(json_extract(json, {literal(key)})::json[]) as {DOCUMENT} from {read}"
        raw.add(display_name, "row", rows)
    except duckdb.Error as error:
        reason = " ".join(str(error).split())
        raise UnreadableError(f"{display_name} looks like JSON, but is not valid: {reason}") from None
    if key:
        raw.notes.append(f"{display_name}: the documents are the list {key.removeprefix('$.')}")


def _wrapping_key(con: duckdb.DuckDBPyConnection, read: str) -> str | None:
    """Return the path of the only list in a file's only document, if all else there is plain values."""
    sql = (HERE / "wrapping_key.sql").read_text(encoding="utf-8").replace("documents_read", read)
    found = con.execute(sql).fetchone()
    return str(found[0]) if found else None


def _convert_to_utf8(path: Path, target: Path, encoding: str) -> Path:
    with (
        path.open(encoding=encoding, newline="") as file,
        target.open("w", encoding="utf-8", newline="") as out,
    ):
        while text := file.read(BLOCK):
            out.write(text)
    return target
