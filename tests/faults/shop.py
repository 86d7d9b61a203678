"""A small shop, and what must be true of it, worked out from its documents in plain Python."""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

type Fields = dict[str, Any]
type Documents = dict[str, Fields]

AS_OF = date(2026, 1, 31)
BEFORE = AS_OF - timedelta(days=1)
HORIZON = 30
CUSTOMERS = 50
DAYS = 240
UNREADABLE = "sale_timestamp is no time"
BROKEN = {"lost-status": {"status": "lost"}, "no-currency": {"currency": "none"}, "twice": {"sale_id": "s0"}}


@dataclass(frozen=True)
class Shop:
    """The collection on two days; on the second, some documents are new, changed or gone."""

    before: Documents
    now: Documents

    @property
    def good(self) -> Documents:
        """The current documents that break no rule."""
        return {key: fields for key, fields in self.now.items() if is_good(key, fields)}

    @property
    def bad(self) -> set[str]:
        """The ids of the current documents that break a rule."""
        return self.now.keys() - self.good.keys()

    def unreadable(self) -> set[str]:
        """Return the ids of the current documents whose values an export cannot read."""
        return {key for key, fields in self.now.items() if fields["sale_timestamp"] == UNREADABLE}

    def versions(self) -> int:
        """Return the rows of both exports together: one per version of a document and one per deletion."""
        changed = sum(self.before[key] != self.now[key] for key in self.before.keys() & self.now.keys())
        return len(self.before) + changed + len(self.before.keys() ^ self.now.keys())


def is_good(key: str, fields: Fields) -> bool:
    """Return whether a document breaks none of the rules that this shop breaks."""
    return (
        fields["sale_timestamp"] != UNREADABLE
        and fields["status"] != "lost"
        and fields["currency"] != "none"
        and fields["sale_id"] == key
    )


def make_shop() -> Shop:
    """Return the shop, which is the same every time."""
    dice = random.Random(11)
    before: Documents = {}
    for customer in range(CUSTOMERS):
        gap, day = dice.choice([5, 12, 40]), dice.randrange(60)
        stops = day + dice.expovariate(1 / DAYS)
        while day < min(DAYS, stops):
            key = f"s{len(before)}"
            before[key] = _sale(key, f"c{customer}", BEFORE - timedelta(days=DAYS - day), dice)
            day += 1 + int(dice.expovariate(1 / gap))
    for key, wrong in BROKEN.items():
        before[key] = _sale(key, "c1", BEFORE, dice) | wrong
    before["unreadable"] = _sale("unreadable", "c2", BEFORE, dice) | {"sale_timestamp": UNREADABLE}
    return Shop(before, _next_day(before, dice))


def _next_day(before: Documents, dice: random.Random) -> Documents:
    now = dict(before)
    for key in ("s3", "s4", "s5"):
        del now[key]
    for key in ("s6", "s7", "s8"):
        now[key] = now[key] | {"status": "refunded" if now[key]["status"] != "refunded" else "cancelled"}
    for number in range(12):
        key = f"n{number:02}"
        now[key] = _sale(key, f"c{number}", BEFORE, dice)
    return now


def _sale(key: str, customer: str, day: date, dice: random.Random) -> Fields:
    quantity, cents = dice.randrange(1, 4), dice.randrange(500, 9000)
    return {
        "sale_id": key,
        "customer_id": customer,
        "sale_timestamp": datetime.combine(day, datetime.min.time(), UTC).isoformat(),
        "product_id": "P1",
        "product_category": dice.choice(["books", "games", "garden"]),
        "quantity": quantity,
        "unit_price": cents / 100,
        "total_amount": quantity * cents / 100,
        "currency": "EUR",
        "status": dice.choices(["completed", "refunded", "cancelled"], [18, 1, 1])[0],
        "payment_method": "card",
        "channel": "web",
        "schema_version": "2.0.0",
    }


def sold_on(fields: Fields) -> date:
    """Return the day of a good document's sale."""
    return datetime.fromisoformat(fields["sale_timestamp"]).date()


def purchases(documents: Iterable[Fields], before: date) -> dict[str, list[Fields]]:
    """Return each customer's completed sales before a day."""
    found: dict[str, list[Fields]] = {}
    for fields in documents:
        if fields["status"] == "completed" and sold_on(fields) < before:
            found.setdefault(fields["customer_id"], []).append(fields)
    return found
