"""Decide in which currency the amounts are: by a column, by signs beside them, or by their name."""

import re
from collections.abc import Collection
from copy import deepcopy

from sources.files.raw import RawFiles
from sources.files.typed_values import TYPE
from sources.mapping import Mapping, presets
from sources.meaning.asking import Question
from sources.meaning.currencies import CODES
from sources.meaning.drafts import Draft, Evidence, yaml_scalar
from sources.meaning.names import PARTS_OF_MONEY, plain_name, words_of
from sources.meaning.texts import Layout
from sources.meaning.words import AMBIGUOUS_SIGNS, MONEY_SIGN, MONEY_SIGNS

SIGN_IN_NAME = re.compile(r"[^\W\d_]*\$|[^\W\d_]+/?|[^\w\s]")
HIGH = 10_000  # for half of all amounts, which in euros would be rare
OF_HIGH_AMOUNTS = ("EUR", "IDR", "VND", "KRW", "JPY")
TOMAN = re.compile("(?i)toman|تومان|تومن|^irt$")  # ten rials, in which most shops of Iran have their prices
RATE_OF_EXCHANGE = re.compile(
    "(?:currency)?(?:exchange|fx|conversion|currency)rate|exchrate|(?:wechsel|umrechnungs)kurs|tauxdechange"
    "|tipo(?:de)?cambio|taxadecambio|(?:tassodi)?cambio|wisselkoers|kurswymiany"
)
COMMON = ("AUD", "CAD", "CHF", "DKK", "EUR", "GBP", "INR", "JPY", "NOK", "PLN", "SEK", "USD")


def decide_currency(draft: Draft, evidence: Evidence) -> None:
    """A column of codes or signs in the amounts decide the currency; without any, it is EUR, with a note."""
    if draft.is_decided("currency"):
        return
    if column := _currency_of_map(draft, evidence):
        draft.data["currency"] = {"field": column}
    elif draft.data.get("currency", {}).get("field"):
        return
    elif columns := _columns_of_codes(draft, evidence):
        _use_column_of_codes(draft, columns)
    else:
        _decide_by_signs(draft, evidence)


def refuse_toman(draft: Draft, evidence: Evidence) -> None:
    """Refuse amounts in toman, which has no code of its own: as rials they would be a tenth."""
    amount, currency = draft.data["amount"]["field"], draft.data.get("currency", {}).get("field")
    texts = [amount, *evidence.words(amount), *(evidence.words(currency) if currency else [])]
    if any(map(TOMAN.search, texts)):
        text = "the amounts are in toman, 10 rials each: multiply them by 10 in the file, and call them IRR"
        draft.questions.append(Question.of(text))
        draft.data.setdefault("currency", {"default": "IRR"})


def _decide_by_signs(draft: Draft, evidence: Evidence) -> None:
    """Take the one currency that stands beside the amounts, in their name, format or above the table."""
    column = draft.data["amount"]["field"]
    told = [each for each in draft.currencies if each.column in (None, column)]
    where = " and ".join(dict.fromkeys(each.where for each in told))
    written = signs_beside(evidence, evidence.text(column)) or _signs_in_name(column)
    signs = list(dict.fromkeys([*written, *(each.sign for each in told)]))
    codes = {MONEY_SIGNS.get(sign, sign) for sign in signs}
    if told and len(codes) > 1:
        draft.questions.append(_ask_about_several(codes, where))
    elif not codes <= CODES or len(codes) > 1:
        text = f"the amounts are written with {', '.join(sorted(signs))}: which currency is it?"
        known = sorted(codes & CODES) + [code for sign in signs for code in AMBIGUOUS_SIGNS.get(sign, ())]
        draft.questions.append(Question.of(text, *(f"currency.default={each}" for each in known or ["USD"])))
    elif codes:
        how = f"are in {signs[0]} {where}" if told else f"are written with {signs[0]}"
        _assume(draft, codes.pop(), signs[0], how)
    elif not draft.data.get("currency"):
        _assume_euros(draft, evidence)


def codes_of_amounts(draft: Draft, evidence: Evidence) -> set[str]:
    """Return the codes of the currencies that the amounts are said to be in; EUR if nothing says so."""
    trial = deepcopy(draft)
    trial.data["currency"] = trial.data.get("currency") or {"default": "EUR"}
    decide_currency(trial, evidence)
    currency = trial.data["currency"]
    told = evidence.words(currency["field"]) if currency.get("field") else []
    return {word.upper() for word in [*told, *filter(None, [currency.get("default")])]}


def _assume_euros(draft: Draft, evidence: Evidence) -> None:
    """Assume euros with a note, unless the amounts are as high as in currencies of small units."""
    column = draft.data["amount"]["field"]
    is_whole, half = evidence.row("half_of_amounts", number=evidence.number(column))
    if is_whole and half and half >= HIGH and not draft.data["amount"].get("minor_units"):
        text = (
            f"no currency is given, and half of the amounts in {column} are {half:,.0f} or more: which is it?"
        )
        draft.questions.append(Question.of(text, *(f"currency.default={code}" for code in OF_HIGH_AMOUNTS)))
    elif rates := _rates_of_exchange(draft, evidence):
        text = f"{rates} differs, but no column has the currency: are the amounts in several? Then add one"
        draft.questions.append(Question.of(f"{text}; if not", "currency.default=EUR"))
    else:
        draft.data["currency"] = {"default": "EUR"}
        draft.notes.append("no currency is given: EUR is assumed; to change it, --set currency.default=GBP")


