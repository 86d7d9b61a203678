"""Sales whose amounts are in a list of each document, such as the items of an order."""

from collections.abc import Sequence

from sources.files.sql import literal
from sources.mapping import IN_ITEMS
from sources.meaning.asking import Question
from sources.meaning.drafts import Draft, Evidence
from sources.meaning.names import match_columns


def ask_about_items(draft: Draft, evidence: Evidence, lists: Sequence[str]) -> dict[str, Question]:
    """Ask whether a list has the lines, if only its members have something named like an amount."""
    if draft.data.get("amount", {}).get("field"):
        return {}
    options = {path: _settings(path, match_columns(_keys_of_members(evidence, path))) for path in lists}
    priced = {path: settings for path, settings in options.items() if settings}
    if not priced:
        return {}
    text = f"no column for amount, but the list {' or '.join(priced)} has one: are its members the lines?"
    return {"amount": Question.of(text, *priced.values())}


def _keys_of_members(evidence: Evidence, path: str) -> list[str]:
    json_path = "$" + "".join(f'."{key}"' for key in path.split("."))
    (keys,) = evidence.row("keys_of_members", list=literal(f"{json_path}[0]"))
    return list(keys)


def _settings(path: str, found: dict[str, str]) -> tuple[str, ...]:
    """Return the settings that make a list's members the lines; none if nothing in them is an amount."""
    amount = found.get("total") or found.get("price")
    if amount is None:
        return ()
    means = "unit_price" if "total" not in found and "quantity" in found else "line_total"
    within = f"{path}{IN_ITEMS}"
    named = (
        f"{field}={within}{found[field]}" for field in ("quantity", "product", "category") if field in found
    )
    return (f"items={path}", "row=line", f"amount.field={within}{amount}", f"amount.means={means}", *named)
