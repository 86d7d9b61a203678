"""The encoding of a text file, as far as its bytes reveal it."""

import codecs
import re
from pathlib import Path

from sources.errors import UnreadableError

BLOCK = 1 << 20
CONTEXT_BYTES = 24  # bytes around the first that is not UTF-8
BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
WESTERN = "cp1252"
FOREIGN = re.compile(rb"[\x80-\xff]+")


def encoding_of(path: Path) -> tuple[str, str | None]:
    """Return the encoding, with a note unless it is UTF-8; raise UnreadableError if it is unclear."""
    with path.open("rb") as file:
        head = file.read(4096)
    marked = next((name for mark, name in BYTE_ORDER_MARKS.items() if head.startswith(mark)), None)
    if found := marked or _detect_utf16(head):
        check_encoding(path, found)
        note = f"{path.name} is {found.upper()}" + ("" if marked else " without a BOM")
        return found, None if found == "utf-8-sig" else note
    return ("utf-8", None) if (odd := _find_non_utf8(path)) is None else _western_encoding(path, odd)


def check_encoding(path: Path, encoding: str) -> None:
    """Raise UnreadableError unless the encoding exists and the file is text in it."""
    try:
        with path.open(encoding=encoding, newline="") as file:
            while file.read(BLOCK):
                pass
    except LookupError:
        raise UnreadableError(
            f"{encoding!r} is not an encoding; examples: utf-8, cp1252, cp1250, utf-16"
        ) from None
    except UnicodeError as error:
        raise UnreadableError(f"{path.name} is not text in {encoding}: {error}") from None


def _detect_utf16(head: bytes) -> str | None:
    """Return UTF-16 with its byte order if most characters of the head are ASCII, each beside a NUL."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) * 2 < len(head) * 0.8:
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _find_non_utf8(path: Path) -> bytes | None:
    """Return the bytes around the first that is not UTF-8, if there is one."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        try:
            while block := file.read(BLOCK):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            whole: bytes = error.object
            return whole[max(0, error.start - CONTEXT_BYTES // 2) : error.start + CONTEXT_BYTES // 2]
    return None


def _western_encoding(path: Path, odd: bytes) -> tuple[str, str]:
    """Return cp1252 if its letters come in ones and twos, as in Western words; or raise UnreadableError."""
    if not _looks_western(path):
        raise UnreadableError(
            f"{path.name} is neither UTF-8 nor cp1252: set its encoding, such as "
            "--set source.encoding=cp1251, cp1250, mac_roman, cp932 (Japanese) or gb18030 (Chinese), or save "
            "it as UTF-8"
        )
    shown = " ".join(odd.decode(WESTERN).split())
    return (
        WESTERN,
        f"{path.name} is not UTF-8 and is read as cp1252: it says {shown!r}; otherwise set source.encoding",
    )


def _looks_western(path: Path) -> bool:
    found, short = 0, 0
    try:
        with path.open("rb") as file:
            for line in file:
                line.decode(WESTERN)
                runs = FOREIGN.findall(line)
                found += len(runs)
                short += sum(len(run) <= 2 for run in runs)
    except UnicodeDecodeError:
        return False
    return short >= found * 0.9
