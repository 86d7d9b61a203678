"""Sales whose amounts are in a list of each document, such as the items of an order."""

from collections.abc import Iterable, Sequence

from sources.files.sql import literal
from sources.mapping import IN_ITEMS
from sources.meaning.asking import Question
from sources.meaning.drafts import Draft, Evidence
from sources.meaning.names import PARTS_OF_MONEY, match_columns, plain_name


def ask_about_items(draft: Draft, evidence: Evidence, lists: Sequence[str]) -> dict[str, Question]:
    """Ask whether a list has the lines, if only its members have something named like an amount."""
    if draft.data.get("amount", {}).get("field"):
        return {}
    members = {path: _of_members(keys_of_members(evidence, path)) for path in lists}
    priced = {path: settings for path, found in members.items() if (settings := _settings(path, found))}
    if not priced:
        return {}
    for path in priced:
        if padded := _describe_padded(path, members[path].values()):
            return {"amount": Question.of(padded)}
    text = f"no column for amount, but the list {' or '.join(priced)} has one: are its members the lines?"
    return {"amount": Question.of(text, *priced.values())}


def keys_of_members(evidence: Evidence, path: str) -> list[str]:
    """Return the paths to values in the members of a list."""
    (keys,) = evidence.row("keys_of_members", list=literal(path_of_members(path)))
    return list(keys or [])


def _describe_padded(path: str, keys: Iterable[str]) -> str | None:
    """Return what to do about keys of a list's members with blanks around them, which no mapping can name."""
    padded = next((key for key in keys if key != key.strip()), None)
    remove = 'walk(if type == "object" then with_entries(.key |= gsub("^ +| +$"; "")) else . end)'
    return padded and (
        f"the members of {path} have keys with blanks around them, like {padded!r}: remove these, such as "
        f"with jq '{remove}'"
    )


def path_of_members(path: str) -> str:
    """Return the path to the members of a list, which may be in members of another, as JSON has it."""
    keys = (key.removesuffix("[]") for key in path.split("."))
    ends = ("[*]" if key.endswith("[]") else "" for key in path.split("."))
    return "$" + "".join(f'."{key}"{end}' for key, end in zip(keys, ends, strict=True)) + "[*]"


def amounts_of_members(evidence: Evidence, path: str) -> str | None:
    """Return the key of a list's members that is an amount."""
    found = _of_members(keys_of_members(evidence, path))
    return found.get("refunded") or found.get("total")


def find_columns_of_items(draft: Draft, evidence: Evidence, items: str) -> list[str]:
    """Return the columns of the lines that a list has; those of discounts and prices become known by name."""
    within = f"{items}{IN_ITEMS}"
    keys = keys_of_members(evidence, items)
    members = _of_members(keys)
    if padded := _describe_padded(items, members.values()):
        draft.questions.append(Question.of(padded))
    found = {field: f"{within}{key}" for field, key in members.items()}
    amount = draft.data["amount"]["field"]
    if amount.startswith(within):
        draft.found_columns |= {key: found[key] for key in ("discount", "refunded") if key in found}
        draft.found_columns["price" if amount == found.get("price") else "total"] = amount
        if "refunded" in found and not draft.is_decided("returns"):
            draft.data["returns"] = {"refunded": {"field": found["refunded"], "of": "line"}}
    return [f"{within}{key}" for key in keys]


def _of_members(keys: Sequence[str]) -> dict[str, str]:
    """Return {field: key} of a list's members, whose prices may be in maps: {"price": {"amount": 1}}."""
    named: dict[str, str] = {}
    for key in keys:
        named.setdefault(name_of_money(key), key)
    return {field: named[name] for field, name in match_columns(list(named)).items()}


def name_of_money(key: str) -> str:
    parts = key.split(".")
    while len(parts) > 1 and plain_name(parts[-1]) in PARTS_OF_MONEY:
        parts.pop()
    return parts[-1] if len(parts) < len(key.split(".")) else key


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
