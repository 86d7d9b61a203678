"""The compiled pipeline: committed, fresh, and the same from every process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.compile import compiled_text
from pipelines.specification import COMPILED

pytestmark = pytest.mark.services


def test_two_processes_compile_the_same_bytes(tmp_path: Path) -> None:
    for name, seed in (("a.json", "1"), ("b.json", "2")):
        command = [sys.executable, "-m", "pipelines.compile", "--output", str(tmp_path / name)]
        subprocess.run(command, check=True, env={**os.environ, "PYTHONHASHSEED": seed})
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes() == COMPILED.read_bytes()


def test_a_stale_file_fails_with_a_diff(tmp_path: Path) -> None:
    stale = tmp_path / "stale.json"
    stale.write_text(compiled_text().replace("winter_sales", "spring_sales"))
    command = [sys.executable, "-m", "pipelines.compile", "--check", "--output", str(stale)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert '"defaultValue": "spring_sales"' in done.stderr
    assert '"defaultValue": "winter_sales"' in done.stderr
    assert "run python -m pipelines.compile" in done.stderr


def test_the_pipeline_retries_nothing_since_it_cannot_tell_what_is_transient() -> None:
    assert "retryPolicy" not in compiled_text()