def _rates_of_exchange(draft: Draft, evidence: Evidence) -> str | None:
    """Return the column of exchange rates if there are several, as of several currencies."""
    named = (each for each in draft.unread(evidence.columns) if RATE_OF_EXCHANGE.fullmatch(plain_name(each)))
    return next((each for each in named if len(evidence.words(each)) > 1), None)


def _assume(draft: Draft, code: str, sign: str, how: str) -> None:
    """Assume the currency of a sign with a note; of dollars, which several countries have, with a warning."""
    draft.data["currency"] = {"default": code}
    other = "CAD" if code != "CAD" else "USD"
    message = f"the amounts {how}: {code} is assumed; to change it, --set currency.default={other}"
    (draft.warnings if sign == "$" else draft.notes).append(message)


def _ask_about_several(codes: Collection[str], where: str) -> Question:
    text = (
        f"the amounts are in {' and '.join(sorted(codes))} ({where}), which do not add up: give each row its "
        "currency in a column; if all are in one"
    )
    return Question.of(text, *(f"currency.default={code}" for code in sorted(CODES.intersection(codes))))


def _currency_of_map(draft: Draft, evidence: Evidence) -> str | None:
    """Return the currency in the map that the amount is in: {"amount": 10, "currency": "EUR"}."""
    within, _, key = draft.data["amount"]["field"].rpartition(".")
    if not within or plain_name(key) not in PARTS_OF_MONEY:
        return None
    for column in evidence.columns:
        beside, _, name = column.rpartition(".")
        if beside == within and "currency" in name.lower():
            codes = {word.upper() for word in evidence.words(column)}
            if codes and codes <= CODES:
                return column
    return None


def signs_beside(evidence: Evidence, text: str) -> list[str]:
    """Return the signs and codes of currencies beside the numbers in the SQL of a text."""
    (signs,) = evidence.row("money_signs", text=text, signs=MONEY_SIGN)
    return list(signs or [])


def _signs_in_name(column: str) -> list[str]:
    """Return the sign or code of a currency in an amount's name, such as Total ($) or price_eur."""
    codes = [
        word.upper()
        for word in words_of(column)
        if word in CODES or (word.islower() and word.upper() in COMMON)
    ]
    words = SIGN_IN_NAME.findall(TYPE.sub("", column))  # MongoDB's $numberDecimal is no sign
    return codes or [word for word in words if word in MONEY_SIGNS or word in AMBIGUOUS_SIGNS][:1]


def _columns_of_codes(draft: Draft, evidence: Evidence) -> list[str]:
    """Return the unread columns whose texts are all codes of currencies."""
    if not (unread := draft.unread(evidence.columns)):
        return []
    last = evidence.row("three_letters", columns=", ".join(map(evidence.untrimmed, unread)))
    likely = (column for column, text in zip(unread, last, strict=True) if text and text.upper() in CODES)
    return [column for column in likely if CODES.issuperset(map(str.upper, evidence.words(column)))]


def _use_column_of_codes(draft: Draft, columns: list[str]) -> None:
    """Take the only column of codes; ask which of several is that of the amount."""
    if len(columns) > 1:
        text = f"{', '.join(columns)} are currencies: which is that of {draft.data['amount']['field']}?"
        draft.questions.append(
            Question.of(text, *(f"currency.field={yaml_scalar(column)}" for column in columns))
        )
        return
    draft.data["currency"] = {"field": columns[0]}
    draft.notes.append(
        f"{columns[0]} is taken for the currency, since it holds only codes of currencies; otherwise "
        "--set currency.default=EUR"
    )


def check_assumed_currency(
    raw: RawFiles, mapping: Mapping, draft: Draft, layout: Layout
) -> Question | str | None:
    """Return a note that a preset assumes a currency, or a question if currency signs contradict it."""
    field, default = mapping.currency.field, mapping.currency.default
    has_column = field is not None and layout.has(field)
    is_preset = mapping == presets().get(mapping.name)
    if has_column or default is None or draft.is_decided("currency") or not is_preset:
        return None
    amount = mapping.amount.field
    signs = signs_beside(Evidence(raw.con, layout), layout.text(amount))
    signs += [each.sign for each in raw.currencies if each.column in (None, amount)]
    others = {MONEY_SIGNS.get(sign, sign) for sign in signs} - {default}
    if not others:
        return f"no column has the currency: {default} is assumed; to change it, --set currency.default=GBP"
    text = f"the amounts are written with {', '.join(signs)}, but {mapping.name} assumes {default}"
    return Question.of(text, *(f"currency.default={code}" for code in [default, *sorted(others & CODES)]))
