"""The engine compiled for this machine, which takes 10 s and is therefore done once, by the installation.

Example: python -m localcloud.bigquery.googlesql.compiled
"""

import hashlib
import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path

import wasmtime
from zetasql.wasi import get_wasm_path

FOLDER = Path(sys.prefix) / "share" / "googlesql"


def load(engine: wasmtime.Engine) -> wasmtime.Module:
    """Return the engine's module, compiled now where the installation has not done so."""
    if not (file := _file()).exists():
        _compile(engine, file)
    return wasmtime.Module.deserialize_file(engine, str(file))


def engine() -> wasmtime.Engine:
    """Return what runs the module: it shares its memory between threads."""
    config = wasmtime.Config()
    config.shared_memory = True
    return wasmtime.Engine(config)


def _file() -> Path:
    """Return where the compiled module is kept: it is for these versions and this kind of machine alone."""
    made_of = f"{version('zetasql')} {version('wasmtime')} {platform.machine()} {sys.platform}"
    return FOLDER / f"{hashlib.sha256(made_of.encode()).hexdigest()[:16]}.cwasm"


def _compile(engine: wasmtime.Engine, file: Path) -> None:
    """Write the compiled module under its name when it is whole, and forget those of other versions."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(f".{os.getpid()}")
    part.write_bytes(wasmtime.Module.from_file(engine, str(get_wasm_path())).serialize())
    part.replace(file)
    for other in FOLDER.glob("*.cwasm"):
        if other != file:
            other.unlink(missing_ok=True)


if __name__ == "__main__":
    load(engine())
