"""Decide in which currency the amounts are: by a column, by signs beside them, or by their name."""

from sources.meaning.asking import Question
from sources.meaning.currencies import CODES
from sources.meaning.drafts import Draft, Evidence, word
from sources.meaning.names import spelled_out, words_of
from sources.meaning.words import MONEY_SIGNS, SEVERAL

COMMON = ("AUD", "CAD", "CHF", "DKK", "EUR", "GBP", "INR", "JPY", "NOK", "PLN", "SEK", "USD")


def decide_currency(made: Draft, evidence: Evidence) -> None:
    """A column of codes or signs in the amounts decide the currency; without any, it is EUR, with a note."""
    if made.data.get("currency", {}).get("field") or made.is_decided("currency"):
        return
    if columns := _columns_of_codes(made, evidence):
        _take_codes(made, columns)
        return
    column = made.data["amount"]["field"]
    twins = [each for each in evidence.columns if spelled_out(each) == spelled_out(column)]
    if len(twins) > 1 and not made.is_decided("amount.field"):
        asked = f"{', '.join(twins)} differ in their currencies: which is the amount?"
        made.questions.append(Question.of(asked, *(f"amount.field={word(each)}" for each in twins)))
    (signs,) = evidence.row("money_signs", text=evidence.text(column))
    signs = signs or _signs_of(column)
    codes = {MONEY_SIGNS.get(sign, sign) for sign in signs}
    if not codes <= CODES or len(codes) > 1:
        asked = f"the amounts are written with {', '.join(sorted(signs))}: which currency is it?"
        known = sorted(codes & CODES) + [code for sign in signs for code in SEVERAL.get(sign, ())]
        made.questions.append(Question.of(asked, *(f"currency.default={each}" for each in known or ["SEK"])))
    elif codes:
        (code,) = codes
        made.data["currency"] = {"default": code}
        other = "CAD" if code != "CAD" else "USD"
        told = (
            f"the amounts are written with {signs[0]}: {code} is assumed; to change it, "
            f"--set currency.default={other}"
        )
        (made.warnings if signs[0] == "$" else made.notes).append(told)
    elif not made.data.get("currency"):
        made.data["currency"] = {"default": "EUR"}
        made.notes.append("no currency is given: EUR is assumed; to change it, --set currency.default=GBP")


def _signs_of(column: str) -> list[str]:
    """Return the sign or code of a currency in an amount's name, such as Total ($) or price_eur."""
    codes = [
        word.upper()
        for word in words_of(column)
        if word in CODES or (word.islower() and word.upper() in COMMON)
    ]
    return codes or [sign for sign in sorted(MONEY_SIGNS | SEVERAL, key=len)[::-1] if sign in column][:1]


def _columns_of_codes(made: Draft, evidence: Evidence) -> list[str]:
    """Return the unread columns whose texts are all codes of currencies."""
    if not (unread := made.unread(evidence.columns)):
        return []
    last = evidence.row("three_letters", columns=", ".join(map(evidence.written, unread)))
    likely = (column for column, text in zip(unread, last, strict=True) if text and text.upper() in CODES)
    return [column for column in likely if CODES.issuperset(map(str.upper, evidence.words(column)))]


def _take_codes(made: Draft, columns: list[str]) -> None:
    """Take the only column of codes; ask which of several is that of the amount."""
    if len(columns) > 1:
        asked = f"{', '.join(columns)} are currencies: which is that of {made.data['amount']['field']}?"
        made.questions.append(Question.of(asked, *(f"currency.field={word(column)}" for column in columns)))
        return
    made.data["currency"] = {"field": columns[0]}
    made.notes.append(
        f"{columns[0]} is taken for the currency, since it holds only codes of currencies; otherwise "
        "--set currency.default=EUR"
    )
