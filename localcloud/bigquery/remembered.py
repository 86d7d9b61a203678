"""The engine's metadata of datasets, tables and policies, read once and cached until it is written.

For each statement the engine asks its own database up to seven times for its metadata of the same table, at
half a millisecond each. Only this process writes there, and only through one function.
"""

import threading
from collections.abc import Callable
from operator import eq
from typing import Any

from local_bigquery.catalog import metadata, row_access

type Rows = list[tuple[Any, ...]]
type Values = list[Any] | None

_lock = threading.Lock()
_known: dict[tuple[str, tuple[Any, ...]], Rows] = {}
_writes = 0


def remember() -> None:
    """Patch the engine to cache its metadata. Call once per process."""
    metadata.fetch = row_access.fetch = _once(metadata.fetch)
    metadata.execute = _forgetting(metadata.execute)


def _once(fetch: Callable[..., Rows]) -> Callable[..., Rows]:
    def fetch_once(sql: str, keys: Values = None) -> Rows:
        question = sql, tuple(keys or ())
        with _lock:
            before = _writes
            if question in _known:
                return _known[question]
        rows = fetch(sql, keys)
        with _lock:
            if _writes == before:  # otherwise the rows may be older than what was written
                _known[question] = rows
        return rows

    return fetch_once


def _forgetting(execute: Callable[..., None]) -> Callable[..., None]:
    def execute_and_forget(sql: str, values: list[Any]) -> None:
        try:
            execute(sql, values)
        finally:
            _forget(values)

    return execute_and_forget


def _forget(values: list[Any]) -> None:
    """Forget each query whose keys agree with these as far as the shorter of them goes, whatever its kind."""
    global _writes
    with _lock:
        _writes += 1
        for question in [known for known in _known if all(map(eq, known[1], values))]:
            del _known[question]
