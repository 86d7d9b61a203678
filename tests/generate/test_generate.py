"""Generated files: committed, up to date, and reported with a diff where they are not."""

from pathlib import Path

import pytest

import generate.__main__ as program
from generate.__main__ import ROOT, main


@pytest.mark.services
def test_the_committed_files_are_what_the_code_generates(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0, capsys.readouterr().err


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Return the only generated file, which has two lines."""
    page = tmp_path / "page.md"
    monkeypatch.setattr(program, "ROOT", tmp_path)
    monkeypatch.setattr(program, "MAKERS", (lambda: {page: "same\nnew\n"},))
    return page


def test_a_stale_file_is_reported_with_a_diff(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page.write_text("same\nold\n")
    assert main(["--check"]) == 1
    told = capsys.readouterr().err
    assert "--- page.md (committed)" in told
    assert "\n-old\n+new\n" in told
    assert told.endswith("run make generate\n")
    assert page.read_text() == "same\nold\n"


def test_only_stale_files_are_written(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert page.read_text() == "same\nnew\n"
    assert capsys.readouterr().out == "wrote page.md\n"
    assert main([]) == 0
    assert capsys.readouterr().out == ""
    assert main(["--check"]) == 0


def test_the_help_names_every_generated_file() -> None:
    named = program.__doc__ or ""
    made = {path.relative_to(ROOT) for make in program.MAKERS[:3] for path in make()}
    assert {path.as_posix() for path in made if path.suffix != ".json" or "tables" not in path.parts} <= set(
        named.split()
    )
    assert all(path.match("infra/tables/*.json") for path in made if "tables" in path.parts)
