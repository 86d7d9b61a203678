"""A range of documents by their ids, in Firestore's order: what a shard of an export reads."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

_NUMBER = re.compile(r"__id(-?\d+)__")
FIRST_NUMBER, BEHIND_NUMBERS = "__id", "__ie"


def place(document_id: str) -> tuple[int, int, bytes]:
    """Return a document's position in Firestore's order: numbers first, then strings by their UTF-8 bytes."""
    if number := _NUMBER.fullmatch(document_id):
        return 0, int(number[1]), b""
    return 1, 0, document_id.encode()


@dataclass(frozen=True)
class Span:
    """The documents from start up to but not including end; "" means no bound."""

    start: str = ""
    end: str = ""

    @classmethod
    def between(cls, cursors: Sequence[str]) -> list[Self]:
        """Return the spans that some ids split all documents into."""
        return [cls(start, end) for start, end in zip(["", *cursors], [*cursors, ""], strict=True)]

    def holds(self, document_id: str) -> bool:
        """Return whether a document is in it."""
        here = place(document_id)
        return (not self.start or place(self.start) <= here) and (not self.end or here < place(self.end))

    def may_hold(self, statistics: Any) -> bool:
        """Return whether it may contain a document between Parquet's least and greatest id.

        Parquet's statistics compare strings by their UTF-8 bytes. A numeric id is elsewhere in Firestore's
        order, so statistics that leave room for one say nothing.
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
