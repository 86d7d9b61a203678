"""Decide what the words of a status mean, beside those that the user told."""

from collections.abc import Mapping, Sequence

from sources.meaning.drafts import Draft, Evidence, yaml_list
from sources.meaning.names import plain_name
from sources.meaning.words import plain_word, usual_status_words

WORDS = "status.words."
# Columns that only exports of these shops have.
OF_WOOCOMMERCE = ("paymentmethodtitle", "nrevenue")
OF_MAGENTO = ("basegrandtotal", "incrementid", "grandtotalbase")
# What they call an order that is paid and not yet sent, in WooCommerce's translations.
PROCESSING = (
    *("processing", "in bearbeitung", "en cours", "procesando", "em processamento", "in lavorazione"),
    *("in behandeling", "w realizacji"),
)


def with_known_words(
    told: Mapping[str, Sequence[str]], known: Mapping[str, Sequence[str]]
) -> dict[str, list[str]]:
    """Return the words of each state: those told, and those known of which nothing was told."""
    taken = {plain_word(word) for words in told.values() for word in words}
    return {
        state: [
            *told.get(state, ()),
            *(word for word in known.get(state, ()) if plain_word(word) not in taken),
        ]
        for state in {**told, **known}
    }


def add_known_words(draft: Draft, known: Mapping[str, Sequence[str]] | None) -> None:
    """Keep what is known of other words, in the preset or usually, if the user told what some mean."""
    states = [each.removeprefix(WORDS) for each in draft.decided if each.startswith(WORDS)]
    words = draft.data.get("status", {}).get("words", {})
    if states and not draft.is_own:
        told = {state: words[state] for state in states if isinstance(words.get(state), list)}
        draft.data["status"]["words"] = words | with_known_words(told, known or usual_status_words())


def decide_words_of_shops(draft: Draft, evidence: Evidence) -> None:
    """In WooCommerce and Magento, an order that is processed was paid; elsewhere, it may not have been."""
    status = draft.data.get("status", {}).get("field")
    if not status or draft.is_decided("status"):
        return
    words = evidence.words(status)
    names = {plain_name(column) for column in evidence.columns}
    is_woocommerce = any(word.startswith("wc-") for word in words) or not names.isdisjoint(OF_WOOCOMMERCE)
    shop = "WooCommerce" if is_woocommerce else None if names.isdisjoint(OF_MAGENTO) else "Magento"
    paid = [word for word in words if plain_word(word) in PROCESSING]
    if shop and paid:
        draft.data["status"]["words"] = with_known_words({"completed": paid}, usual_status_words())
        draft.notes.append(
            f"{', '.join(paid)} counts as paid, as in {shop}; otherwise --set "
            f"'status.words.pending={yaml_list(paid)}'"
        )
