"""A shop of a hundred customers and Ann, some of whose sales were refunded, deleted, moved or late."""

import hashlib
import json
import random
from datetime import date, timedelta
from typing import Any

from tests.components.extract_features.plain_features import AS_OF, HORIZON

type Row = dict[str, Any]

SECRET = "0123456789abcdef" * 4
DAY_BEFORE = AS_OF - timedelta(days=1)
FOR_EVER = date(9999, 12, 31)
FIRST_DAY = AS_OF - timedelta(days=400)


def key_of(shop_id: str) -> str:
    """Return the pseudonym as dataform/includes/pseudonym.js describes it, in Python."""
    key = json.dumps(SECRET)
    inner = hashlib.sha256(f"{key}:{shop_id}".encode()).hexdigest()
    return hashlib.sha256(f"{key}:{inner}".encode()).hexdigest()


ANN, BOB, NEW = key_of("Ann-7"), key_of("Bob"), key_of("new")


def version(sale_id: str, day: str | date, amount: float = 10.0, **more: Any) -> Row:
    """Return a version that is known from its day on for ever, unless `more` says otherwise."""
    sold = date.fromisoformat(str(day))
    row = {"sale_id": sale_id, "customer_key": ANN, "sale_date": sold, "product_category": "hats"}
    row |= {"quantity": 1, "total_amount": amount, "currency": "EUR", "status": "completed"}
    return row | {"known_from_date": sold, "known_until_date": FOR_EVER} | more


def followed(first: Row, day: str, **changes: Any) -> list[Row]:
    """Return a version and its successor, which is known from a day on."""
    changed = date.fromisoformat(day)
    return [first | {"known_until_date": changed}, first | {"known_from_date": changed} | changes]


def anns_versions() -> list[Row]:
    deleted = version("gone", "2025-06-01", 99.5, product_category="skis", quantity=2)
    late = date(2025, 7, 2)
    return [
        *(version(f"old{number:02}", FIRST_DAY + timedelta(days=9 * number)) for number in range(22)),
        *followed(version("then refunded", "2025-05-10", 50.0), "2025-07-03", status="refunded"),
        deleted | {"known_until_date": date(2025, 7, 5)},
        *followed(version("moved", "2025-06-10"), "2025-07-06", customer_key=BOB),
        version("late", "2025-06-20", 33.0, known_from_date=late),
        *followed(version("long refunded", "2025-02-01"), "2025-02-10", status="refunded"),
        version("on the day", AS_OF),
        version("priceless", "2025-06-05", product_category=None, total_amount=None, status="pending"),
    ]


def everyones_versions() -> list[Row]:
    """Return Ann's versions and those of customers who buy at their pace until they stop."""
    dice = random.Random(3)
    found = [*anns_versions(), version("new", AS_OF, customer_key=NEW)]
    for number in range(100):
        pace, day = dice.choice([6, 40]), FIRST_DAY + timedelta(days=dice.randrange(200))
        stop = day + timedelta(days=dice.randrange(30, 500))
        while day < min(stop, AS_OF):
            sale_id, amount = f"s{len(found)}", dice.randrange(100, 9000) / 100
            found.append(version(sale_id, day, amount, customer_key=key_of(f"c{number}")))
            day += timedelta(days=1 + dice.randrange(2 * pace))
    return found


def sessions() -> list[Row]:
    dice = random.Random(4)
    customers = [ANN, *(key_of(f"c{number}") for number in range(100))]
    days = [AS_OF - timedelta(days=dice.randrange(1, 300)) for _ in range(400)]
    return [
        {"customer_key": customer, "event_date": day, "session_count": 2, "add_to_cart_count": 1}
        | {"known_from_date": day, "known_until_date": FOR_EVER}
        for customer, day in {(dice.choice(customers), day) for day in days}
    ]


__all__ = ["ANN", "AS_OF", "BOB", "DAY_BEFORE", "HORIZON", "NEW", "SECRET"]
