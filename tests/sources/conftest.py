"""Fixtures that write sales to files and interpret them."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from sources.files import open_files
from sources.understand import Understanding, understand

CASES = Path(__file__).parents[3] / "shared" / "cases" / "files"
SAMPLES = Path(__file__).parent / "samples"
TODAY = date(2026, 11, 27)
Read = Callable[..., tuple[Understanding, list[dict[str, Any]]]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Return a function that interprets files, or texts as files, and returns the sales as well."""

    def understood(
        *given: Path | str, settings: tuple[str, ...] = (), source: str = "shop", **told: Any
    ) -> tuple[Understanding, list[dict[str, Any]]]:
        paths = [_file(tmp_path, number, each) for number, each in enumerate(given)]
        work = tmp_path / f"work{len(list(tmp_path.iterdir()))}"
        work.mkdir()
        with open_files(paths, work) as raw:
            found = understand(raw, settings=settings, source=source, today=TODAY, **told)
            return found, [] if found.questions else _sales(raw.con)

    return understood


def _file(folder: Path, number: int, given: Path | str) -> Path:
    if isinstance(given, Path):
        return given
    path = folder / f"own{number}.csv"
    path.write_text(given, encoding="utf-8")
    return path


def _sales(con: Any) -> list[dict[str, Any]]:
    found = con.execute("from sales")
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


@pytest.fixture
def case() -> Callable[[str], Path]:
    """Return a function that finds a third-party file, or skips the test if it is not beside the project."""

    def find(name: str) -> Path:
        path = CASES / name
        if not path.exists():
            pytest.skip(f"{name} is not beside the project")
        return path

    return find


def money(found: Understanding) -> dict[str, tuple[str, str]]:
    """Return {currency: (revenue, refunded)} as strings."""
    assert found.figures is not None, found.questions
    return {code: (str(each.revenue), str(each.refunded)) for code, each in found.figures.money.items()}
