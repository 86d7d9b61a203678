"""What the programs that people start have in common."""

import os
import signal
import sys
from collections.abc import Callable

READER_LEFT = 128 + signal.SIGPIPE  # the exit code of a program whose output is no longer read


def end_quietly(main: Callable[[], int | None]) -> int | None:
    """Return what main does; if the reader of its output leaves, as `head` does, end without a word."""
    try:
        code = main()
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what is left in the buffer
        return READER_LEFT
    return code
