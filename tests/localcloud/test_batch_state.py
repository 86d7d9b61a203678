"""One batch at a time works in a state folder."""

import subprocess
import sys

import pytest

from localcloud.batch.state import alone
from localcloud.state import LocalCloudError


def test_a_second_batch_of_a_folder_is_refused_at_once_and_leaves_the_first_alone(tmp_path):
    folder = tmp_path / "demo"
    folder.mkdir()
    with alone(folder):
        command = [
            sys.executable,
            "-m",
            "localcloud.batch",
            "--state-dir",
            str(tmp_path),
            "--customers",
            "150",
        ]
        second = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (second.returncode, second.stdout) == (1, "")
        assert second.stderr.startswith(f"error: another make run works in {folder}: wait until it has ended")
        assert len(second.stderr.splitlines()) == 1
        assert [path.name for path in folder.iterdir()] == ["batch.lock"]
    with alone(folder):
        pass


def test_another_folder_is_free(tmp_path):
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
    with alone(tmp_path / "one"):
        with alone(tmp_path / "other"):
            pass
        with pytest.raises(LocalCloudError, match="another make run works in"), alone(tmp_path / "one"):
            pass
