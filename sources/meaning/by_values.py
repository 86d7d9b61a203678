"""Find the columns of the fields that every mapping needs by their values, where no name tells."""

import re

from sources.meaning.asking import Question
from sources.meaning.drafts import Draft, Evidence, yaml_scalar
from sources.meaning.times import MONTHS

EMAIL = r"^\s*[^@\s]+@[^@\s]+\.[^@\s.]+\s*$"
DAY = (
    r"(?i)^\s*(?:\d{4}(?:[-/.]\d{1,2}[-/.]\d{1,2}|年\d{1,2}月\d{1,2}日)|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}"
    rf"|\d{{1,2}}[- ](?:{MONTHS})[a-z]*[- ]\d{{2,4}}|(?:{MONTHS})[a-z]* ?\d{{1,2}}, ?\d{{4}})(?:\D|$)"
)
AMOUNT = r"^\D{0,5}\d[\d.,\x{27}\x{2019} \x{a0}\x{202f}]*[.,]\d{2}\D{0,5}$"
TOTAL = re.compile("total|amount|amt|gross|net|due|paid|revenue|sale")
MOST_OFFERED = 4


def fill_in_by_values(draft: Draft, evidence: Evidence) -> dict[str, Question]:
    """Fill in a missing customer and time where only one column can be it; ask which of several it is.

    An amount is always asked for: a number with two decimals may be anything.
    """
    questions: dict[str, Question] = {}
    if draft.data.get("customer", {}).get("fields") == [""]:
        email_columns = _matching_columns(EMAIL, draft, evidence)
        _assign_only_column(draft, "customer", {"fields": email_columns}, email_columns, "e-mail addresses")
        if len(email_columns) > 1:
            questions["customer"] = _ask_which_column("customer", email_columns, "customer.fields=[{}]")
    if not draft.data.get("time", {}).get("field"):
        day_columns = _matching_columns(DAY, draft, evidence)
        _assign_only_column(
            draft, "time", {"field": day_columns[0] if day_columns else ""}, day_columns, "dates"
        )
        if len(day_columns) > 1:
            questions["time"] = _ask_which_column("time", day_columns, "time.field={}")
    is_priced = draft.data.get("amount", {}).get("field")
    if not is_priced and (amounts := sorted(_matching_columns(AMOUNT, draft, evidence), key=_is_not_total)):
        questions["amount"] = _ask_which_column("amount", amounts, "amount.field={}")
    return questions


def _assign_only_column(
    draft: Draft, field: str, data: dict[str, object], columns: list[str], what: str
) -> None:
    if len(columns) == 1:
        draft.data[field], draft.found_columns[field] = data, columns[0]
        draft.by_values.append(field)
        draft.notes.append(f"{columns[0]} is taken for the {field}, since it holds only {what}")


def _ask_which_column(field: str, columns: list[str], setting: str) -> Question:
    options = (setting.format(yaml_scalar(column)) for column in columns[:MOST_OFFERED])
    return Question.of(f"no column is named like the {field}: is it {' or '.join(columns)}?", *options)


def _is_not_total(column: str) -> bool:
    return not TOTAL.search(column.lower())


def _matching_columns(pattern: str, draft: Draft, evidence: Evidence) -> list[str]:
    """Return the columns that no field has by its name, and whose first texts all match."""
    free = [column for column in evidence.columns if column not in draft.found_columns.values()]
    if not free:
        return []
    matches = evidence.row("all_match", columns=", ".join(map(evidence.untrimmed, free)), pattern=pattern)
    return [column for column, is_match in zip(free, matches, strict=True) if is_match]
