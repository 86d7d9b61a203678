"""Rows spoilt on purpose, so that what must catch them has something to catch."""

import zlib
from collections.abc import Callable, Mapping
from typing import Any

Row = dict[str, Any]
Spoiler = Callable[[Row], Row]

PER_MILLE = 2


def stable_share(text: str, parts: int) -> int:
    """Return a number in [0, parts) that depends on the text alone, on every machine and in every run."""
    return zlib.crc32(text.encode()) % parts


def set_to(**values: object) -> Spoiler:
    """Return a spoiler that puts these values into a row."""
    return lambda row: row | values


def without(field: str) -> Spoiler:
    """Return a spoiler that takes a field out of a row."""
    return lambda row: {name: value for name, value in row.items() if name != field}


def negated(field: str) -> Spoiler:
    """Return a spoiler that turns an amount negative."""
    return lambda row: row | {field: -abs(row[field]) - 1}


def spoil(row: Row, identifier: str, spoilers: Mapping[str, Spoiler]) -> Row:
    """Return the row as it is, or for two identifiers in a thousand spoilt in one of these ways."""
    if stable_share(f"spoil/{identifier}", 1000) >= PER_MILLE:
        return row
    kinds = list(spoilers)
    return spoilers[kinds[stable_share(f"kind/{identifier}", len(kinds))]](row)
