"""Several tables side by side in one sheet: a column that is blank throughout divides them."""

import re
from collections.abc import Sequence

from sources.meaning.asking import Question
from sources.meaning.drafts import Draft, Evidence, yaml_scalar
from sources.meaning.names import match_columns

UNNAMED = re.compile(r"column \d+")


def ask_about_tables_beside(draft: Draft, evidence: Evidence) -> None:
    """Ask whether an amount or time is meant that stands beyond a blank column, seen from the customer."""
    tables = _tables(evidence)
    people = draft.data["customer"]["fields"]
    own = next((table for table in tables if any(each in table for each in people)), None)
    if own is None or len(tables) == 1:
        return
    here = match_columns(own)
    for key, fields in (("amount", ("total", "price")), ("time", ("time",))):
        column = draft.data[key]["field"]
        if column in own or draft.is_decided(f"{key}.field") or column not in evidence.columns:
            continue
        if not (found := [here[field] for field in fields if field in here]):
            continue
        settings = (f"{key}.field={yaml_scalar(each)}" for each in (*found, column))
        text = f"a blank column is between {column} and {people[0]}: is {column} of another table?"
        draft.questions.append(Question.of(text, *settings))


def _tables(evidence: Evidence) -> list[Sequence[str]]:
    """Return the columns between those without a name and a value."""
    tables: list[list[str]] = [[]]
    for column in evidence.columns:
        if UNNAMED.fullmatch(column) and not any(
            evidence.row("any_match", condition=f"{evidence.text(column)} is not null")
        ):
            tables.append([])
        else:
            tables[-1].append(column)
    return [table for table in tables if table]
