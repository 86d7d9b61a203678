"""Columns named after months, days, quarters or years: the head of a cross table, whose cells are sums."""

import re
from collections.abc import Sequence

from sources.files.raw import RawFiles
from sources.meaning.asking import Question
from sources.meaning.drafts import Draft, yaml_scalar
from sources.meaning.spelled_times import MONTHS

FEWEST, FEWEST_BARE = 2, 3  # periods with a year or a number; and months alone, which may be other words
_MONTH = "|".join(f"{short}|{words.replace(' ', '|')}" for short, words in MONTHS.items())
_YEAR = r"(?:19|20)\d\d"
_GAP = r"[-_ ./']{0,2}"
_DATED = (
    rf"(?:{_MONTH})\.?{_GAP}(?:{_YEAR}|\d\d)",
    rf"(?:{_YEAR}|\d\d?){_GAP}(?:{_MONTH})\.?",
    rf"{_YEAR}[-_/.](?:0?[1-9]|1[0-2])(?:[-_/.]\d\d?)?(?:[T ]00:00(?::00)?)?",
    rf"(?:\d\d?[-/.])?\d\d?[-/.](?:{_YEAR}|\d\d)",
    rf"(?:q|qtr|quarter|quartal|trimestre|t){_GAP}[1-4]{_GAP}(?:{_YEAR}|\d\d)?",
    rf"(?:[1-4]\.?{_GAP}(?:q|qtr|quarter|quartal|trimestre)|{_YEAR}{_GAP}q[1-4]){_GAP}(?:{_YEAR})?",
    rf"(?:fy|gj|jahr|year)?{_GAP}{_YEAR}",
    rf"(?:{_YEAR}{_GAP})?(?:w|kw|wk|week|woche|semaine){_GAP}\d\d?(?:{_GAP}{_YEAR})?",
    rf"(?:{_YEAR}年)?(?:1[0-2]|0?[1-9])月|{_YEAR}年",
)
_WHAT = r"(?:sales|revenue|amount|total|umsatz|betrag|ca|ventas|vendite|omzet)?"
DATED = re.compile(rf"(?i){_WHAT}{_GAP}(?:{'|'.join(_DATED)}){_GAP}{_WHAT}")
BARE = re.compile(rf"(?i)(?:{_MONTH})\.?")


def periods_among(columns: Sequence[str]) -> list[str]:
    """Return the columns that are named after periods, or none if these are too few to be a cross table."""
    names = [column.strip() for column in columns]
    dated = [name for name in names if DATED.fullmatch(name)]
    bare = [name for name in names if BARE.fullmatch(name)]
    return [*dated, *bare] if len(dated) >= FEWEST or len(bare) >= FEWEST_BARE else []


def describe_cross_table(periods: Sequence[str]) -> str:
    """Return what is wrong with a table that has a column for each period, and what to do."""
    named = f"{periods[0]} to {periods[-1]}" if len(periods) > 2 else " and ".join(periods)
    return (
        f"the columns {named} are periods, {len(periods)} of them: this is a table of sums, while sales have "
        "a row for each order or line, with its date; export these instead"
    )


def ask_about_periods(raw: RawFiles, draft: Draft) -> list[Question]:
    """Refuse a cross table, which has a column for each month or year, unless the time's column is set."""
    periods = periods_among(raw.columns)
    if not periods or not draft.found_columns or draft.is_decided("time.field"):
        return []
    column = draft.data["time"]["field"]
    if column in periods or column not in raw.columns:
        return [Question.of(describe_cross_table(periods))]
    text = f"{describe_cross_table(periods)}; if {column} is the time of each row"
    return [Question.of(text, f"time.field={yaml_scalar(column)}")]
