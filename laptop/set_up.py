"""Run a step of the set-up, and print in one line what it was, how long it took and the MB it added.

example:
  python -m laptop.set_up "Python libraries" .venv -- .venv/bin/uv pip sync requirements.lock

It needs nothing but Python: it runs before anything is installed.
"""

import argparse
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

TITLE = 22
WAIT_SECONDS = 0.2


class Step:
    """A running program, and the lines that it has printed so far."""

    def __init__(self, command: list[str]) -> None:
        """Start the program."""
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout  # noqa: S101 -- it is a pipe
        with self.process.stdout as said:
            self.lines.extend(map(str.rstrip, said))

    def is_running(self) -> bool:
        """Wait a moment; return whether the program is still running."""
        try:
            self.process.wait(WAIT_SECONDS)
        except subprocess.TimeoutExpired:
            return True
        self._reader.join()
        return False


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit code, after printing all its output if it failed."""
    options = _parser().parse_args(arguments)
    before, started = _megabytes(options.folder), time.monotonic()
    print(f"{options.title:<{TITLE}}", end="", flush=True)
    step = Step(options.command)
    while step.is_running():
        if sys.stdout.isatty():
            _show(options.title, time.monotonic() - started, step.lines)
    seconds, grown = time.monotonic() - started, _megabytes(options.folder) - before
    if sys.stdout.isatty():
        print(f"\r\033[K{options.title:<{TITLE}}", end="")
    if code := step.process.returncode:
        print(f"failed after {seconds:.1f} s", *step.lines, sep="\n", flush=True)
        return code
    print(f"{seconds:6.1f} s {grown:+6,.0f} MB", flush=True)
    return 0


def _show(title: str, seconds: float, lines: list[str]) -> None:
    """Show the time taken and the program's last line of output on the terminal's last line."""
    said = lines[-1].strip() if lines else ""
    line = f"{title:<{TITLE}}{seconds:6.1f} s  {said}"
    print(f"\r\033[K{line[: shutil.get_terminal_size().columns - 1]}", end="", flush=True)


def _megabytes(folder: Path) -> float:
    """Return the size of a folder's files in MB, counting hard links to the same file once."""
    files: dict[int, int] = {}
    for place, _, names in os.walk(folder):
        for found in (os.lstat(os.path.join(place, name)) for name in names):  # noqa: PTH118 -- 30,000 files
            files[found.st_ino] = found.st_size
    return sum(files.values()) / 1e6


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m laptop.set_up",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("title", help="what is set up")
    parser.add_argument("folder", type=Path, help="where it lies")
    parser.add_argument("command", nargs="+", help="the program, after --")
    return parser


if __name__ == "__main__":
    sys.exit(main())
