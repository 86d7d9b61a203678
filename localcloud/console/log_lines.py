"""Log lines as people read them: time, level, message, and which ones are the machinery's noise."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

LEVELS = ("debug", "info", "warning", "error")
_LEVEL_OF = {"warn": "warning", "critical": "error", "fatal": "error", "alert": "error", "emergency": "error"}
CODES = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_UNSHOWN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")  # controls, and halves of characters
_STAMP = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d\.\d{3})Z ")
_ATTEMPT = re.compile(r"--- attempt (\d+),")
_KFP = re.compile(r"\[KFP Executor (?P<day>\S+) (?P<time>\S+) (?P<level>\w+)\]: ?")
_KFP_SAYS = re.compile(
    r"(?:--component_module_path|Looking for component|Loading KFP component|Got executor_input"
    r"|Wrote executor output|Did not write output)"
)
_WARNED = re.compile(r"\S+\.py:\d+: \w*Warning: ")
_NAMED = re.compile(r"(?:\S+ ){0,3}?\W?(DEBUG|INFO|WARNING|WARN|ERROR|CRITICAL|FATAL)\b\W")
_TRACEBACK = "Traceback (most recent call last):"
_EXCEPTION = re.compile(r"[\w.]+(?:: |$)")


@dataclass(frozen=True)
class Line:
    """A line: its byte offsets in the file, start and end; its time, its level ("" for none), its text.

    `more` holds the fields of a structured line other than its message. `is_noise` marks what the machinery
    around the program prints, `is_cause` the line that says why the program ended.
    """

    start: int
    end: int
    time: str
    level: str
    text: str
    more: str = ""
    is_noise: bool = False
    is_attempt: bool = False
    is_exception: bool = False
    is_cause: bool = False


class Reader:
    """Parses lines in order; the meaning of a line may depend on the lines before it."""

    def __init__(self) -> None:
        self._inside = ""

    def read(self, start: int, raw: bytes) -> Line:
        """Return the line that starts at a byte offset of the file."""
        text = CODES.sub(b"", raw).decode(errors="replace").rstrip("\r\n").rpartition("\r")[2]
        stamp = _STAMP.match(text)
        time, text = (stamp[2], text[stamp.end() :]) if stamp else ("", text)
        line = Line(start, start + len(raw), time, "", _shown(text))
        return self._classify_in_block(line) if self._inside else self._classify(line)

    def _classify(self, line: Line) -> Line:
        if line.text.startswith("{") and (said := _structured(line.text)):
            return replace(line, level=said[0], text=said[1], more=said[2])
        if line.text == _TRACEBACK:
            self._inside = "frames"
            return replace(line, level="error")
        if _ATTEMPT.match(line.text):
            return replace(line, is_attempt=True)
        if kfp := _KFP.match(line.text):
            return self._classify_kfp(line, kfp)
        if _WARNED.match(line.text):
            self._inside = "warned"
            return replace(line, level="warning", is_noise="/site-packages/" in line.text)
        named = _NAMED.match(line.text)
        return replace(line, level=_level(named[1])) if named else line

    def _classify_kfp(self, line: Line, kfp: re.Match[str]) -> Line:
        said = line.text[kfp.end() :]
        if said.startswith("Got executor_input"):
            self._inside = "input"
        level, time = _level(kfp["level"]), line.time or kfp["time"].replace(",", ".")
        noise = level == "info" and bool(_KFP_SAYS.match(said))
        return replace(line, time=time, level=level, text=said, is_noise=noise)

    def _classify_in_block(self, line: Line) -> Line:
        """Return a line that continues a block begun earlier, or the first line after the block."""
        inside, indented = self._inside, line.text.startswith((" ", "\t"))
        if inside == "input":
            self._inside = "" if line.text.startswith("}") else inside
            return replace(line, level="info", is_noise=True)
        if inside == "frames" and (indented or not line.text):
            return replace(line, level="error")
        self._inside = ""
        if inside == "frames" and _EXCEPTION.match(line.text):
            return replace(line, level="error", is_exception=True)
        if inside == "warned" and indented:
            return replace(line, is_noise=True)
        return self._classify(line)


def mark_cause(lines: list[Line], error: str) -> list[Line]:
    """Return the lines of a failed program, with the line marked that says why it failed.

    That is the last exception; else the last line that equals the first line of its error; else the last line
    of level error; else the last line that is neither blank nor noise.
    """
    first = error.partition("\n")[0].strip()
    tests = (
        lambda line: line.is_exception,
        lambda line: bool(first) and line.text.strip() == first,
        lambda line: line.level == "error",
        lambda line: bool(line.text.strip()) and not line.is_noise,
    )
    for test in tests:
        for place in range(len(lines) - 1, -1, -1):
            if test(lines[place]):
                return [
                    *lines[:place],
                    replace(lines[place], level="error", is_cause=True),
                    *lines[place + 1 :],
                ]
    return lines


def select_lines(
    lines: Iterable[Line], text: str = "", level: str = "", noise: bool = False
) -> Iterator[Line]:
    """Yield the lines that contain a text and have at least a level; noise only if asked for."""
    words = text.casefold()
    worse = LEVELS[LEVELS.index(level) :] if level in LEVELS else ()
    for line in lines:
        is_level = not worse or line.level in worse
        is_found = words in line.text.casefold() or words in line.more.casefold()
        if is_level and is_found and (noise or not line.is_noise):
            yield line


def _structured(text: str) -> tuple[str, str, str] | None:
    """Return level, message and other fields of a JSON line as Cloud Logging reads it, or None."""
    try:
        fields: dict[str, Any] = json.loads(text)
    except (ValueError, RecursionError):  # the latter for values nested too deeply
        return None
    message = fields.pop("message", None)
    if message is None:
        return None
    level = _level(str(fields.pop("severity", "")))
    trace = str(fields.pop("stack_trace", ""))
    said = [f"{name}: {_value(value)}" for name, value in fields.items() if value not in (None, "", [], {})]
    return level, _shown(str(message)), _shown("\n".join(filter(None, ["; ".join(said), trace.rstrip()])))


def _shown(text: str) -> str:
    return _UNSHOWN.sub("\N{REPLACEMENT CHARACTER}", text)


def _value(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _level(name: str) -> str:
    word = name.lower()
    level = _LEVEL_OF.get(word, word)
    return level if level in LEVELS else "info" if level in ("notice", "default") else ""
