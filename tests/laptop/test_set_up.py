"""The set-up reports what it does, and leaves nothing broken if it fails."""

import os
import pty
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from laptop import set_up

ROOT = Path(__file__).parents[2]
SLOW = "import pathlib, sys, time; print('Downloading pyarrow (45 MiB)', flush=True); time.sleep(1); "


def test_a_step_is_one_line_with_its_seconds_and_its_size(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write = ["sh", "-c", f"head -c 3000000 /dev/zero > {tmp_path}/x; echo much"]
    assert set_up.main(["libraries", str(tmp_path), "--", *write]) == 0
    out = capsys.readouterr().out
    assert re.fullmatch(r"libraries {13} +\d+\.\d s +\+3 MB\n", out), out


def test_a_failing_step_shows_all_its_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert set_up.main(["libraries", str(tmp_path), "--", "sh", "-c", "echo one; echo two >&2; exit 3"]) == 3
    assert re.fullmatch(r"libraries +failed after \d+\.\d s\none\ntwo\n", capsys.readouterr().out)


def test_a_terminal_shows_progress_within_its_width(tmp_path: Path) -> None:
    master, slave = pty.openpty()
    command = ["libraries", str(tmp_path), "--", sys.executable, "-c", SLOW + f"print({'x' * 200!r})"]
    around = os.environ | {"COLUMNS": "80"}
    with os.fdopen(slave, "w") as terminal:
        program = [sys.executable, "-m", "laptop.set_up", *command]
        subprocess.run(program, stdout=terminal, env=around, cwd=ROOT, check=True)
    shown = os.read(master, 100_000).decode()
    os.close(master)
    lines = re.split(r"\r\x1b\[K|\r\n", shown)
    assert any("Downloading pyarrow (45 MiB)" in line for line in lines)
    assert max(map(len, lines)) < 80
    assert re.fullmatch(r"libraries +\d+\.\d s +\+0 MB", lines[-2])


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A separate checkout with the Makefile, in which nothing is set up yet."""
    for name in ("Makefile", ".python-version", "requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    lock = Path("localcloud/dataform/compiler/package-lock.json")
    (tmp_path / lock.parent).mkdir(parents=True)
    shutil.copy(ROOT / lock, tmp_path / lock)
    return tmp_path


def make(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(["make", *words], cwd=folder, env=own, capture_output=True, text=True, check=False)


def test_another_python_is_refused_and_nothing_is_created(checkout: Path) -> None:
    old = checkout / "python3.11"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.11.2 && exit\nexit 1\n')
    old.chmod(0o755)
    for python, what in ((str(old), "Python 3.11.2"), ("no-such-python", "missing")):
        done = make(checkout, "setup", f"PYTHON={python}")
        assert done.returncode == 2
        assert done.stderr.splitlines()[0] == (
            f"Python 3.13 is needed, but {python} is {what}: "
            "put python3.13 on the PATH, or run make PYTHON=/path/to/python3.13"
        )
        assert done.stdout == ""
        assert not (checkout / ".venv").exists()


@pytest.mark.parametrize(("place", "is_made_anew"), [("", False), ("/elsewhere", True)])
def test_a_set_up_from_elsewhere_is_redone(checkout: Path, place: str, is_made_anew: bool) -> None:
    (checkout / ".venv" / "bin").mkdir(parents=True)
    for name in (".place", "bin/uv", ".installed"):
        (checkout / ".venv" / name).write_text(place or str(checkout))
    asked = make(checkout, "--dry-run", "up")
    assert asked.returncode == 0, asked.stderr
    assert ("-m venv --clear .venv" in asked.stdout) == is_made_anew
    assert ("pip sync" in asked.stdout) == is_made_anew
