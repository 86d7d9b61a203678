"""DuckDB's extensions from their Python packages, so that nothing is downloaded."""

import importlib.resources
import os
from pathlib import Path

import duckdb

NAMES = ("ducklake", "icu", "spatial")


def use_extensions(home: Path) -> None:
    """Make `home` this process's home directory and link the packaged extensions where DuckDB looks there.

    Links cost nothing, where an installation copies 153 MB for each folder of state.
    """
    version, platform = _version_and_platform()
    folder = home / ".duckdb" / "extensions" / version / platform
    folder.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        _link(folder / f"{name}.duckdb_extension", _packaged(name, version))
    os.environ["HOME"] = str(home)


def _version_and_platform() -> tuple[str, str]:
    with duckdb.connect() as connection:
        row = connection.sql(
            "SELECT library_version, (SELECT platform FROM pragma_platform()) FROM pragma_version()"
        ).fetchone()
    assert row is not None  # noqa: S101 -- a pragma always answers
    return row[0], row[1]


def _packaged(name: str, version: str) -> Path:
    package = Path(str(importlib.resources.files(f"duckdb_extension_{name}")))
    file = package / "extensions" / version / f"{name}.duckdb_extension"
    if not file.exists():
        raise FileNotFoundError(
            f"duckdb-extension-{name} is not for DuckDB {version}: install the same version"
        )
    return file


def _link(link: Path, target: Path) -> None:
    if link.is_symlink() and link.readlink() == target:
        return
    link.unlink(missing_ok=True)
    link.symlink_to(target)
