"""The columns that a mapping needs or names: those that are missing, absent or there twice."""

import re

from sources.files.raw import RawFiles
from sources.mapping import Mapping
from sources.meaning.asking import Question
from sources.meaning.by_values import fill_in_by_values
from sources.meaning.drafts import Draft, Evidence
from sources.meaning.items import ask_about_items
from sources.meaning.names import suggest_column
from sources.meaning.texts import Layout


def ask_for_missing_fields(raw: RawFiles, draft: Draft, layout: Layout) -> list[Question]:
    """Ask for what every mapping needs, if neither names nor values tell."""
    if raw.nested and not draft.is_guessed:
        return []
    evidence = Evidence(raw.con, layout)
    suggestions = fill_in_by_values(draft, evidence) if draft.is_guessed else {}
    columns = ", ".join(raw.columns)
    unused = [each for each in raw.lists if each != draft.data.get("items")]
    if unused and draft.is_guessed:
        suggestions |= ask_about_items(draft, evidence, unused)
        lists = ", ".join(unused)
        draft.notes.append(f"lists are not used, unless a mapping (--mapping FILE) describes them: {lists}")
        columns += f"; and lists, which --mapping FILE can describe: {lists}"
    questions = []
    people = draft.data.get("customer", {}).get("fields", [])
    if not any(layout.has(each) and each for each in ([people] if isinstance(people, str) else people)):
        named = ", ".join(filter(None, people))
        shown = f" ({named})" if named else ""
        questions.append(
            suggestions.get("customer")
            or Question.of(
                f"no column identifies the customer{shown}; the columns are {columns}",
                "customer.fields=[Column]",
            )
        )
    for key in ("time", "amount"):
        column = draft.data.get(key, {}).get("field", "")
        if not column or not layout.has(column):
            near = suggest_column(column, raw.columns) if column else ""
            questions.append(
                suggestions.get(key)
                or Question.of(f"no column for {key}{near}; the columns are {columns}", f"{key}.field=Column")
            )
    return questions


def ask_about_duplicate_columns(raw: RawFiles, mapping: Mapping, draft: Draft) -> list[Question]:
    """Ask which of two columns of the same name is meant."""
    return [
        Question.of(f"there are two columns {column!r}: set the key to {column!r} or to '{column} (2)'")
        for column in mapping.fields()
        if f"{column} (2)" in raw.columns and not draft.decided
    ]


def ask_about_absent_columns(layout: Layout, mapping: Mapping, draft: Draft) -> list[Question]:
    """Ask what was meant by columns that the user named and the files do not have."""
    absent = [each for each in mapping.fields() if draft.is_guessed and not layout.has(each)]
    return [
        Question.of(
            f"there is no column {each}{suggest_column(each, layout.columns)}; the columns are "
            f"{', '.join(layout.columns)}"
        )
        for each in dict.fromkeys(absent)
    ]


def note_absent_columns(mapping: Mapping, layout: Layout) -> list[str]:
    """Note columns of a preset or mapping that the files do not have."""
    keys = {re.split(r"[.\[]", column)[0] for column in layout.columns}
    absent = [
        each
        for each in mapping.fields()
        if each not in mapping.customer.fields
        and not (re.split(r"[.\[]", each)[0] in keys if layout.nested else layout.has(each))
    ]
    return [f"no column {', '.join(absent)}, which {mapping.name} may have"] if absent else []
