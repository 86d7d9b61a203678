"""Data folders that are moved or copied: DuckLake keeps the absolute path, and opens it under no other."""

from pathlib import Path

import duckdb


def follow_move(data: Path) -> None:
    """Tell each project's catalog where its files are now."""
    for catalog in data.glob("*.ducklake"):
        here = f"{catalog.with_suffix('')}/"
        with duckdb.connect(catalog) as connection:
            connection.execute(
                "UPDATE ducklake_metadata SET value = $here WHERE key = 'data_path' AND value <> $here",
                {"here": here},
            )
