"""Amounts in a list whose members have states of their own, such as refunds that failed."""

import re
from collections.abc import Iterator, Sequence

from sources.files.sql import literal
from sources.meaning.asking import Question
from sources.meaning.drafts import Draft, Evidence, yaml_scalar
from sources.meaning.items import keys_of_members, path_of_members
from sources.meaning.words import STATUS, plain_word

FEW_WORDS = 12  # as many as words_of_members.sql returns: a state has fewer
STATE_KEY = re.compile(r"\w*(?:status|state)", re.IGNORECASE)
LIST = re.compile(r"\[\]")
THROUGH = {
    plain_word(word)
    for word in (
        *(*STATUS["completed"], *STATUS["refunded"], *STATUS["partly_refunded"]),
        *("processed", "settled", "successful", "ok", "executed", "issued"),
    )
}


def ask_about_states_of_amounts(draft: Draft, evidence: Evidence) -> None:
    """Ask whether amounts in a list count that have not, or not yet, gone through."""
    discount, returns = draft.data["amount"].get("discount") or {}, draft.data.get("returns", {})
    fields = {
        "amount.discount.field": discount.get("field", ""),
        "returns.refunded.field": returns.get("refunded", {}).get("field", ""),
    }
    for setting, field in fields.items():
        path = field if draft.is_decided(setting) else without_failed(evidence, field)
        if path != field:
            text = f"{field} adds up amounts with states of their own: without those that did not go through?"
            options = (f"{setting}={yaml_scalar(each)}" for each in (path, field))
            draft.questions.append(Question.of(text, *options))


def without_failed(evidence: Evidence, field: str) -> str:
    """Return the path to amounts in lists, without members whose own state is not that they went through."""
    for path in (field[: match.start()] for match in LIST.finditer(field)):
        for key, words, _ in words_of_states(evidence, path, STATE_KEY):
            failed = [word for word in words if plain_word(word) not in THROUGH]
            if failed and not any(set(word) & {*"|]"} for word in failed):
                return f"{path}[{key}!={'|'.join(failed)}]{field.removeprefix(f'{path}[]')}"
    return field


def words_of_states(
    evidence: Evidence, path: str, name: re.Pattern[str], *, counted: str = "true"
) -> Iterator[tuple[str, Sequence[str], Sequence[int]]]:
    """Yield each key of a list's members that has a few words, as states have, with them and their documents.

    Of the documents those count for which the SQL `counted` is true.
    """
    if "[" in path.replace("[]", ""):
        return
    for key in filter(name.fullmatch, keys_of_members(evidence, path)):
        members = literal(f'{path_of_members(path)}."{key}"')
        words, documents = evidence.row("words_of_members", path=members, counted=counted)
        if words and len(words) < FEW_WORDS:
            yield key, words, documents
