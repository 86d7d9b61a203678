"""Times as people write them, made plain: 3. Januar 2026, 10.30 Uhr becomes 3 Jan 2026 10:30.

The rules are for Python's expressions and for DuckDB's alike. The latter have no look-ahead, and a
word boundary that knows only ASCII.
"""

import re
from collections.abc import Iterator

from sources.files.sql import literal

# English, German, French, Spanish, Portuguese, Italian, Dutch, Polish, Czech, Swedish and Danish.
MONTHS = {
    "Jan": "january januar jänner jan janvier janv enero ene janeiro gennaio "
    "gen januari stycznia sty ledna led",
    "Feb": "february februar feb février févr fév fevrier febrero fevereiro fev "
    "febbraio februari lutego lut února úno",
    "Mar": "march märz mrz mar mars marzo março marco maart mrt marca března bře marts",
    "Apr": "april apr avril avr abril abr aprile kwietnia kwi dubna dub",
    "May": "may mai mayo maio mag maggio mei maja maj května kvě",
    "Jun": "june juni jun juin junio junho giugno giu czerwca cze června čvn",
    "Jul": "july juli jul juillet juil julio julho luglio lug lipca lip července čvc",
    "Aug": "august aug août aout agosto ago augustus sierpnia sie srpna srp augusti",
    "Sep": "september sept sep septembre septiembre setembro set settembre września wrz září zář",
    "Oct": "october oktober okt oct octobre octubre outubro out ottobre ott października paź října říj",
    "Nov": "november nov novembre noviembre novembro listopada lis listopadu",
    "Dec": "december dezember dez dec décembre déc decembre diciembre dic "
    "dezembro dicembre grudnia gru prosince",
}
_BLANK = "[ \u00a0\u202f]"
_RULES = (
    (r" *\([^)]*\)$", ""),  # JavaScript's names of zones
    (r" GMT([-+][0-9]{4})$", r" \1"),
    (r"^([0-9]{4})([0-9]{2})([0-9]{2})T([0-9]{2})([0-9]{2})([0-9]{2})", r"\1-\2-\3T\4:\5:\6"),
    (r"([0-9])(st|nd|rd|th|er|º)([ ,])", r"\1\3"),
    (r" (de|del|of) ", " "),
    (r",? (klo|kl\.|kl|um|at|à|às|alle|a las|om) ", " "),
    (r" ?(uhr|uur)$", ""),
    (f"{_BLANK}?([ap])\\.{_BLANK}?m\\.?", r" \1m"),
    (r"([0-9] )([0-9]{1,2})\.([0-9]{2})\.([0-9]{2})$", r"\1\2:\3:\4"),
    (r"([0-9] )([0-9]{1,2})[.h]([0-9]{2})$", r"\1\2:\3"),
    (r"([0-9])\.$", r"\1"),
    (r"([0-9])\. ([0-9]{1,2}:)", r"\1 \2"),
    (r"^([0-9]{1,2})\. ?([^0-9 ])", r"\1 \2"),
)


def _rules() -> Iterator[tuple[str, str]]:
    """Yield each expression, which ignores case, and what replaces it."""
    yield from _RULES
    for month, words in MONTHS.items():
        alternatives = "|".join(sorted(words.split(), key=len, reverse=True))
        yield rf"(^|[ -])({alternatives})\.?($|[ -])", rf"\1{month}\3"


RULES = tuple(_rules())


def plain_time(text: str) -> str:
    """Return a text of a time as a plain English one."""
    for pattern, made in RULES:
        text = re.sub(pattern, made, text, flags=re.IGNORECASE)
    return text


def plain_time_sql(text: str) -> str:
    """Return the SQL of the same."""
    for pattern, made in RULES:
        text = f"regexp_replace({text}, {literal(pattern)}, {literal(made)}, 'gi')"
    return text
