"""Rows made invalid on purpose, so that the checks have something to catch."""

import zlib
from collections.abc import Callable, Mapping
from typing import Any

Row = dict[str, Any]
Spoiler = Callable[[Row], Row]

PER_MILLE = 2


def stable_share(text: str, parts: int) -> int:
    """Return a number in [0, parts) that depends only on the text, on every machine and in every run."""
    return zlib.crc32(text.encode()) % parts


def set_to(**values: object) -> Spoiler:
    """Return a function that puts these values into a row."""
    return lambda row: row | values


def without(field: str) -> Spoiler:
    """Return a function that removes a field from a row."""
    return lambda row: {name: value for name, value in row.items() if name != field}


def negate(field: str) -> Spoiler:
    """Return a function that makes an amount negative."""
    return lambda row: row | {field: -abs(row[field]) - 1}


def spoil(row: Row, identifier: str, spoilers: Mapping[str, Spoiler]) -> Row:
    """Return the row unchanged, or, for two ids in a thousand, made invalid in one of these ways."""
    if stable_share(f"spoil/{identifier}", 1000) >= PER_MILLE:
        return row
    kinds = list(spoilers)
    return spoilers[kinds[stable_share(f"kind/{identifier}", len(kinds))]](row)
