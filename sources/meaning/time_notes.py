"""How times are written: what is asked and noted about it."""

from sources.files.naming import name_files
from sources.mapping import Mapping
from sources.meaning.asking import Question
from sources.meaning.drafts import Draft
from sources.meaning.times import SPELLED, Times


def ask_for_day_and_month(example: str, file: str | None) -> Question:
    """Ask for the order of day and month, which neither the example's file nor the others reveal."""
    if file is None:
        return Question.of(f"day and month cannot be told apart ({example})", *_day_month_options(example))
    return Question.of(
        f"day and month cannot be told apart in {file} ({example}), and other files differ: import this file "
        "with a --source and time.formats of its own"
    )


def _day_month_options(example: str) -> list[str]:
    sign = next(letter for letter in example if not letter.isdigit())
    rest = " %H:%M" if ":" in example else ""
    seconds = ":%S" if example.count(":") > 1 else ""
    year = "%Y" if len(example.split()[0].split(sign)[-1]) == 4 else "%y"
    orders = [("%d", "%m", year), ("%m", "%d", year), *([("%y", "%m", "%d")] if year == "%y" else [])]
    return [f"time.formats=[{sign.join(order)}{rest}{seconds}]" for order in orders]


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
