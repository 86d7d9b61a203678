"""Files of all types, opened as one table."""

from collections.abc import Sequence
from pathlib import Path

from sources.errors import UnreadableError
from sources.files.documents import add_documents
from sources.files.finding import FoundFile, find_files
from sources.files.kinds import kind_of
from sources.files.packed import unpack_file
from sources.files.parquet import add_parquet
from sources.files.raw import RawFiles
from sources.files.text import add_text
from sources.files.workbook import add_workbook


def open_files(
    paths: Sequence[Path],
    work: Path,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    sheets: Sequence[str] | None = None,
) -> RawFiles:
    """Read files, and those of folders and patterns, into one table of strings.

    `encoding`, `delimiter` and `sheets` are detected unless given. `work` is an empty folder for unpacked
    files and for what does not fit into memory, to be removed after the result is closed. Raises
    UnreadableError, which says in one line what is wrong with a file.
    """
    found = find_files(paths)
    raw = RawFiles.new(work)
    try:
        for file in found:
            for path, display_name in unpack_file(file.path, file.display_name, work):
                part = FoundFile(path, display_name, file.partition)
                _add_file(raw, part, work, encoding, delimiter, sheets)
        raw.finish()
    except BaseException:
        raw.con.close()
        raise
    return raw


def _add_file(
    raw: RawFiles,
    file: FoundFile,
    work: Path,
    encoding: str | None,
    delimiter: str | None,
    sheets: Sequence[str] | None,
) -> None:
    kind = kind_of(file.path, file.display_name)
    if delimiter is not None and len(delimiter) != 1:
        raise UnreadableError(f"{delimiter!r} is not a delimiter: give a single character")
    if kind == "parquet":
        add_parquet(raw, file.path, file.display_name, file.partition)
    elif kind == "workbook":
        add_workbook(raw, file.path, file.display_name, work, sheets)
    elif kind == "documents":
        add_documents(raw, file.path, file.display_name, work, encoding)
    else:
        add_text(raw, file.path, file.display_name, work, encoding, delimiter)
