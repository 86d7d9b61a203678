"""The path of its files in each DuckLake catalog: absolute, so wrong once a folder is moved or copied."""

from pathlib import Path

import duckdb


def update_data_paths(data: Path) -> None:
    """Tell each project's catalog where its files are now."""
    for catalog in data.glob("*.ducklake"):
        here = f"{catalog.with_suffix('')}/"
        with duckdb.connect(catalog) as connection:
            connection.execute(
                "UPDATE ducklake_metadata SET value = $here WHERE key = 'data_path' AND value <> $here",
                {"here": here},
            )
