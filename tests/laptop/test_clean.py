"""make clean lists what it would delete, asks, and leaves other folders alone."""

import io
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from laptop import clean
from laptop.state import lock_folder

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two states of 3 and 2 MB and a file beside them, in the working directory."""
    monkeypatch.chdir(tmp_path)
    for name, size in (("demo", 3), ("other", 2)):
        folder = Path(".localcloud", name)
        folder.mkdir(parents=True)
        (folder / "batch.json").write_text("{}")
        (folder / "data").write_bytes(bytes(size * 1_000_000))
    Path(".localcloud/airflow.env").write_text("")
    return Path(".localcloud")


def test_without_a_terminal_it_lists_and_deletes_nothing(data: Path) -> None:
    command = [sys.executable, "-m", "laptop.clean"]
    around = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=around)
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "       0.0 MB  .localcloud/airflow.env",
        "       3.0 MB  .localcloud/demo",
        "       2.0 MB  .localcloud/other",
        "       5.0 MB  in total",
    ]
    assert done.stderr.strip() == (
        "error: nothing is deleted, because this is not a terminal: make clean YES=1 does not ask"
    )
    assert len(list(data.iterdir())) == 3


@pytest.mark.parametrize(("answer", "code", "left"), [("no\n", 1, 3), ("\n", 1, 3), ("yes\n", 0, 0)])
def test_in_a_terminal_it_asks(
    answer: str, code: int, left: int, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    master, slave = pty.openpty()
    os.write(master, answer.encode())
    with os.fdopen(slave) as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)
        assert clean.main([]) == code
    os.close(master)
    assert len(list(data.iterdir())) == left


def test_only_a_named_state_is_deleted_and_other_folders_stay(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photos = Path("photos")
    photos.mkdir()
    assert clean.main(["--yes", "--state-dir", "photos"]) == 1
    assert "photos is not a folder of make run or make up, so it is not deleted" in capsys.readouterr().err
    assert photos.exists()
    assert clean.main(["--yes", "--state-dir", ".localcloud/other"]) == 0
    assert sorted(path.name for path in data.iterdir()) == ["airflow.env", "demo"]
    assert clean.main(["--yes", "--state-dir", ".localcloud/other"]) == 0
    assert "there is no local data" in capsys.readouterr().out


def test_a_state_in_use_stays(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lock_folder(data / "demo")
    assert clean.main(["--yes", "--state-dir", str(data / "demo")]) == 1
    assert "another run or rebuild is using .localcloud/demo" in capsys.readouterr().err
    assert (data / "demo" / "data").exists()


def test_end_of_input_is_not_a_yes(monkeypatch: pytest.MonkeyPatch, data: Path) -> None:
    closed = io.StringIO("")
    monkeypatch.setattr(closed, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", closed)
    assert clean.main([]) == 1
    assert len(list(data.iterdir())) == 3
