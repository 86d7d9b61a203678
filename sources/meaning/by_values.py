"""Find the columns of the fields that every mapping needs by their values, where no name tells."""

import re

from sources.meaning.asking import Question
from sources.meaning.drafts import Draft, Evidence, yaml_scalar
from sources.meaning.names import may_be_of_buyer, words_of
from sources.meaning.sides import ask_about_pair, paired_columns
from sources.meaning.spelled_times import MONTHS

EMAIL = r"^\s*[^@\s\[{]+@[^@\s]+\.[^@\s.]+\s*$"  # but not a list or map with an address in it
MONTH = rf"(?:{'|'.join(MONTHS)})[a-z]*"
DAY = (
    r"(?i)^\s*(?:\d{4}(?:[-/.]\d{1,2}[-/.]\d{1,2}|年\d{1,2}月\d{1,2}日)|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}"
    rf"|\d{{1,2}}[- ]{MONTH}[- ]\d{{2,4}}|{MONTH} ?\d{{1,2}}, ?\d{{4}})(?:\D|$)"
)
AMOUNT = r"^\D{0,5}\d[\d.,\x{27}\x{2019} \x{a0}\x{202f}]*[.,]\d{2}\D{0,5}$"
NUMBER = r"^\D{0,5}\d[\d.,\x{27}\x{2019} \x{a0}\x{202f}]*\D{0,5}$"
TOTAL = re.compile("total|amount|amt|gross|net|due|paid|revenue|sale|jumlah")
# As in SalesOrderID, and what an amount is divided by.
IDENTIFIERS = ("id", "no", "nr", "number", "num", "code", "key", "divisor")
MOST_OFFERED = 4
# In the name of a day that is not, or not mainly, the one of the sale.
OTHER_DAY = re.compile(
    "eta|due|deliver(?:y|ed)|expected|estimated|arrival|birth(?:day|date)?|dob|expiry|expires|updated"
)


def fill_in_by_values(draft: Draft, evidence: Evidence) -> dict[str, Question]:
    """Fill in a missing customer and time where only one column can be it; ask which of several it is.

    An amount is always asked for: a number with two decimals, or with a telling name, may be anything.
    """
    questions: dict[str, Question] = {}
    if draft.data.get("customer", {}).get("fields") == [""]:
        addresses = _matching_columns(EMAIL, draft, evidence)
        if len(addresses) == 1:
            _assign(draft, "customer", {"fields": addresses}, addresses[0], "e-mail addresses")
        elif addresses:
            questions["customer"] = _ask_which_column("customer", addresses, "customer.fields=[{}]")
        elif people := list(filter(may_be_of_buyer, _free_columns(draft, evidence))):
            questions["customer"] = _ask_which_column("customer", people, "customer.fields=[{}]")
    if not draft.data.get("time", {}).get("field"):
        days = _matching_columns(DAY, draft, evidence)
        if len(days) == 1 and not any(OTHER_DAY.fullmatch(word.lower()) for word in words_of(days[0])):
            _assign(draft, "time", {"field": days[0]}, days[0], "dates")
        elif days:
            questions["time"] = _ask_which_column("time", days, "time.field={}")
    if not draft.data.get("amount", {}).get("field") and (pair := paired_columns(evidence.columns)):
        questions["amount"] = ask_about_pair(*pair)
    elif not draft.data.get("amount", {}).get("field") and (amounts := _possible_amounts(draft, evidence)):
        questions["amount"] = _ask_which_amount(amounts, evidence)
    return questions


def _ask_which_amount(amounts: list[str], evidence: Evidence) -> Question:
    """Ask which column is the amount; one that lacks amounts which others have is at most a part of it."""
    if len(amounts) == 1:
        return _ask_which_column("amount", amounts, "amount.field={}")
    lacks = evidence.row("lacks_of_others", columns=", ".join(map(evidence.untrimmed, amounts)))
    whole = [column for column, is_part in zip(amounts, lacks, strict=True) if not is_part]
    named = f"is it {' or '.join(whole)}" if whole else f"is it one of {', '.join(amounts)}"
    text = f"no column is named like the amount: {named}? If it is the sum of several, add a column with it"
    columns = map(yaml_scalar, whole[:MOST_OFFERED] or ["Column"])
    return Question.of(f"{text}; else", *(f"amount.field={column}" for column in columns))


def _possible_amounts(draft: Draft, evidence: Evidence) -> list[str]:
    """Return the columns that may be the amount: those with a telling name first."""
    numbers = [column for column in _matching_columns(NUMBER, draft, evidence) if not _is_not_total(column)]
    return list(dict.fromkeys([*numbers, *_matching_columns(AMOUNT, draft, evidence)]))


def _assign(draft: Draft, field: str, data: dict[str, object], column: str, what: str) -> None:
    draft.data[field] = draft.data.get(field, {}) | data  # beside what the user set, such as time.zone
    draft.found_columns[field] = column
    draft.by_values.append(field)
    draft.notes.append(f"{column} is taken for the {field}, since it holds only {what}")


def _ask_which_column(field: str, columns: list[str], setting: str) -> Question:
    options = (setting.format(yaml_scalar(column)) for column in columns[:MOST_OFFERED])
    return Question.of(f"no column is named like the {field}: is it {' or '.join(columns)}?", *options)


def _is_not_total(column: str) -> bool:
    *_, last = words_of(column) or [""]
    return not TOTAL.search(column.lower()) or last.lower() in IDENTIFIERS


def _free_columns(draft: Draft, evidence: Evidence) -> list[str]:
    return [column for column in evidence.columns if column not in draft.found_columns.values()]


def _matching_columns(pattern: str, draft: Draft, evidence: Evidence) -> list[str]:
    """Return the columns that no field has by its name, and whose first texts all match."""
    free = _free_columns(draft, evidence)
    if not free:
        return []
    matches = evidence.row("all_match", columns=", ".join(map(evidence.untrimmed, free)), pattern=pattern)
    return [column for column, is_match in zip(free, matches, strict=True) if is_match]
