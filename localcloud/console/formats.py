"""Values as people read them."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

MINUS = "\N{MINUS SIGN}"


def moment(time: datetime | None) -> str:
    """Return a time in UTC, to the second."""
    return time.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S") if time else ""


def duration(span: timedelta | None) -> str:
    """Return a length of time in its two largest units."""
    if span is None:
        return ""
    seconds = span.total_seconds()
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes == 0:
        return f"{rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"


def number(value: Any) -> str:
    """Return a number with four decimal places, a whole one with none, and anything else as text."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return parameter(value)
    if float(value).is_integer():
        return f"{value:,.0f}"
    return f"{value:,.4f}" if abs(value) >= 0.001 else f"{value:.3g}"


def change(value: float | None) -> str:
    """Return a difference with its sign."""
    if value is None:
        return ""
    return f"{'+' if value > 0 else MINUS if value < 0 else '±'}{number(abs(value))}"


def parameter(value: Any) -> str:
    """Return a parameter's value; whole numbers, which messages hold as floats, have no decimal point."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.0f}" if isinstance(value, float) and value.is_integer() else str(value)


def heading(name: str) -> str:
    """Return a parameter's name as words."""
    return name.replace("_", " ").capitalize()


def sentence(words: str) -> str:
    """Return some words with the first letter capitalized and the rest as it is."""
    return words[:1].upper() + words[1:].replace("_", " ")


def label(value: str) -> str:
    """Return a label's value as words: labels cannot contain spaces."""
    return value.replace("-", " ").replace("_", " ") if re.fullmatch(r"[a-z]+([-_][a-z]+)*", value) else value


def size(count: int | None) -> str:
    """Return a number of bytes in the largest unit of which there is at least one."""
    if count is None:
        return ""
    amount, units = float(count), ["bytes", "KiB", "MiB", "GiB", "TiB"]
    while amount >= 1024 and len(units) > 1:
        amount /= 1024
        units.pop(0)
    return f"{count:,} bytes" if units[0] == "bytes" else f"{amount:,.1f} {units[0]}"


def opening(description: str) -> str:
    """Return a description's first sentence."""
    return re.split(r"(?<=[.:;])\s", description, maxsplit=1)[0].rstrip(":;")
