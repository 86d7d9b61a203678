"""The one map of each document that has the sale, if an interface or a stream of changes puts it into one."""

from collections.abc import Sequence

from sources.meaning.names import email_columns, match_columns

# The state before a change, of which another map has the state after it.
BEFORE = ("before", "old", "oldimage", "previous")


def own_names(columns: Sequence[str]) -> dict[str, str]:
    """Return {name: column}: names within the only map that has all of a sale or of each document."""
    if not _is_complete(columns):
        found = [own for prefix in _prefixes(columns) if _is_complete(own := _within(prefix, columns))]
        if len(found) == 1:
            return found[0]
        outer = columns[0].partition(".")[0] + "." if columns else ""
        if len(own := _within(outer, columns)) == len(columns):
            return own
    return {column: column for column in columns}


def _within(prefix: str, columns: Sequence[str]) -> dict[str, str]:
    return {column.removeprefix(prefix): column for column in columns if column.startswith(prefix)}


def _prefixes(columns: Sequence[str]) -> list[str]:
    parts = (column.split(".")[:-1] for column in columns)
    found = dict.fromkeys(tuple(keys[:depth]) for keys in parts for depth in range(1, len(keys) + 1))
    return [".".join(keys) + "." for keys in found if keys[-1].lower() not in BEFORE]


def _is_complete(columns: Sequence[str] | dict[str, str]) -> bool:
    found = match_columns(list(columns))
    has_customer = "customer" in found or bool(email_columns(list(columns)))
    return has_customer and "time" in found and not found.keys().isdisjoint({"total", "price"})
