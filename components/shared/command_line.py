"""What the programs that people start have in common."""

import argparse
import os
import signal
import sys
from collections.abc import Callable

STOPPED = 128 + signal.SIGINT  # the exit code of a program that Ctrl-C has ended
READER_LEFT = 128 + signal.SIGPIPE  # the exit code of a program whose output is no longer read
LAYOUT = "\n\t"  # the only control characters of a message


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


def plain(value: object, kept: str = "") -> str:
    """Return a value as text, without what a terminal would interpret, except the characters to keep.

    Values are chosen by others: an escape sequence, a carriage return or a character that reverses the
    direction of writing could hide or forge what is shown.
    """
    return "".join(letter if letter.isprintable() or letter in kept else "�" for letter in str(value))


def print_error(message: object) -> None:
    """Print why a command failed on the standard error."""
    print(f"error: {plain(message, LAYOUT)}", file=sys.stderr)


def end_quietly(main: Callable[[], int | None]) -> int | None:
    """Return what main does; if the reader of its output leaves, as `head` does, end without a word.

    Ctrl-C ends it with one.
    """
    try:
        code = main()
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what is left in the buffer
        return READER_LEFT
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return STOPPED
    return code
