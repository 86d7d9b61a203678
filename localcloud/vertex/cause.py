"""Why a task failed, from what it printed."""

import re

_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_TRACEBACK = "Traceback (most recent call last):"
_CHARACTERS = 2000
_LINES = 20


def without_colours(text: str) -> str:
    """Return a text without its terminal colour codes."""
    return _ANSI.sub("", text)


def failure_cause(output: str, code: int) -> str:
    """Return the message of the last exception that a process printed, or its last lines and exit code."""
    lines = [line.rstrip() for line in without_colours(output).splitlines()]
    starts = [place for place, line in enumerate(lines) if line == _TRACEBACK]
    if starts:
        lines = _after_frames(lines[starts[-1] + 1 :])
        said = lines[:_LINES]
    else:
        said = [line for line in lines if line.strip()][-5:]
    text = "\n".join(said).strip()[:_CHARACTERS]
    return text if starts and text else f"{text}\nexit code {code}".strip()


def _after_frames(lines: list[str]) -> list[str]:
    """Return the lines of the exception itself, which follow a traceback's indented frames."""
    places = (place for place, line in enumerate(lines) if line and not line.startswith(" "))
    return lines[next(places, len(lines)) :]
