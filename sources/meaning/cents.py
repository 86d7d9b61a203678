"""Ask whether whole amounts are cents, as in many interfaces of payments and copies of what they return."""

import re

from sources.meaning.asking import Question
from sources.meaning.currencies import NO_MINOR_UNITS
from sources.meaning.drafts import Draft, Evidence
from sources.meaning.names import OUTER, plain_name

DECIMAL_SIGN = re.compile("[.,]")
CAPTURED = re.compile("(?:total)?(?:amountcaptured|capturedamount)")
LEAST = 100  # of the largest amount


def ask_about_cents(draft: Draft, evidence: Evidence) -> None:
    """Ask about whole amounts that are written as such interfaces write them.

    Their currencies are in lower case, their times numbers, their amounts in a map with the currency, or
    what was captured is beside them.
    """
    amount, currency = draft.data["amount"], draft.data.get("currency", {}).get("field")
    if amount.get("minor_units") or draft.is_decided("amount.minor_units"):
        return
    is_whole, largest = evidence.row("whole_numbers", number=evidence.number(amount["field"]))
    if not is_whole or largest < LEAST or any(map(DECIMAL_SIGN.search, evidence.words(amount["field"]))):
        return
    codes = evidence.words(currency) if currency else []
    if codes and all(code.upper() in NO_MINOR_UNITS for code in codes):
        return
    if signs := _signs_of_an_interface(draft, evidence, codes):
        text = (
            f"all amounts in {amount['field']} are whole, up to {largest:,.0f}, and {signs}: are they cents?"
        )
        draft.questions.append(Question.of(text, "amount.minor_units=true", "amount.minor_units=false"))


def _signs_of_an_interface(draft: Draft, evidence: Evidence, codes: list[str]) -> str | None:
    field, currency = draft.data["amount"]["field"], draft.data.get("currency", {}).get("field") or ""
    within = field.rpartition(".")[0]
    if within and currency.rpartition(".")[0] == within and not OUTER.fullmatch(f"{within}."):
        return f"in a map with {currency}"
    if codes and all(code.islower() for code in codes):
        return f"{currency} is in lower case"
    times = evidence.words(draft.data["time"]["field"])
    if times and all(text.isdigit() and len(text) >= 10 for text in times):
        return "times are numbers"
    captured = (each for each in evidence.columns if CAPTURED.fullmatch(plain_name(each)))
    return next((f"beside {column}" for column in captured), None)
