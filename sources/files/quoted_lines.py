"""Lines that are quoted as a whole, as a spreadsheet writes them that has each line in its first column."""

import re
from itertools import islice
from pathlib import Path

FEW = 1000  # lines, by which it is told
QUOTED = re.compile(r'"((?:[^"]|"")*)"[;,\t]*')


def without_quotes(path: Path, encoding: str, work: Path) -> Path:
    """Return a copy without the quotes around each line, or the file itself if its lines have none."""
    with path.open(encoding=encoding) as file:
        below = (line.rstrip("\n") for line in islice(file, 1, FEW))
        filled = [line for line in below if line.strip(' ;,\t"')]
        if not filled or not all(_is_quoted(line) for line in filled):
            return path
    copy = work / "unquoted" / path.name
    copy.parent.mkdir(exist_ok=True)
    with path.open(encoding=encoding) as file, copy.open("w", encoding=encoding) as out:
        for line in file:
            found = QUOTED.fullmatch(line.rstrip("\n"))
            out.write((found[1].replace('""', '"') if found else line.rstrip("\n")) + "\n")
    return copy


def _is_quoted(line: str) -> bool:
    """Return whether a line is one cell that has several."""
    found = QUOTED.fullmatch(line)
    return found is not None and re.search("[;,\t]", found[1]) is not None
