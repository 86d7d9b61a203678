"""The files that paths refer to: a file, those in a folder, those that match a pattern."""

import glob
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from sources.errors import UnreadableError
from sources.files.packed import is_data

HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"


@dataclass(frozen=True)
class FoundFile:
    """A file, the name to show, and the columns in its folders' names, such as year=2026."""

    path: Path
    display_name: str
    partition: tuple[tuple[str, str | None], ...] = ()


def find_files(paths: Sequence[Path]) -> list[FoundFile]:
    """Return the files that paths refer to, in the order given, and by name within a folder or a pattern."""
    found = [file for path in paths for file in _expand_path(path)]
    seen = [file.path.resolve() for file in found]
    if duplicates := [
        file.display_name for file, real in zip(found, seen, strict=True) if seen.count(real) > 1
    ]:
        raise UnreadableError(f"{duplicates[0]} is given twice")
    return _tell_namesakes_apart(found)


def _expand_path(path: Path) -> Iterator[FoundFile]:
    if path.is_dir():
        files = sorted(f for f in path.rglob("*") if f.is_file() and is_data(f.relative_to(path)))
        if not files:
            raise UnreadableError(f"{path} is an empty folder")
        for file in files:
            relative = file.relative_to(path)
            yield FoundFile(
                file, str(relative) if len(files) > 1 else f"{path.name}/{relative}", _partition(relative)
            )
    elif path.exists():
        if not path.is_file():
            raise UnreadableError(f"{path} is neither a file nor a folder")
        yield FoundFile(path, path.name)
    elif glob.has_magic(str(path)):
        matches = sorted(glob.glob(str(path), recursive=True))  # noqa: PTH207 -- a pattern may be absolute
        if not matches:
            raise UnreadableError(f"{path} matches no file")
        for match in matches:
            yield from _expand_path(Path(match))
    else:
        raise UnreadableError(f"{path} does not exist")


def _partition(relative: Path) -> tuple[tuple[str, str | None], ...]:
    pairs = [part.split("=", 1) for part in relative.parts[:-1] if "=" in part]
    return tuple((key, None if value == HIVE_NULL else unquote(value)) for key, value in pairs)


def _tell_namesakes_apart(found: list[FoundFile]) -> list[FoundFile]:
    """Return the files, shown by their paths where two have the same name."""
    names = [file.display_name for file in found]
    return [
        FoundFile(file.path, str(file.path), file.partition) if names.count(file.display_name) > 1 else file
        for file in found
    ]
