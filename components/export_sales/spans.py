"""A range of documents by their ids, in Firestore's order: what a shard of an export looks at."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

_NUMBER = re.compile(r"__id(-?\d+)__")
FIRST_NUMBER, BEHIND_NUMBERS = "__id", "__ie"


def place(document_id: str) -> tuple[int, int, bytes]:
    """Return where a document stands in Firestore's order: numbers first, then texts by their UTF-8."""
    if number := _NUMBER.fullmatch(document_id):
        return 0, int(number[1]), b""
    return 1, 0, document_id.encode()


@dataclass(frozen=True)
class Span:
    """The documents from start on and before end, of which "" is no bound."""

    start: str = ""
    end: str = ""

    @classmethod
    def between(cls, cursors: Sequence[str]) -> list[Self]:
        """Return the spans that some ids split all documents into."""
        return [cls(start, end) for start, end in zip(["", *cursors], [*cursors, ""], strict=True)]

    def holds(self, document_id: str) -> bool:
        """Say whether a document is in it."""
        here = place(document_id)
        return (not self.start or place(self.start) <= here) and (not self.end or here < place(self.end))

    def may_hold(self, statistics: Any) -> bool:
        """Say whether a document may be in it of which Parquet's statistics know the least and greatest id.

        These go by the UTF-8 of texts. An id that is a number lies elsewhere in Firestore's order, so that
        statistics which leave room for one say nothing.
        """
        if statistics is None or not statistics.has_min_max:
            return True
        least, greatest = statistics.min.encode(), statistics.max.encode()
        if least < BEHIND_NUMBERS.encode() and greatest >= FIRST_NUMBER.encode():
            return True
        if self.end and (place(self.end)[0] == 0 or least >= self.end.encode()):
            return False
        return not self.start or place(self.start)[0] == 0 or greatest >= self.start.encode()


ALL = Span()
