"""Programs whose reader has left, as `head` does, end without a word."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from components.shared.command_line import READER_LEFT, end_quietly

PROGRAM = """
import sys
from components.shared.command_line import end_quietly
sys.exit(end_quietly(lambda: {main}))
"""


def without_reader(*command: str) -> tuple[int, str]:
    """Return the exit code and the errors of a Python program whose output nobody reads."""
    program = subprocess.Popen(
        [sys.executable, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert program.stdout
    assert program.stderr
    program.stdout.close()
    with program:
        return program.wait(), program.stderr.read()


@pytest.mark.parametrize("main", ["print('x' * 100_000)", "print('x')", "print('x', flush=True)"])
def test_nobody_reads_the_output(main: str) -> None:
    assert without_reader("-c", PROGRAM.format(main=main)) == (READER_LEFT, "")


def test_a_program_that_is_read_ends_as_it_would() -> None:
    assert end_quietly(lambda: 3) == 3
    assert end_quietly(lambda: None) is None


def test_sources_alone_ends_quietly_too(tmp_path: Path) -> None:
    sales = tmp_path / "orders.csv"
    sales.write_text("order_id,customer_id,date,amount,currency\n1,c,2026-01-01,5,EUR\n")
    for words in (("check", str(sales)), ("presets",)):
        code, errors = without_reader("-m", "sources", *words)
        assert code == -signal.SIGPIPE
        assert "BrokenPipe" not in errors
