"""Times as people write them, made plain: 3. Januar 2026, 10.30 Uhr becomes 3 Jan 2026 10:30.

The rules are for Python's expressions and for DuckDB's alike. The latter have no look-ahead, and a
word boundary that knows only ASCII.
"""

import re
from collections.abc import Iterator

from sources.files.sql import literal

# English, German, French, Spanish, Portuguese, Italian, Dutch, Polish, Czech, Swedish and Danish,
# then Romanian, Hungarian, Slovak, Finnish, Indonesian, Serbian, Russian, Bulgarian and Turkish.
# Not Croatian: its listopada is October, and Polish for November.
MONTHS = {
    "Jan": (
        "january januar jänner jan janvier janv enero ene janeiro gennaio gen januari stycznia sty "
        "ledna led ianuarie ian január januára tammikuuta tammikuu января янв январь януари ocak "
        "oca"
    ),
    "Feb": (
        "february februar feb février févr fév fevrier febrero fevereiro fev febbraio februari "
        "lutego lut února úno februarie február februára helmikuuta helmikuu февраля фев февраль "
        "февруари şubat"
    ),
    "Mar": (
        "march märz mrz mar mars marzo março marco maart mrt marca března bře marts martie márc "
        "március marec maret maaliskuuta maaliskuu mart марта март"
    ),
    "Apr": (
        "april apr avril avr abril abr aprile kwietnia kwi dubna dub aprilie ápr április apríl "
        "apríla huhtikuuta huhtikuu апреля апр апрель април nisan"
    ),
    "May": (
        "may mai mayo maio mag maggio mei maja maj května kvě máj május mája toukokuuta toukokuu "
        "мая май mayıs"
    ),
    "Jun": (
        "june juni jun juin junio junho giugno giu czerwca cze června čvn iunie iun jún június júna "
        "kesäkuuta kesäkuu июня июн июнь юни haziran"
    ),
    "Jul": (
        "july juli jul juillet juil julio julho luglio lug lipca lip července čvc iulie iul júl "
        "július júla heinäkuuta heinäkuu июля июл июль юли temmuz"
    ),
    "Aug": (
        "august aug août aout agosto ago augustus sierpnia sie srpna srp augusti augusztus augusta "
        "agustus agu elokuuta elokuu avgust августа авг август ağustos"
    ),
    "Sep": (
        "september sept sep septembre septiembre setembro set settembre września wrz září zář "
        "septembrie szeptember szept septembra septembar syyskuuta syyskuu сентября сен сент "
        "сентябрь септември eylül"
    ),
    "Oct": (
        "october oktober okt oct octobre octubre outubro out ottobre ott października paź října říj "
        "octombrie október októbra oktobar lokakuuta lokakuu октября окт октябрь октомври ekim"
    ),
    "Nov": (
        "november nov novembre noviembre novembro listopada lis listopadu noiembrie novembra "
        "novembar nopember marraskuuta marraskuu ноября ноя ноябрь ноември kasım"
    ),
    "Dec": (
        "december dezember dez dec décembre déc decembre diciembre dic dezembro dicembre grudnia "
        "gru prosince decembrie decembra decembar desember des joulukuuta joulukuu декабря дек "
        "декабрь декември aralık"
    ),
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
    (
        r"^([0-9]{1,2}:[0-9]{2}(:[0-9]{2})?),? ([0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{4})$",
        r"\3 \1",
    ),  # Vietnamese
    (r"^([0-9]{4})\. ([0-9]{1,2})\. ([0-9]{1,2})(\.|$)", r"\1-\2-\3"),  # Hungarian and Korean
    (r"([0-9],? )([0-9]{1,2})\.([0-9]{2})\.([0-9]{2})$", r"\1\2:\3:\4"),
    (r"([0-9],? )([0-9]{1,2})[.h]([0-9]{2})$", r"\1\2:\3"),
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
