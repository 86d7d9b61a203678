"""The engine's functions, which take and return protobuf messages."""

import ctypes
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock, Timer
from typing import Any, Protocol

import tzdata
import wasmtime
from google.protobuf.message import DecodeError

from localcloud.bigquery.googlesql import compiled

POSITION = re.compile(r" \[at (\d+:\d+)\]")  # BigQuery writes it as "at [1:8]"
GROUPS = re.compile(r"\b(?:UDF|Templated_SQL_Function):", re.IGNORECASE)  # which the engine puts before names
POINTER_BYTES = 4
LONGEST_SECONDS = 600.0  # for an analysis, which takes a few milliseconds


class Message(Protocol):
    """A protobuf message."""

    def SerializeToString(self) -> bytes:  # noqa: N802 -- protobuf's name
        """Return its bytes."""


class RefusedError(Exception):
    """The engine's message about a statement that it refuses, in BigQuery's form."""


class BrokenError(Exception):
    """A failure of the engine itself, or an answer that cannot be read; the next call starts afresh."""


class Module:
    """The running engine, for one caller at a time; its lock protects a sequence of calls."""

    def __init__(self) -> None:
        """Load the engine; compiles it first if the installation did not (10 s)."""
        self._engine = compiled.engine()
        self._module = compiled.load(self._engine)
        self.lock = RLock()
        self.starts = 0
        self._start()

    def call[Answer](
        self, name: str, request: Message, answer: type[Answer], seconds: float = LONGEST_SECONDS
    ) -> Answer:
        """Return what a function of the engine answers; raise RefusedError or BrokenError.

        If `starts` is higher after a BrokenError, such as that of a call that takes longer than `seconds`,
        what was registered is gone.
        """
        with self.lock, self._time_limit(seconds):
            try:
                found = self._call(f"ZetaSqlLocalService_{name}", request.SerializeToString())
            except (wasmtime.Trap, wasmtime.WasmtimeError) as error:
                self._start()
                raise BrokenError(str(error)) from error
        try:
            parsed: Answer = answer.FromString(found)  # type: ignore[attr-defined]
        except DecodeError as error:  # protobuf reads 100 levels: fewer than a chain of ANDs may have
            raise BrokenError(f"the answer cannot be read: {error}") from error
        return parsed

    @contextmanager
    def _time_limit(self, seconds: float) -> Iterator[None]:
        self._store.set_epoch_deadline(1)
        timer = Timer(seconds, self._engine.increment_epoch)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _start(self) -> None:
        wasi = wasmtime.WasiConfig()
        wasi.preopen_dir(str(Path(tzdata.__file__).parent / "zoneinfo"), "/usr/share/zoneinfo")
        self._store = wasmtime.Store(self._engine)
        self._store.set_wasi(wasi)
        self._store.set_epoch_deadline(1)
        linker = wasmtime.Linker(self._engine)
        linker.define_wasi()
        self._exports = linker.instantiate(self._store, self._module).exports(self._store)
        self._run("_initialize")
        self.starts += 1

    def _call(self, name: str, data: bytes) -> bytes:
        place, size = self._run("wasm_malloc", len(data)), self._run("wasm_malloc", POINTER_BYTES)
        ctypes.memmove(self._address(place), data, len(data))
        found = self._run(name, place, len(data), size)
        answer = self._bytes(found, self._number(size)) if found else None
        for used in (place, size, found):
            if used:
                self._run("wasm_free", used)
        if answer is None:
            raise RefusedError(self._error())
        return answer

    def _error(self) -> str:
        whole = self._bytes(self._run("wasm_get_last_error"), self._run("wasm_get_last_error_size")).decode(
            errors="replace"
        )
        return POSITION.sub(r" at [\1]", GROUPS.sub("", whole.partition("Message: ")[2]))

    def _run(self, name: str, *given: int) -> Any:
        function: Any = self._exports[name]
        return function(self._store, *given)

    def _address(self, place: int) -> int:
        memory: Any = self._exports["memory"]  # looked up each time: it moves when it grows
        return ctypes.addressof(memory.data_ptr().contents) + place

    def _bytes(self, place: int, length: int) -> bytes:
        return ctypes.string_at(self._address(place), length)

    def _number(self, place: int) -> int:
        return int.from_bytes(self._bytes(place, POINTER_BYTES), "little")
