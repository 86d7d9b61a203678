"""Queries on the typed lines: counts, the first lines of a kind, values."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from sources.files.raw import RawFiles
from sources.mapping import Mapping
from sources.meaning.texts import Layout

HERE = Path(__file__).parent
SHOWN = 3
TEXT_OF = {
    "time": "time_text",
    "time zone": "zone_text",
    "status": "status_text",
    "amount": "amount_text",
    "quantity": "quantity_text",
    "discount": "discount_text",
    "refunded amount": "refunded_text",
    "currency": "currency_text",
    "customer": "who",
    "order": "order_text",
    "identifier": "who",
}


@dataclass(frozen=True)
class SoldLines:
    """The typed lines of a source, `money`, with what they were made from, and today's date.

    `decided` are the keys that the user set. `is_preset` says that the mapping is a preset, neither guessed
    nor the user's own.
    """

    raw: RawFiles
    mapping: Mapping
    layout: Layout
    today: date
    decided: Sequence[str] = ()
    is_preset: bool = False

    def fetch_one(self, sql: str, parameters: Sequence[Any] = ()) -> tuple[Any, ...]:
        """Return the only row of a query."""
        (row,) = self.raw.con.execute(sql, parameters).fetchall()
        return tuple(row)

    def fetch_all(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        return self.raw.con.execute(sql, parameters).fetchall()

    def read_sql(self, name: str) -> str:
        """Return the SQL in NAME.sql beside this file."""
        return (HERE / f"{name}.sql").read_text(encoding="utf-8")

    def count(self, condition: str) -> int:
        """Return how many lines meet a condition."""
        return int(self.fetch_one(f"select count(*) from money where {condition}")[0])

    def places(self, condition: str) -> str:
        """Return where the first lines that meet a condition are."""
        sql = f"select distinct n from money where {condition} order by n limit {SHOWN}"
        return ", ".join(self.raw.place(n) for (n,) in self.fetch_all(sql))

    @cached_property
    def unreadable_kinds(self) -> set[str]:
        """The kinds of texts of which some cannot be read; asked once total lines are excluded."""
        kinds = self.fetch_all(
            "select distinct unread from money where unread is not null and left_out is null"
        )
        return {kind for (kind,) in kinds}

    def unreadable_texts(self, kind: str) -> list[tuple[str | None, int]]:
        """Return the most common texts of a kind that cannot be read, with their counts."""
        if kind not in self.unreadable_kinds:
            return []
        text = TEXT_OF[kind]
        sql = (
            f"select lines.{text}, count(*) as times from money join lines on lines.n = money.n and "
            "lines.item_at is not distinct from money.item_at where money.unread = ? "
            "and money.left_out is null "
            "group by 1 order by times desc, 1 limit 12"
        )
        return [(word, int(times)) for word, times in self.fetch_all(sql, [kind])]
