"""How times are written: what is asked and noted about it."""

import re
from collections.abc import Sequence

from sources.files.naming import name_files
from sources.mapping import Mapping
from sources.meaning.asking import Question
from sources.meaning.drafts import Draft
from sources.meaning.spelled_times import MONTHS, plain_time
from sources.meaning.times import SPELLED, Times

_MONTH = "|".join(MONTHS)
_CLOCK = r"(?:,? \d{1,2}:\d{2}(?::\d{2})?)?"
LACKING = {
    "day": rf"\d{{4}}[-/.]\d{{1,2}}|\d{{1,2}}[-/.]\d{{4}}|(?:{_MONTH})[ -]\d{{4}}|\d{{4}}[ -](?:{_MONTH})"
    r"|\d{4}年\d{1,2}月|(?:19|20)\d\d",
    "year": rf"(?:\d{{1,2}}月\d{{1,2}}日|\d{{1,2}}[-/.]\d{{1,2}}\.?|\d{{1,2}}\.?[ -](?:{_MONTH})"
    rf"|(?:{_MONTH})[ -]\d{{1,2}}){_CLOCK}",
    "date": r"\d{1,2}:\d{2}(?::\d{2})?(?: ?[AaPp][Mm])?",
}


def ask_for_day_and_month(example: str, file: str | None) -> Question:
    """Ask for the order of day and month, which neither the example's file nor the others reveal."""
    if file is None:
        return Question.of(f"day and month cannot be told apart ({example})", *_day_month_options(example))
    return Question.of(
        f"day and month cannot be told apart in {file} ({example}), and other files differ: import this file "
        "with a --source and time.formats of its own"
    )


def _day_month_options(example: str) -> list[str]:
    clock = "%H:%M:%S" if example.count(":") > 1 else "%H:%M" if ":" in example else ""
    before, _, after = example.partition(" ")
    is_clock_first = ":" in before
    day = (after if is_clock_first else before).rstrip(",")
    sign = next(letter for letter in day if not letter.isdigit())
    year = "%Y" if len(day.split(sign)[-1]) == 4 else "%y"
    orders = [("%d", "%m", year), ("%m", "%d", year), *([("%y", "%m", "%d")] if year == "%y" else [])]
    gap = ", " if before.endswith(",") else " "
    pairs = (([clock, form] if is_clock_first else [form, clock]) for form in map(sign.join, orders))
    forms = (gap.join(filter(None, pair)) for pair in pairs)
    return [f"time.formats=['{form}']" if "," in form else f"time.formats=[{form}]" for form in forms]


def lacking_part(texts: Sequence[str]) -> str | None:
    """Return what all of some times lack to be one: the day, the year or the date."""
    plain = [plain_time(text) for text in texts]
    matching = (part for part, form in LACKING.items() if all(re.fullmatch(form, each) for each in plain))
    return next(matching, None) if plain else None


def note_time_formats(mapping: Mapping, times: Times, draft: Draft) -> list[str]:
    """Note in which formats and in which zone times are read."""
    notes = []
    formats = list(dict.fromkeys(form.removeprefix(SPELLED) for form in times.formats))
    other_formats = [form for form in formats if not form.startswith("iso")]
    if times.by_files:
        each = (
            f"{', '.join(form.removeprefix(SPELLED) for form in own.formats)} in {name_files(files)}"
            for files, own in times.by_files
        )
        notes.append(f"times are read by their file: {'; '.join(each)}")
    elif other_formats:
        notes.append(
            "times are read as "
            + ", ".join(other_formats)
            + (" beside ISO 8601" if len(other_formats) < len(formats) else "")
        )
    has_zone = mapping.time.zone != "UTC" or mapping.time.zone_field or "time.zone" in draft.decided
    if times.are_local and not has_zone:
        notes.append("times have no zone: UTC is assumed; to change it, --set time.zone=Europe/Berlin")
    return notes
