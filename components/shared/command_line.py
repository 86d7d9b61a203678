"""What the programs that people start have in common."""

import argparse
import os
import signal
import sys
from collections.abc import Callable

READER_LEFT = 128 + signal.SIGPIPE  # the exit code of a program whose output is no longer read


def add_project(parser: argparse.ArgumentParser, text: str = "project of the warehouse") -> None:
    """Add --project, which the environment may set, with its help text."""
    project = os.environ.get("GOOGLE_CLOUD_PROJECT", "")
    parser.add_argument("--project", type=_project, default=project, help=text)


def _project(text: str) -> str:
    if not text:
        raise argparse.ArgumentTypeError(
            'give a project of Google Cloud; on a laptop eval "$(make up)" sets it'
        )
    return text


def end_quietly(main: Callable[[], int | None]) -> int | None:
    """Return what main does; if the reader of its output leaves, as `head` does, end without a word."""
    try:
        code = main()
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what is left in the buffer
        return READER_LEFT
    return code
