"""Texts of SQL but for their dates: what is found out of a statement holds for the same one of another day.

Each date that begins a literal has another of as many characters in its place. Two of one day stay alike.
"""

import re
from datetime import date, timedelta

DATE = re.compile(r"(?<=['\"])\d{4}-\d\d-\d\d(?!\d)")
FIRST = date(2001, 1, 1)


class Dates:
    """The dates of a text, and what stands in their place."""

    def __init__(self, text: str) -> None:
        """Find them; where a date of the text could be taken for one in another's place, none is hidden."""
        found = dict.fromkeys(each for each in DATE.findall(text) if _is_date(each))
        standing = [str(FIRST + timedelta(days=number)) for number in range(len(found))]
        is_clear = not any(each in text for each in standing)
        self._standing = dict(zip(found, standing, strict=True)) if is_clear else {}

    def hidden(self, text: str) -> str:
        """Return a part of the text with other dates."""
        return DATE.sub(lambda found: self._standing.get(found[0], found[0]), text)

    def shown(self, text: str) -> str:
        """Return what was made of a hidden text with its own dates."""
        if not self._standing:
            return text
        own = {standing: own for own, standing in self._standing.items()}
        return re.sub("|".join(own), lambda found: own[found[0]], text)


def _is_date(text: str) -> bool:
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False
