"""Encodings in which a file that looks like cp1252 has names of columns that are known."""

from pathlib import Path

from sources.errors import UnreadableError
from sources.files.dialect import dialect_of
from sources.meaning.names import match_columns

# Central European and Turkish of Windows, the Mac's, ISO's, and those of DOS.
OTHERS = ("cp1250", "cp1254", "mac_roman", "mac_latin2", "iso8859_2", "cp850", "cp852", "cp857")


def encoding_by_names(path: Path, encoding: str, delimiter: str | None) -> tuple[str, str] | None:
    """Return the encoding in which more columns are known by name than in the given one, with a note."""
    known, best, example = _known_names(path, encoding, delimiter), encoding, ""
    for other in OTHERS:
        found = _known_names(path, other, delimiter)
        if len(found) > len(known):
            example = next(name for name in found if name not in known)
            known, best = found, other
    if best == encoding:
        return None
    return best, f"{path.name} is read as {best}, in which it has {example!r}; otherwise set source.encoding"


def _known_names(path: Path, encoding: str, delimiter: str | None) -> list[str]:
    """Return the names of columns that are known, none if the text is not in the encoding."""
    try:
        return list(match_columns(dialect_of(path, encoding, delimiter).header).values())
    except (UnicodeError, UnreadableError):
        return []
