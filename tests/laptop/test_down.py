"""The cloud of a run is stopped only on purpose."""

import os
import sys
from pathlib import Path

import pytest

from laptop import down
from laptop.state import lock_folder


@pytest.fixture
def became(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands that replaced the test's own process."""
    became: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda _, command: became.append(command))
    return became


def test_a_run_is_not_stopped_without_force(
    tmp_path: Path, became: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    lock_folder(tmp_path)
    assert down.main(["--state-dir", str(tmp_path)]) == 1
    told = capsys.readouterr().err
    assert told.startswith(f"error: a run or rebuild is using {tmp_path}: wait until it has ended")
    assert told.endswith(f"make down STATE={tmp_path} FORCE=1 stops it too\n")
    assert became == []
    down.main(["--state-dir", str(tmp_path), "--force"])
    assert became == [[sys.executable, "-m", "localcloud", "down", "--state-dir", str(tmp_path)]]


def test_a_cloud_without_a_run_is_stopped(tmp_path: Path, became: list[list[str]]) -> None:
    down.main(["--state-dir", str(tmp_path)])
    assert len(became) == 1
    assert list(tmp_path.iterdir()) == []
