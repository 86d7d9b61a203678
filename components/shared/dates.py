"""Dates as parameters: text at the edge, checked once."""

from datetime import date

from components.shared.errors import StepError


def parse_date(text: str, parameter: str = "as_of") -> date:
    """Return the date that YYYY-MM-DD stands for; raise StepError naming the parameter otherwise."""
    try:
        if len(text) == len("YYYY-MM-DD"):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise StepError(f"{parameter}={text!r} is not a date: write it as YYYY-MM-DD, such as 2025-11-30")
