"""Columns that the mapping does not read, and that mark some sales as cancelled, failed or returned.

Left unread, they let such sales count in full; which column is right is for the user to say.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice

from sources.meaning.asking import Question
from sources.meaning.drafts import Draft, Evidence, listed, word
from sources.meaning.names import plain
from sources.meaning.words import STATUS, is_one_of, plain_sql

FEWEST_WORDS_OF_PROSE = 12  # as many as Evidence.words returns: a status has fewer, and remarks have more
# A dot stands for a letter that may have an accent.
CANCELLED = r"(?:cancel|storn|annul|anul|void|geannul|avbr|avbest|makul|zru.|キャンセル|已?取消)\pL*"
FAILED = r"(?:fail(?:ed|ure)?|declin(?:ed)?|denied|reject(?:ed)?|expired|unpaid|no[ _-]?show|abandoned)"
WENT_BACK = (  # but not "returning" (customers), nor "refundable"
    r"(?:(?:refund|return)(?:ed|s)?|reso|(?:chargeback|reembols|rembours|rimbors|devol|devuelt|erstatt"
    r"|r.ckerstatt|zur.ck|retour|terugbetaald|.terbetal|zwrot|zwr.c|vr.cen"
    r"|返金|返品|已?退[款货])\pL*)"
)
SAYS_SO = (
    r"(?i)^\s*(?:(?:fully|partially|partly|order|payment|wc)[ _-])?"
    rf"(?:{CANCELLED}|{FAILED}|{WENT_BACK})(?:\PL|$)"
)
NAMED = re.compile(
    r"(?:is|was|has|date|order|total|partial|fully|qty|quantity|units|items)*"
    r"(?:(?P<cancelled>cancel(?:l?ed|l?ation)?|void(?:ed)?|deleted?|storno|storniert|annulled)"
    r"|refund(?:ed|s)?|return(?:ed|s)?|chargeback)"
    r"(?:at|on|date|time|timestamp|flag|reason|amount|total|qty|quantity|units|items)*"
)
PIECES = re.compile("qty|quantity|units|items")
SETTLED = re.compile(
    r"(?:is|was|has|order|payment)*(?:paid|completed?|captured|confirmed|success(?:ful)?|valid|livemode)(?:flag)?"
)
TEST = re.compile("(?:is|was)?test(?:order|mode|transaction|sale)?(?:flag)?")
YES = ("1", "1.0", "true", "t", "yes", "y", "ja", "oui", "si", "sí", "x")
NO = ("0", "0.0", "0.00", "0,00", "false", "f", "no", "n", "nein", "non", "none", "null", "-")


@dataclass(frozen=True)
class _Column:
    """A column, how many of its rows mark a sale as undone, its few words, and whether it holds amounts."""

    name: str
    rows: int
    words: list[str]
    is_number: bool = False


def decide_undone(made: Draft, evidence: Evidence) -> None:
    """Ask about an unread column that marks sales counted in full as cancelled or returned."""
    unread = made.unread(evidence.columns)
    named = list(_by_name(made, evidence, unread))
    asked = [_what_was_refunded(column) for column in named if column.is_number]
    made.questions += [] if made.is_decided("returns") else asked[:1]
    if not made.is_decided("keep"):
        made.questions += islice(_unsettled(made, evidence, unread), 1)
    if made.is_decided("status") or made.is_decided("keep"):
        return
    status = made.found.get("status")
    says_so = (_which_status(column, status) for column in _by_words(made, evidence, unread))
    is_so = (_what_it_means(column, status) for column in named if not column.is_number)
    made.questions += islice(chain(says_so, is_so), 1)


def _by_words(made: Draft, evidence: Evidence, unread: list[str]) -> Iterator[_Column]:
    if not unread:
        return
    shown = ", ".join(evidence.written(column) for column in unread)
    told = evidence.row("says_undone", columns=shown, pattern=SAYS_SO)
    for column in (column for column, is_told in zip(unread, told, strict=True) if is_told):
        words = evidence.words(column)
        says_so = f"regexp_matches({evidence.text(column)}, '{SAYS_SO}')"
        rows = _in_full(made, evidence, says_so)
        if rows and len(words) < FEWEST_WORDS_OF_PROSE:
            yield _Column(column, rows, words)


def _by_name(made: Draft, evidence: Evidence, unread: list[str]) -> Iterator[_Column]:
    for column in unread:
        found = NAMED.fullmatch(plain(column))
        if found is None or ("refunded" in made.found and not found["cancelled"]):
            continue
        text = evidence.text(column)
        rows = _in_full(made, evidence, f"{text} is not null and not {is_one_of(text, NO)}")
        (largest,) = evidence.row("largest", number=evidence.number(column))
        if rows:
            is_counted = largest is not None and (largest != 1 or PIECES.search(plain(column)))
            is_amount = bool(is_counted and not found["cancelled"])
            yield _Column(column, rows, evidence.words(column), is_amount)


def _unsettled(made: Draft, evidence: Evidence, unread: list[str]) -> Iterator[Question]:
    """Ask about flags that say that some sales did not come about, or were only a test."""
    for column in unread:
        is_test = TEST.fullmatch(plain(column))
        if not (is_test or SETTLED.fullmatch(plain(column))):
            continue
        words = evidence.words(column)
        yes, no = ([each for each in words if each.lower() in wanted] for wanted in (YES, NO))
        bad = yes if is_test else no
        if not bad or len(yes) + len(no) < len(words) or (no and not yes):
            continue
        if rows := _in_full(made, evidence, is_one_of(evidence.text(column), YES if is_test else NO)):
            asked = f"{column} says {', '.join(bad)} in {rows:,} rows, and is not used: were these not sold?"
            settled = f"keep=[{{field: {word(column)}, words: {listed(bad)}, unless: true}}]"
            yield Question.of(asked, settled, "keep=[]")


def _in_full(made: Draft, evidence: Evidence, says_so: str) -> int:
    """Return how many rows meet a condition and count in full, by their status or for lack of one.

    If the user said what statuses mean, any row may.
    """
    status = evidence.text(made.found.get("status"))
    counted = is_one_of(plain_sql(status), STATUS["completed"])
    completed = "true" if made.is_decided("status") else counted
    (rows,) = evidence.row("in_full", undone=says_so, status=status, completed=completed)
    return int(rows)


def _which_status(column: _Column, status: str | None) -> Question:
    beside = f"; {status} says that they were sold" if status else ""
    asked = f"{column.name} says {', '.join(column.words)} ({column.rows:,} rows{beside}): is it the status?"
    return Question.of(asked, f"status.field={word(column.name)}", _as_it_is(status))


def _what_was_refunded(column: _Column) -> Question:
    where = f"{column.name} is not 0 in {column.rows:,} rows"
    if PIECES.search(plain(column.name)):
        asked = f"{where}, but pieces cannot be deducted from an amount: which column has what was refunded?"
        return Question.of(asked, "returns.refunded.field=Column", "returns=null")
    asked = f"{where}, and is not used: is it what was refunded?"
    return Question.of(asked, f"returns.refunded.field={word(column.name)}", "returns=null")


def _what_it_means(column: _Column, status: str | None) -> Question:
    found = NAMED.fullmatch(plain(column.name))
    became = "cancelled" if found and found["cancelled"] else "refunded"
    no = [each for each in column.words if each.lower() in NO]
    words = f", words: {{completed: {listed(no)}}}" if no else ""
    asked = f"{column.name} is filled in {column.rows:,} rows, and is not used: were these {became}?"
    settled = f"status={{field: {word(column.name)}{words}, default: {became}, blank: completed}}"
    return Question.of(asked, settled, _as_it_is(status))


def _as_it_is(status: str | None) -> str:
    return f"status.field={word(status)}" if status else "status=null"
