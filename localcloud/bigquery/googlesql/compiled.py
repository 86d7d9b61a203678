"""Compile the SQL engine for this machine, beside its package; this takes 10 s and is done once.

Example: python -m localcloud.bigquery.googlesql.compiled
"""

import argparse
import os
import platform
import sys
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

import wasmtime
from zetasql.wasi import get_wasm_path


def engine() -> wasmtime.Engine:
    """Return what runs the module: memory is shared between threads, and calls can be interrupted."""
    config = wasmtime.Config()
    config.shared_memory = True
    config.epoch_interruption = True
    return wasmtime.Engine(config)


def load(engine: wasmtime.Engine) -> wasmtime.Module:
    """Return the engine's module, compiled now if the installation has not done so."""
    if (file := _file()).exists():
        return wasmtime.Module.deserialize_file(engine, str(file))
    module = wasmtime.Module.from_file(engine, str(get_wasm_path()))
    with suppress(PermissionError):  # the installation is somebody else's, and has to do without
        _keep(module, file)
    return module


def _file() -> Path:
    """Return where the compiled module is kept: it is specific to both versions and the kind of machine."""
    made_of = [version("zetasql"), version("wasmtime"), sys.platform, platform.machine(), "epoch"]
    return Path(get_wasm_path()).with_name(f"{'-'.join(made_of)}.cwasm")


def _keep(module: wasmtime.Module, file: Path) -> None:
    part = file.with_suffix(f".{os.getpid()}")  # renamed only when it is complete
    part.write_bytes(module.serialize())
    part.replace(file)
    for other in file.parent.glob("*.cwasm"):
        if other != file:
            other.unlink(missing_ok=True)


if __name__ == "__main__":
    argparse.ArgumentParser(
        "python -m localcloud.bigquery.googlesql.compiled",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    ).parse_args()
    load(engine())
