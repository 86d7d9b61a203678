"""SQL texts with their dates hidden: what is known of a statement also holds for the same one of another day.

Each date at the start of a literal is replaced by another of the same length. Equal dates stay equal.
"""

import re
from datetime import date, timedelta

DATE = re.compile(r"(?<=['\"])\d{4}-\d\d-\d\d(?!\d)")
FIRST = date(2001, 1, 1)


class Dates:
    """The dates of a text, and their substitutes."""

    def __init__(self, text: str) -> None:
        """Find the dates; if the text already contains one of the substitutes, hide none."""
        found = dict.fromkeys(each for each in DATE.findall(text) if _is_date(each))
        substitutes = [str(FIRST + timedelta(days=number)) for number in range(len(found))]
        is_clear = not any(each in text for each in substitutes)
        self._substitutes = dict(zip(found, substitutes, strict=True)) if is_clear else {}

    def hide(self, text: str) -> str:
        """Return a part of the text with its dates replaced."""
        return DATE.sub(lambda found: self._substitutes.get(found[0], found[0]), text)

    def restore(self, text: str) -> str:
        """Return a text made from a hidden one with its original dates restored."""
        if not self._substitutes:
            return text
        own = {substitute: own for own, substitute in self._substitutes.items()}
        return re.sub("|".join(own), lambda found: own[found[0]], text)


def _is_date(text: str) -> bool:
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False
