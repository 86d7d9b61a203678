"""Unpack archives and compressed files, whatever their names say."""

import bz2
import gzip
import lzma
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sources.errors import UnreadableError

BLOCK = 1 << 20
ENDINGS = (".gz", ".bz2", ".xz")
STREAMS: dict[bytes, tuple[str, Callable[[Path], Any]]] = {
    b"\x1f\x8b": ("gzip", gzip.GzipFile),
    b"BZh": ("bzip2", bz2.BZ2File),
    b"\xfd7zXZ": ("xz", lzma.LZMAFile),
}
# Texts that come with data, in archives of public data sets.
ABOUT_DATA = ("readme", "read_me", "license", "licence", "liesmich", "lisezmoi", "leeme", "leiame", "leggimi")
ABOUT_ENDINGS = ("", ".txt", ".md", ".rst", ".html", ".pdf")
ZIP = b"PK\x03\x04"
# Members by which a ZIP archive is recognised as a workbook.
WORKBOOKS = ("xl/workbook.xml", "xl/workbook.bin", "content.xml")


def unpack_file(path: Path, display_name: str, work: Path) -> Iterator[tuple[Path, str]]:
    """Yield each file packed in a file, with the name to show; the file itself if it is not packed."""
    head = read_head(path)
    stream = next((found for magic, found in STREAMS.items() if head.startswith(magic)), None)
    try:
        if stream:
            yield from unpack_file(_decompress(path, work, stream[1]), display_name, work)
        elif head.startswith(ZIP) and not is_workbook(path):
            yield from _unpack_members(path, display_name, work)
        else:
            yield path, display_name
    except (EOFError, OSError, RuntimeError, zlib.error, lzma.LZMAError, zipfile.BadZipFile) as error:
        kind = stream[0] if stream else "zip"
        raise UnreadableError(f"{display_name} is {kind} that cannot be unpacked: {error}") from None


def read_head(path: Path) -> bytes:
    """Return a file's first bytes."""
    with path.open("rb") as file:
        return file.read(512)


def is_workbook(path: Path) -> bool:
    """Return whether a ZIP archive is a workbook."""
    with zipfile.ZipFile(path) as packed:
        return any(name in WORKBOOKS for name in packed.namelist())


def _decompress(path: Path, work: Path, open_stream: Callable[[Path], Any]) -> Path:
    name = path.name if path.suffix not in ENDINGS else path.stem
    target = _new_folder(work) / name
    with open_stream(path) as packed, target.open("wb") as out:
        shutil.copyfileobj(packed, out, BLOCK)
    return target


def _unpack_members(path: Path, display_name: str, work: Path) -> Iterator[tuple[Path, str]]:
    with zipfile.ZipFile(path) as packed:
        names = sorted(name for name in packed.namelist() if is_data(Path(name)) and not name.endswith("/"))
        for name in names:
            extracted = Path(packed.extract(name, _new_folder(work)))
            yield from unpack_file(
                extracted, display_name if len(names) == 1 else f"{display_name}/{name}", work
            )


def is_data(path: Path) -> bool:
    """Return whether a file in a folder is data: not hidden, no marker as Spark leaves, and no README."""
    is_about_data = path.suffix.lower() in ABOUT_ENDINGS and path.stem.lower() in ABOUT_DATA
    return not is_about_data and not any(part.startswith((".", "_")) for part in path.parts)


def _new_folder(work: Path) -> Path:
    """Return a new folder, since several archives may hold files of the same name."""
    folder = work / f"unpacked-{sum(1 for _ in work.iterdir())}"
    folder.mkdir()
    return folder
