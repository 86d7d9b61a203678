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
_cache: dict[tuple[str, tuple[Any, ...]], Rows] = {}
_writes = 0


def cache_metadata() -> None:
    """Patch the engine to cache its metadata. Call once per process."""
    metadata.fetch = row_access.fetch = _wrap_fetch(metadata.fetch)
    metadata.execute = _wrap_execute(metadata.execute)


def _wrap_fetch(fetch: Callable[..., Rows]) -> Callable[..., Rows]:
    def fetch_cached(sql: str, keys: Values = None) -> Rows:
        key = sql, tuple(keys or ())
        with _lock:
            before = _writes
            if key in _cache:
                return _cache[key]
        rows = fetch(sql, keys)
        with _lock:
            if _writes == before:  # otherwise the rows may be older than what was written
                _cache[key] = rows
        return rows

    return fetch_cached


def _wrap_execute(execute: Callable[..., None]) -> Callable[..., None]:
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
        for key in [known for known in _cache if all(map(eq, known[1], values))]:
            del _cache[key]
