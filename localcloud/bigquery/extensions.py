"""DuckDB's extensions from their Python packages, so that nothing is downloaded."""

import importlib.resources
import importlib.util
import os
from pathlib import Path

import duckdb

NEEDED = ("ducklake", "icu")
SPATIAL = "spatial"  # 78 MB, for GEOGRAPHY and its ST_ functions alone
GEOGRAPHY = "geography.sql"  # local-bigquery's file of those functions


def use_extensions(home: Path) -> None:
    """Make `home` this process's home directory and link the packaged extensions where DuckDB looks there.

    Links cost nothing, whereas an installation copies 55 MB for each state folder.
    """
    version, platform = _version_and_platform()
    folder = home / ".duckdb" / "extensions" / version / platform
    folder.mkdir(parents=True, exist_ok=True)
    for name in installed():
        _link(folder / f"{name}.duckdb_extension", _packaged(name, version))
    os.environ["HOME"] = str(home)
    if SPATIAL not in installed():
        _leave_geography_out()


def _version_and_platform() -> tuple[str, str]:
    with duckdb.connect() as connection:
        row = connection.sql(
            "SELECT library_version, (SELECT platform FROM pragma_platform()) FROM pragma_version()"
        ).fetchone()
    assert row is not None  # noqa: S101 -- a pragma always answers
    return row[0], row[1]


def installed() -> list[str]:
    """Return the names of the extensions whose packages are installed."""
    is_there = importlib.util.find_spec(f"duckdb_extension_{SPATIAL}") is not None
    return [*NEEDED, *([SPATIAL] if is_there else [])]


def _leave_geography_out() -> None:
    """Leave out the functions for which DuckDB would download an extension."""
    from local_bigquery.engine import database

    database.FUNCTIONS = [path for path in database.FUNCTIONS if path.name != GEOGRAPHY]


def _packaged(name: str, version: str) -> Path:
    package = Path(str(importlib.resources.files(f"duckdb_extension_{name}")))
    file = package / "extensions" / version / f"{name}.duckdb_extension"
    if not file.exists():
        raise FileNotFoundError(
            f"duckdb-extension-{name} does not match DuckDB {version}: install the same version"
        )
    return file


def _link(link: Path, target: Path) -> None:
    if link.is_symlink() and link.readlink() == target:
        return
    link.unlink(missing_ok=True)
    link.symlink_to(target)
