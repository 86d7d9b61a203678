"""The cause of a failure, found in the last lines of real processes."""

import subprocess
import sys

import pytest

from localcloud.vertex.cause import failure_cause

CHAINED = """
try:
    open("/nowhere")
except OSError as error:
    raise RuntimeError("no file\\n  a: b") from error
"""
KILLED = "import os, signal\nprint('a', flush=True)\nos.kill(os.getpid(), signal.SIGKILL)"
NOTED = "error = ValueError('x')\nerror.add_note('look there')\nraise error"
GROUP = "raise ExceptionGroup('two', [ValueError('first')])"


@pytest.mark.parametrize(
    ("program", "cause"),
    [
        (CHAINED, "RuntimeError: no file\n  a: b"),
        (NOTED, "ValueError: x\nlook there"),
        ("import sys\nsys.exit('give a date')", "give a date\nexit code 1"),
        (KILLED, "a\nexit code -9"),
        ("import os\nos._exit(3)", "exit code 3"),
        ("raise ValueError('long' * 1000)", f"ValueError: {'long' * 1000}"[:2000]),
    ],
)
def test_the_last_exception_or_the_last_lines_are_the_cause(program, cause):
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert failure_cause(f"{done.stdout}{done.stderr}", done.returncode) == cause


def test_an_exception_group_is_described_by_its_last_lines():
    done = subprocess.run([sys.executable, "-c", GROUP], capture_output=True, text=True, check=False)
    assert "ValueError: first" in failure_cause(done.stderr, done.returncode)
