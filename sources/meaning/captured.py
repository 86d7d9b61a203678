"""Amounts of which only a part was captured or paid, as payment interfaces tell beside the authorised one."""

import re

from sources.meaning.asking import Question
from sources.meaning.drafts import Draft, Evidence, yaml_scalar
from sources.meaning.items import name_of_money
from sources.meaning.names import plain_name
from sources.meaning.undone import count_in_full

CAPTURED_NAME = re.compile(
    r"(?:total|amount|money|payment|value|sum)*(?:captured|received|settled|collected|paid)"
    r"(?:amount|total|money|value|sum)*"
)
FLAGS = ("captured", "received", "settled", "collected", "paid")  # more often a flag or a time


def ask_about_captured(draft: Draft, evidence: Evidence) -> None:
    """Ask which amount counts if less was captured, beyond what was refunded, than the amount says."""
    amount = draft.data["amount"]["field"]
    if draft.is_decided("amount.field") or draft.data.get("items"):
        return
    refunded = draft.data.get("returns", {}).get("refunded", {}).get("field")
    kept = f"{evidence.number(amount)} - coalesce({evidence.number(refunded)}, 0)"
    for column in draft.unread(evidence.columns):
        name = plain_name(name_of_money(column))
        captured = evidence.number(column)
        if not CAPTURED_NAME.fullmatch(name) or (name in FLAGS and not _is_money(evidence, captured, kept)):
            continue
        if rows := count_in_full(draft, evidence, f"{captured} >= 0 and {captured} < {kept}"):
            text = f"{column} is less than {amount} in {rows:,} rows, and is not used: which was paid?"
            settings = (f"amount.field={yaml_scalar(each)}" for each in (column, amount))
            draft.questions.append(Question.of(text, *settings))
            return


def _is_money(evidence: Evidence, captured: str, kept: str) -> bool:
    """Return whether numbers are amounts of what was paid, in full in some row, and no marks or times."""
    (is_money,) = evidence.row("any_match", condition=f"{captured} > 1 and {captured} = {kept}")
    return bool(is_money)
