"""Only one batch at a time works in a state folder."""

import subprocess
import sys
from pathlib import Path

import pytest

from laptop.state import BusyError, lock_folder

# Locks the folder, execs another program as the batch does, and ends when its input does.
HOLDER = """
import os, sys
from pathlib import Path
from laptop.state import lock_folder
lock_folder(Path(sys.argv[1]))
os.execv(sys.executable, [sys.executable, "-c", "print('held', flush=True); input()"])
"""


def test_a_second_batch_of_a_folder_is_refused_at_once_and_leaves_the_first_alone(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    command = [sys.executable, "-c", HOLDER, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout
        assert first.stdout.readline() == "held\n"
        batch = [sys.executable, "-m", "laptop.batch", "--state-dir", str(folder), "--customers", "150"]
        second = subprocess.run(batch, capture_output=True, text=True, check=False)
        assert (second.returncode, second.stdout) == (1, "")
        assert second.stderr.startswith(
            f"error: another run or rebuild is using {folder}: wait until it has ended"
        )
        assert f"make run STATE={folder}-2" in second.stderr
        assert len(second.stderr.splitlines()) == 1
        assert [path.name for path in folder.iterdir()] == ["batch.lock"]
        lock_folder(tmp_path / "other")
        first.communicate("\n")
    lock_folder(folder)
    with pytest.raises(BusyError):
        lock_folder(folder)
    assert (folder / "batch.lock").stat().st_mode & 0o077 == 0
