"""Amounts in thousands or millions, as reports have them: read as written, they would be too small."""

import re
from collections.abc import Iterable

from sources.meaning.asking import Question
from sources.meaning.drafts import Draft, Evidence, yaml_scalar

_UNITS = (
    "teur|tusd|tgbp|tchf|t€|t\\$|t£|keur|kusd|kgbp|kchf|k€|k\\$|k£|€k|\\$k|£k|meur|musd|m€|€m|\\$m|£m"
    "|tkr|mkr|mio|mln"
)
_WORDS = (
    r"thousands?|tausend|tsd|milliers|miles|migliaia|duizend(?:en)?|tys|tis|tusen|тыс|тис|mill?ion(?:s|en|es|i)?"
    "|miljoen|млн|millones|milhões|milhares"
)
_ASIAN = "千円|百万円|万円|万元|千元|천원|만원"
NAMED = re.compile(rf"(?i)(?<![^\W_])(?:{_UNITS}|{_WORDS}|'?000'?s?)(?![^\W_])|{_ASIAN}")
SAID = re.compile(
    rf"(?i)(?<![^\W_])(?:{_UNITS}|(?:in|en|em|w|v|i|в)\s+(?:{_WORDS}))(?![^\W_])|\('?000'?s?\)|{_ASIAN}"
)


def lines_of_thousands(lines: Iterable[str]) -> list[str]:
    """Return the lines that say that amounts are in thousands or millions."""
    return [line for line in lines if SAID.search(line)]


def refuse_thousands(draft: Draft, _: Evidence) -> None:
    """Refuse amounts whose name says thousands; ask about those below a line that does."""
    amount = draft.data["amount"]["field"]
    advice = "write them in full into the file"
    if found := NAMED.search(amount):
        draft.questions.append(Question.of(f"{amount} is in thousands or millions ({found[0]}): {advice}"))
    elif draft.thousands and not draft.is_decided("amount.field"):
        said = f"a line above the header row says {draft.thousands[0]!r}"
        text = f"{said}: are the amounts in thousands? Then {advice}; if not"
        draft.questions.append(Question.of(text, f"amount.field={yaml_scalar(amount)}"))
