"""Rows that are the parts of a bundle, whose price is in another row of their order as well."""

import re

from sources.meaning.asking import Question
from sources.meaning.drafts import Draft, Evidence
from sources.meaning.names import plain_name
from sources.meaning.undone import keep_settings
from sources.meaning.words import is_filled, is_one_of

OF_PARENT = re.compile(
    "parent(?:order|sales)?(?:line|item)+(?:id|no|nr|number|ref|key)?|parentid"
    "|(?:bundle|kit|set|combo)(?:parent|line|item)*(?:id|no|nr|number|ref)|bundled(?:by|in)|partof(?:bundle|set|kit)?"
    "|hauptposition|ubergeordneteposition"
)
KIND = re.compile("type|kind|role|level|tipo|art")
PART = re.compile(
    "(?i)(?:bundle|kit|set|combo)?[ _-]?(?:components?|child(?:ren)?|sub[ _-]?item|part of (?:bundle|set))"
    "|(?:bundled?|kit|set|combo)[ _-](?:item|product|line|part)|komponente|bestandteil|unterposition"
    "|composant|componente"
)


def ask_about_components(draft: Draft, evidence: Evidence) -> None:
    """Ask whether rows that name another row, or are called components, are in that row's price."""
    if draft.is_decided("keep"):
        return
    amount = evidence.number(draft.data["amount"]["field"])
    kinds = [draft.found_columns[each] for each in ("type", "category") if each in draft.found_columns]
    for column in [*kinds, *draft.unread(evidence.columns)]:
        name, text = plain_name(column.rpartition("[].")[2]), evidence.text(column)
        parts = (
            [] if not KIND.search(name) else [each for each in evidence.words(column) if PART.fullmatch(each)]
        )
        if not parts and not OF_PARENT.fullmatch(name):
            continue
        part = is_one_of(text, parts) if parts else is_filled(text)
        order = evidence.text(draft.data.get("order"))
        (orders,) = evidence.row("components", order=order, part=part, amount=amount)
        if orders:
            what = f"says {', '.join(parts)}" if parts else "is filled"
            shown = f"{column} {what} in rows beside others with amounts in {orders:,} orders"
            text = f"{shown}: are they parts of a bundle, and in its price?"
            draft.questions.append(Question.of(text, *keep_settings(draft, column, parts)))
            draft.found_columns.pop("type", None)
            return
