"""A program is run in a state that exists; another name starts nothing and makes no folder."""

import os
import sys
from pathlib import Path

import pytest

from laptop import inside
from laptop.state import BatchState

PROGRAM = ["--", "python", "-m", "sql", "-c", "SELECT 1"]


@pytest.fixture
def became(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands that replaced the test's own process, in a folder with two states."""
    became: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda _, command: became.append(command))
    monkeypatch.chdir(tmp_path)
    for name in ("sales-shop", "demo"):
        folder = Path(".localcloud") / name
        folder.mkdir(parents=True)
        BatchState().save(folder)
    (folder.parent / "logs").mkdir()
    return became


@pytest.mark.parametrize("name", [".localcloud/nope", ".localcloud/logs"])
def test_a_state_that_does_not_exist_is_refused(
    became: list[list[str]], name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert inside.main(["--state-dir", name, *PROGRAM]) == 2
    told = f"error: there is no run in {name}: there are .localcloud/demo, .localcloud/sales-shop\n"
    assert capsys.readouterr().err == told
    assert became == []
    assert not Path(".localcloud/nope").exists()


def test_a_state_that_exists_gets_its_cloud(became: list[list[str]]) -> None:
    inside.main(["--state-dir", ".localcloud/demo", *PROGRAM])
    run = [sys.executable, "-m", "localcloud", "run", "--state-dir", ".localcloud/demo", *PROGRAM]
    assert became == [run]


def test_before_the_first_run_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert inside.main(["--state-dir", ".localcloud/demo", *PROGRAM]) == 2
    told = "error: there is no run in .localcloud/demo: make run starts one\n"
    assert capsys.readouterr().err == told
