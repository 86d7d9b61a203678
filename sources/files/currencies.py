"""Currencies that stand beside a table: in a line above or below it, or in its cells' number formats."""

import re
from collections.abc import Iterable

from sources.meaning.currencies import CODES
from sources.meaning.words import AMBIGUOUS_SIGNS, MONEY_SIGNS, TOTALS

ENGLISH = ("ALL", "TOP")  # codes that are words in a title: sales in ALL shops
SIGNS = (*MONEY_SIGNS, *AMBIGUOUS_SIGNS)
_NAMES = (
    "currency|währung|waehrung|devise|monnaie|moneda|moeda|valuta|waluta|měna|mena|валюта|para birimi|νόμισμα"
    "|通貨|货币|币种|통화"
)
_SIGN = "|".join(re.escape(sign) for sign in sorted(SIGNS, key=len, reverse=True))
_MONEY = rf"(?P<money>[A-Z]{{3}}(?![\w])|(?:{_SIGN})(?![\w]))"
NAMED = re.compile(rf"(?i:(?:{_NAMES})(?:[ -]?(?:code|id))?\s*[:=,;\t(]*\s*[\"']?){_MONEY}")
# As in "All amounts in USD" and "Beträge in €".
AMOUNTS_IN = re.compile(
    r"(?i:(?:amounts?|prices?|values?|figures?|totals?|beträge|preise|werte|angaben|montants?|prix|importes?"
    r"|precios?|valores|importi|prezzi|bedragen|kwoty|ceny|částky|belopp|beløb|priser|суммы|цены|суми|ціни|ποσά"
    rf"|τιμές)\b[^\n]{{0,40}}?\b(?:in|en|em|w|v|i|в|σε)\s+){_MONEY}"
)
# As in "Grand total (USD)" and "Summe EUR".
TOTAL_IN = re.compile(rf"(?im:^(?:{'|'.join(TOTALS)})\s*[:(,]?\s*){_MONEY}")
LITERAL = re.compile(r'\[\$(?P<sign>[^\]-]*)(?:-(?P<locale>[0-9A-Fa-f]+))?\]|"(?P<text>[^"]*)"|\\(?P<one>.)')
# Windows' ids of locales, which tell apart the currencies of one sign.
LOCALES = {
    "1009": "CAD",
    "C0C": "CAD",
    "C09": "AUD",
    "1409": "NZD",
    "80A": "MXN",
    "411": "JPY",
    "804": "CNY",
    "41D": "SEK",
    "414": "NOK",
    "406": "DKK",
    "40F": "ISK",
}
# The formats of money that every workbook has; Excel writes those of other countries into the file.
BUILT_IN = dict.fromkeys((5, 6, 7, 8, 42, 44), "$")


def currencies_above(lines: Iterable[str]) -> list[str]:
    """Return the signs and codes of currencies that lines above or below a table name."""
    text = "\n".join(lines)
    found = (match["money"] for pattern in (NAMED, AMOUNTS_IN, TOTAL_IN) for match in pattern.finditer(text))
    return list(dict.fromkeys(filter(is_currency, found)))


def is_currency(word: str) -> bool:
    """Return whether a word is a currency's sign or code, and no English word."""
    return (word in CODES and word not in ENGLISH) or word in SIGNS


def currency_of_format(form: str) -> str | None:
    """Return the sign or code of the currency in a cell's number format, such as [$€-407] or "zł"."""
    for match in LITERAL.finditer(form):
        sign = (match["sign"] or match["text"] or match["one"] or "").strip(" \u00a0.")
        if sign in AMBIGUOUS_SIGNS or sign == "$":
            return LOCALES.get((match["locale"] or "").upper().lstrip("0"), sign)
        if sign in SIGNS or sign in CODES:
            return sign
    plain = LITERAL.sub("", form)
    return next((sign for sign in plain if sign in SIGNS), None)
