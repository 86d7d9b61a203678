"""Find the columns of the fields that every mapping needs by their values, where no name tells."""

import re

from sources.meaning.asking import Question
from sources.meaning.drafts import Draft, Evidence, word
from sources.meaning.times import MONTHS

EMAIL = r"^\s*[^@\s]+@[^@\s]+\.[^@\s.]+\s*$"
DAY = (
    r"(?i)^\s*(?:\d{4}(?:[-/.]\d{1,2}[-/.]\d{1,2}|年\d{1,2}月\d{1,2}日)|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}"
    rf"|\d{{1,2}}[- ](?:{MONTHS})[a-z]*[- ]\d{{2,4}}|(?:{MONTHS})[a-z]* ?\d{{1,2}}, ?\d{{4}})(?:\D|$)"
)
AMOUNT = r"^\D{0,5}\d[\d.,\x{27}\x{2019} \x{a0}\x{202f}]*[.,]\d{2}\D{0,5}$"
TOTAL = re.compile("total|amount|amt|gross|net|due|paid|revenue|sale")
MOST_OFFERED = 4


def fill_in(made: Draft, evidence: Evidence) -> dict[str, Question]:
    """Fill in a missing customer and time where only one column can be it; ask which of several it is.

    An amount is always asked for: a number with two decimals may be anything.
    """
    asked: dict[str, Question] = {}
    if made.data.get("customer", {}).get("fields") == [""]:
        people = _matching(EMAIL, made, evidence)
        _take(made, "customer", {"fields": people}, people, "e-mail addresses")
        if len(people) > 1:
            asked["customer"] = _which("customer", people, "customer.fields=[{}]")
    if not made.data.get("time", {}).get("field"):
        days = _matching(DAY, made, evidence)
        _take(made, "time", {"field": days[0] if days else ""}, days, "dates")
        if len(days) > 1:
            asked["time"] = _which("time", days, "time.field={}")
    is_priced = made.data.get("amount", {}).get("field")
    if not is_priced and (amounts := sorted(_matching(AMOUNT, made, evidence), key=_unlike_a_total)):
        asked["amount"] = _which("amount", amounts, "amount.field={}")
    return asked


def _take(made: Draft, field: str, data: dict[str, object], columns: list[str], what: str) -> None:
    if len(columns) == 1:
        made.data[field], made.found[field] = data, columns[0]
        made.by_values.append(field)
        made.notes.append(f"{columns[0]} is taken for the {field}, since it holds only {what}")


def _which(field: str, columns: list[str], setting: str) -> Question:
    options = (setting.format(word(column)) for column in columns[:MOST_OFFERED])
    return Question.of(f"no column is named like the {field}: is it {' or '.join(columns)}?", *options)


def _unlike_a_total(column: str) -> bool:
    return not TOTAL.search(column.lower())


def _matching(pattern: str, made: Draft, evidence: Evidence) -> list[str]:
    """Return the columns that no field has by its name, and whose first texts all match."""
    free = [column for column in evidence.columns if column not in made.found.values()]
    if not free:
        return []
    matches = evidence.row("all_match", columns=", ".join(map(evidence.written, free)), pattern=pattern)
    return [column for column, is_match in zip(free, matches, strict=True) if is_match]
