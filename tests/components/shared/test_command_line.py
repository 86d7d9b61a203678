"""Programs whose reader has left, as `head` does, end without a word; those that Ctrl-C ends, with one."""

import os
import signal
import subprocess
import sys
from argparse import ArgumentParser
from pathlib import Path

import pytest

from components.shared.command_line import READER_LEFT, add_project, end_quietly, print_error

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


def test_ctrl_c_ends_a_program_with_a_word(capsys: pytest.CaptureFixture[str]) -> None:
    def wait() -> int:
        raise KeyboardInterrupt

    assert end_quietly(wait) == 128 + signal.SIGINT
    assert capsys.readouterr().err == "stopped\n"


# What asks, or may work for minutes, and would otherwise end with a traceback.
@pytest.mark.parametrize("program", ["audience", "dashboard", "erase", "laptop.clean"])
def test_ctrl_c_ends_these_programs_with_a_word(program: str) -> None:
    interrupted = f"""
import argparse, runpy
def interrupt(*_):
    raise KeyboardInterrupt
argparse.ArgumentParser.parse_args = interrupt
runpy.run_module({program!r}, run_name="__main__", alter_sys=True)
"""
    done = subprocess.run([sys.executable, "-c", interrupted], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (128 + signal.SIGINT, "stopped\n")


def test_sources_alone_ends_quietly_too(tmp_path: Path) -> None:
    sales = tmp_path / "orders.csv"
    sales.write_text("order_id,customer_id,date,amount,currency\n1,c,2026-01-01,5,EUR\n")
    for words in (("check", str(sales)), ("presets",)):
        code, errors = without_reader("-m", "sources", *words)
        assert code == -signal.SIGPIPE
        assert "BrokenPipe" not in errors


@pytest.mark.parametrize("program", ["audience", "dashboard", "erase", "explain", "sql", "generators.sales"])
def test_without_a_project_it_says_how_a_laptop_sets_one(program: str) -> None:
    words = {
        "audience": ["effect", "spring"],
        "erase": ["C-1"],
        "explain": ["a", "--on", "2026-01-31"],
    }.get(program, [])
    unset = {name: value for name, value in os.environ.items() if name != "GOOGLE_CLOUD_PROJECT"}
    command = [sys.executable, "-m", program, *words]
    done = subprocess.run(command, env=unset, capture_output=True, text=True, check=False)
    told = 'argument --project: give a project of Google Cloud; on a laptop eval "$(make up)" sets it'
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr


def test_the_project_is_the_given_one_or_else_that_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "surrounding")
    parser = ArgumentParser()
    add_project(parser)
    assert parser.parse_args([]).project == "surrounding"
    assert parser.parse_args(["--project", "given"]).project == "given"


def test_an_error_controls_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    print_error(ValueError("no\x1b[2J\r\x9b\u202e\0\n  \tyes [/] é"))
    assert capsys.readouterr().err == "error: no�[2J����\n  \tyes [/] é\n"
