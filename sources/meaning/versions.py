"""Rows that are versions of one order, such as those of a history table: each would count."""

import re

from sources.meaning.asking import Question
from sources.meaning.drafts import Draft, Evidence
from sources.meaning.names import key_name

NAME = re.compile(
    "(?:order|invoice|row|record|doc|document)?(?:version|revision|rev)(?:no|nr|number|num|id)?"
    "|(?:dbt|effective|valid|start|row)*valid(?:from|to|until)|effective(?:from|to|start|end)(?:date)?"
    "|gultig(?:ab|bis)|superseded(?:at|on)"
)
LAST = ("row=order", "unique_order=last", "amount.means=order_total")


def ask_about_versions(draft: Draft, evidence: Evidence) -> None:
    """Ask whether rows of one order whose version differs are that order, as it was and as it is."""
    order, means = draft.data.get("order"), draft.data["amount"]["means"]
    is_asked = any(LAST in question.options for question in draft.questions)
    if not order or is_asked or any(map(draft.is_decided, ("unique_order", "amount.means", "row"))):
        return
    product = evidence.text(draft.data.get("product"))
    for column in draft.unread(evidence.columns):
        if not NAME.fullmatch(key_name(column)):
            continue
        version = f"coalesce({evidence.text(column)}, '')"
        orders, differing = evidence.row(
            "several_states", order=evidence.text(order), status=version, product=product
        )
        if differing and differing > orders / 2:
            text = (
                f"{column} differs between the rows of {differing:,} orders: are they versions of one order?"
            )
            draft.questions.append(Question.of(text, LAST, f"amount.means={means}"))
            return
