"""The figures of a source: rows, lines, orders, customers, days and money."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sources.meaning.drafts import Draft
from sources.meaning.sold import SHOWN, Sold


@dataclass(frozen=True)
class Money:
    """In one currency: what was kept of completed sales, what was fully refunded, and how many orders."""

    revenue: Decimal
    refunded: Decimal
    orders: int


@dataclass(frozen=True)
class Figures:
    """The figures of a source: rows = lines + set_aside + left_out, if nothing is undecided.

    `rows` counts each member of a document's items; `statuses` are (word, resulting status, lines); `unread`
    counts the rows that questions are about.
    """

    rows: int
    lines: int
    orders: int
    customers: int
    first: date | None
    last: date | None
    zone: str
    money: dict[str, Money]
    statuses: list[tuple[str, str, int]]
    left_out: dict[str, int]
    set_aside: dict[str, int]
    unread: int


def figures_of(sold: Sold) -> Figures:
    """Return the figures of a source, counted from `money`."""
    (usual,) = sold.one("select mode(currency) from money where accepted and currency is not null")
    sold.raw.con.execute("set variable usual_currency = ?", [usual]) if usual else None
    rows, lines, orders, customers, first, last, unread = sold.one(sold.file("counts"))
    money = {
        str(currency): Money(_whole(kept), _whole(back), int(bought))
        for currency, kept, back, bought in sold.all(sold.file("revenue"))
    }
    return Figures(
        rows=int(rows),
        lines=int(lines),
        orders=int(orders),
        customers=int(customers),
        first=first,
        last=last,
        zone=sold.mapping.time.zone,
        money=money,
        statuses=[(str(word), str(status), int(n)) for word, status, n in sold.all(sold.file("statuses"))],
        left_out=_counts(sold, "left_out", "true"),
        set_aside=_counts(sold, "set_aside", "left_out is null and unread is null"),
        unread=int(unread),
    )


def _whole(cents: Any) -> Decimal:
    return (Decimal(int(cents or 0)) / 100).quantize(Decimal("0.01"))


def _counts(sold: Sold, column: str, where: str) -> dict[str, int]:
    sql = (
        f"select {column}, count(*) from money where {column} is not null and {where} group by "
        f"1 order by 2 desc, 1"
    )
    return {str(reason): int(count) for reason, count in sold.all(sql)}


@dataclass(frozen=True)
class Shown:
    """How a field was interpreted: its column, how that was found, and a few examples."""

    field: str
    column: str
    how: str
    examples: tuple[str, ...]


def shown_of(sold: Sold, how: str, made: Draft) -> list[Shown]:
    """Return the fields of a mapping with examples of their texts."""
    mapping = sold.mapping
    discount, refunded = mapping.amount.discount, mapping.returns.refunded
    rows = [
        ("order", mapping.order, "order_text"),
        ("customer", ", ".join(mapping.customer.fields), "who"),
        ("time", ", ".join(filter(None, (mapping.time.field, mapping.time.and_field))), "time_text"),
        (f"amount ({mapping.amount.means.replace('_', ' ')})", mapping.amount.field, "amount_text"),
        ("quantity", mapping.quantity, "quantity_text"),
        (
            f"discount ({discount.means.replace('_', ' ')})" if discount else "",
            discount and discount.field,
            "discount_text",
        ),
        (f"refunded of {refunded.of}" if refunded else "", refunded and refunded.field, "refunded_text"),
        ("status", mapping.status.field, "status_text"),
        ("currency", mapping.currency.field or f"({mapping.currency.default})", "currency_text"),
        ("product", mapping.product, "product"),
        ("category", mapping.category, "category"),
        ("channel", mapping.channel, "channel"),
    ]
    return [
        Shown(field, column, _way(field, made) or how, _examples(sold, text))
        for field, column, text in rows
        if column
    ]


def _way(field: str, made: Draft) -> str:
    """Return how a field was found, if not as the others."""
    key = field.split(" ")[0]
    key = {"discount": "amount.discount", "refunded": "returns.refunded"}.get(key, key)
    if any(each == key or each.startswith(f"{key}.") for each in made.decided):
        return "set"
    return "values" if key in made.by_values else ""


def _examples(sold: Sold, text: str) -> tuple[str, ...]:
    sql = (
        f"select distinct {text} from (select {text} from lines where {text} is not null limit "
        f"500) order by 1 limit {SHOWN}"
    )
    return tuple(str(example) for (example,) in sold.all(sql))
