"""How a source was interpreted, as a page of 80 columns."""

import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from sources.meaning.asking import Question
from sources.meaning.figures import FieldSummary, Figures

WIDTH = 80
COLUMNS = (22, 20, 12)  # widths of field, column and how it was found; examples get the rest
MOST_STATUSES = 8
# What is counted in notes, warnings, questions and figures, but not as in: 1 of 1 orders.
ONE = re.compile(
    r"(?<!\d of )(?<![\w.,'\"-])1 ((?:phone |order |customer )?(?:amount|customer|date|day|discount|document"
    r"|id|line|name|number|order|product|row|sale|value))s\b"
    r"(?: (are|come|contain|cost|differ|exceed|have)\b)?"
)
IRREGULAR = {"are": "is", "have": "has"}


def render_page(
    title: str,
    fields: Sequence[FieldSummary],
    figures: Figures | None,
    notes: Sequence[str],
    warnings: Sequence[str],
    questions: Sequence[Question],
) -> str:
    """Return the report: the fields, the figures, notes, warnings and questions."""
    parts = [
        [_truncate(title, WIDTH)],
        list(_field_lines(fields)),
        list(_figure_lines(figures)) if figures else [],
    ]
    asked = [replace(question, text=in_singular(question.text)) for question in questions]
    told = (("note", map(in_singular, notes)), ("warning", map(in_singular, warnings)), ("undecided", asked))
    for mark, texts in told:
        parts.append([line for text in texts for line in _wrap(f"{mark}: {text}")])
    return "\n\n".join("\n".join(part) for part in parts if part)


def in_singular(text: str) -> str:
    """Return a text with the singular after each 1: 1 row has."""
    return ONE.sub(lambda found: f"1 {found[1]}{_singular_verb(found[2])}", text)


def _singular_verb(verb: str | None) -> str:
    return f" {IRREGULAR.get(verb, f'{verb}s')}" if verb else ""


def _field_lines(fields: Sequence[FieldSummary]) -> Iterator[str]:
    if fields:
        yield _format_row("field", "column", "found", "examples")
        for each in fields:
            yield _format_row(each.field, each.column, each.how, " · ".join(each.examples))


def _format_row(field: str, column: str, how: str, examples: str) -> str:
    cells = zip((field, column, how), COLUMNS, strict=True)
    fixed = "".join(f"{_truncate(text, width - 1):<{width}}" for text, width in cells)
    return (fixed + _truncate(examples, WIDTH - len(fixed))).rstrip()


def plain(text: str) -> str:
    """Return a text with a blank for each character that a terminal would interpret."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _truncate(text: str, width: int) -> str:
    shown = plain(text)
    return shown if len(shown) <= width else shown[: width - 1] + "…"


def _figure_lines(figures: Figures) -> Iterator[str]:
    aside, out = sum(figures.set_aside.values()), sum(figures.left_out.values())
    undecided = f" + {figures.unread:,} undecided" if figures.unread else ""
    counted = f"{figures.rows:,} rows = {figures.lines:,} lines + {aside:,} rejected + {out:,} left out"
    yield from _wrap(in_singular(f"{counted}{undecided}"))
    if figures.left_out:
        yield from _wrap("left out: " + _join_counts(figures.left_out.items()))
    if figures.set_aside:
        yield from _wrap("rejected: " + _join_counts(figures.set_aside.items()))
    days = f", {figures.first} to {figures.last} ({figures.zone})" if figures.first else ""
    yield from _wrap(in_singular(f"{figures.orders:,} orders of {figures.customers:,} customers{days}"))
    for currency, money in figures.money.items():
        average = f", average order {money.revenue / money.orders:,.2f}" if money.orders else ""
        yield from _wrap(f"{currency}: revenue {money.revenue:,.2f}{average}; refunded {money.refunded:,.2f}")
    if figures.statuses:
        words = [
            f"{_truncate(word, 30)} → {status} {n:,}" for word, status, n in figures.statuses[:MOST_STATUSES]
        ]
        more = len(figures.statuses) - MOST_STATUSES
        yield from _wrap("status: " + ", ".join(words) + (f", {more} more" if more > 0 else ""))


def _join_counts(counts: Iterable[tuple[str, int]]) -> str:
    return ", ".join(f"{reason} {count:,}" for reason, count in counts)


def _wrap(text: str) -> list[str]:
    return textwrap.wrap(plain(text), WIDTH, subsequent_indent="  ", break_on_hyphens=False) or [""]
