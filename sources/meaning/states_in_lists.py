"""Lists that are not read, and that say of some sales that they failed, or were cancelled or returned."""

import re

from sources.mapping import IN_ITEMS
from sources.meaning.amounts_in_lists import words_of_states
from sources.meaning.asking import Question
from sources.meaning.drafts import Draft, Evidence
from sources.meaning.undone import keep_settings, sql_of_completed, state_of_word, status_column

KEY = re.compile(r"\w*(?:status|state)|to|type|kind|event|action|result|outcome", re.IGNORECASE)


def ask_about_unread_states(draft: Draft, evidence: Evidence) -> None:
    """Ask about sales counted in full of which a list that is not read says that they were undone."""
    if draft.is_decided("keep") or draft.is_decided("status"):
        return
    unread = draft.unread(evidence.columns)
    status, completed = evidence.text(status_column(draft)), sql_of_completed(draft, evidence)
    counted = f"{status} is null or {completed}"
    for path in (path for path in evidence.layout.lists if path in unread):
        if any(question.text.startswith(f"{path} is filled") for question in draft.questions):
            continue
        for key, words, documents in words_of_states(evidence, path, KEY, counted=counted):
            said = dict(zip(words, documents, strict=True))
            undone = {word: said[word] for word in words if said[word] and _is_undone(word)}
            if undone:
                draft.questions.append(_ask(draft, path, key, undone))
                break


def _is_undone(word: str) -> bool:
    return (state_of_word(word) != "completed" or word.lower() == "error") and "]" not in word


def _ask(draft: Draft, path: str, key: str, undone: dict[str, int]) -> Question:
    said = ", ".join(f"{word} in {documents:,}" for word, documents in undone.items())
    text = f"{path}{IN_ITEMS}{key} says {said} documents, and is not used: were these not sold?"
    left_out = tuple(keep_settings(draft, f"{path}[{key}={word}].{key}", [word])[0] for word in undone)
    return Question.of(text, left_out, keep_settings(draft, path)[1])
