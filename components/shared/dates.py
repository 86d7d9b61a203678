"""Dates and times as parameters: text at the edge, checked once."""

from datetime import UTC, date, datetime

from components.shared.errors import ArgumentsError


def parse_date(text: str, parameter: str = "as_of") -> date:
    """Return the date of a YYYY-MM-DD text; raise ArgumentsError naming the parameter otherwise."""
    try:
        if len(text) == len("YYYY-MM-DD"):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise ArgumentsError(f"{parameter}={text!r} is not a date: write it as YYYY-MM-DD, such as 2025-11-30")


def parse_time(text: str, parameter: str) -> datetime:
    """Return the time of an ISO 8601 text, in UTC unless it names a zone; raise ArgumentsError otherwise."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentsError(
            f"{parameter}={text!r} is not a time: write it in ISO 8601, such as 2025-11-30T02:00:00Z"
        ) from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)
