"""Amounts beside which another column has the same with tax."""

from collections.abc import Sequence

from sources.meaning.asking import Question
from sources.meaning.drafts import Draft, Evidence, yaml_scalar
from sources.meaning.names import words_of

_WITH = "incl including inc inclusive with inkl inklusive brutto ttc incluido incluso incluida"
_TAX = "tax taxes taxed vat gst mwst ust ttc iva tva btw moms mva dph kdv"
WITH, TAX = frozenset(_WITH.split()), frozenset(_TAX.split())


def ask_about_tax(draft: Draft, evidence: Evidence) -> None:
    """Ask which amount was paid if a column that is named like it, with tax, has more."""
    amount = draft.data["amount"]["field"]
    if draft.is_decided("amount.field"):
        return
    for column in draft.unread(evidence.columns):
        if not _is_with_tax(_words(column), _words(amount)):
            continue
        has_more = f"abs({evidence.number(column)}) > abs({evidence.number(amount)})"
        if any(evidence.row("any_match", condition=has_more)):
            text = f"{column} is more than {amount}, and is not used: which was paid?"
            settings = (f"amount.field={yaml_scalar(each)}" for each in (column, amount))
            draft.questions.append(Question.of(text, *settings))
            return


def _is_with_tax(words: Sequence[str], of_amount: Sequence[str]) -> bool:
    more = [word for word in words if word not in of_amount]
    return bool(WITH.intersection(more)) and set(more) <= WITH | TAX and set(of_amount) <= set(words)


def _words(column: str) -> list[str]:
    return [word.lower() for word in words_of(column)]
