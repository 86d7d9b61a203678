"""The figures of a source: rows, lines, orders, customers, days and money."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sources.meaning.drafts import Draft
from sources.meaning.sold import SHOWN, SoldLines


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


def figures_of(sold: SoldLines) -> Figures:
    """Return the figures of a source, counted from `money`."""
    rows, lines, orders, customers, first, last, unread = sold.fetch_one(sold.read_sql("counts"))
    money = {
        str(currency): Money(_from_cents(kept), _from_cents(back), int(bought))
        for currency, kept, back, bought in sold.fetch_all(sold.read_sql("revenue"))
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
        statuses=[
            (str(word), str(status), int(n)) for word, status, n in sold.fetch_all(sold.read_sql("statuses"))
        ],
        left_out=_count_by(sold, "left_out", "true"),
        set_aside=_count_by(sold, "set_aside", "left_out is null and unread is null"),
        unread=int(unread),
    )


def _from_cents(cents: Any) -> Decimal:
    return (Decimal(int(cents or 0)) / 100).quantize(Decimal("0.01"))


def _count_by(sold: SoldLines, column: str, where: str) -> dict[str, int]:
    sql = (
        f"select {column}, count(*) from money where {column} is not null and {where} group by "
        f"1 order by 2 desc, 1"
    )
    return {str(reason): int(count) for reason, count in sold.fetch_all(sql)}


@dataclass(frozen=True)
class FieldSummary:
    """How a field was interpreted: its column, how that was found, and a few examples."""

    field: str
    column: str
    how: str
    examples: tuple[str, ...]


def summarise_fields(sold: SoldLines, how: str, draft: Draft) -> list[FieldSummary]:
    """Return the fields of a mapping with examples of their texts."""
    mapping = sold.mapping
    discount, refunded = mapping.amount.discount, mapping.returns.refunded
    rows = [
        ("order", mapping.order, "order_text"),
        ("customer", ", ".join(mapping.customer.fields), "who"),
        ("time", ", ".join(filter(None, (mapping.time.field, mapping.time.and_field))), "time_text"),
        (f"amount ({mapping.amount.means.replace('_', ' ')})", mapping.amount.field, "amount_text"),
        ("deducted", mapping.amount.minus, "minus_text"),
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
    used = [(field, column, text) for field, column, text in rows if column]
    examples = _examples(sold, [text for _, _, text in used])
    return [
        FieldSummary(field, column, _how_found(field, draft) or how, examples[text])
        for field, column, text in used
    ]


def _how_found(field: str, draft: Draft) -> str:
    """Return how a field was found, if not as the others."""
    key = field.split(" ")[0]
    key = {"discount": "amount.discount", "refunded": "returns.refunded"}.get(key, key)
    if any(each == key or each.startswith(f"{key}.") for each in draft.decided):
        return "set"
    return "values" if key in draft.by_values else ""


def _examples(sold: SoldLines, texts: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return the first few distinct texts of fields, by field: of the first lines, or else of all."""
    distinct = (f"list(distinct {text}) filter ({text} is not null)" for text in texts)
    lists = ", ".join(f"list_sort({each})[:{SHOWN}]" for each in distinct)
    of_first = sold.fetch_one(f"select {lists} from (select {', '.join(texts)} from lines limit 500)")
    found = dict(zip(texts, of_first, strict=True))
    return {text: tuple(map(str, first or _later_examples(sold, text))) for text, first in found.items()}


def _later_examples(sold: SoldLines, text: str) -> list[str]:
    some = f"select {text} from lines where {text} is not null limit {SHOWN}"
    return sorted({str(example) for (example,) in sold.fetch_all(some)})
