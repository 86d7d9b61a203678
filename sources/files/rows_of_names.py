"""Columns whose names are in two rows: groups above, such as Order and Customer, and names below them."""

from collections.abc import Sequence

from sources.meaning.names import is_usual_name, match_columns, plain_name

FEWEST_KNOWN = 2  # names of fields that make a row without a digit one of names
# Groups whose columns are the sale's own; those of others, such as Shipping, have amounts and times too.
OF_THE_SALE = ("order", "product")
GROUPS = (*OF_THE_SALE, "customer", "total", "price")
FIELDS = (*OF_THE_SALE, "customer", "time", "total", "price", "quantity", "currency", "status")


def are_two_rows(above: Sequence[str], below: Sequence[str]) -> bool:
    """Return whether the row below one of names has names, too: a row without a digit is no sale."""
    upper, lower = _same_width(above, below)
    if has_digit(lower) or not any(lower) or _plain(upper) == _plain(lower):
        return False
    return _fills_gaps(upper, lower) or len(match_columns(filled(lower))) >= FEWEST_KNOWN


def are_groups(above: Sequence[str], names: Sequence[str]) -> bool:
    """Return whether the line above a row of names has their groups, rather than a title and the like."""
    upper, lower = _same_width(above, names)
    groups = filled(upper)
    is_known = any(is_usual_name(group, field) for group in groups for field in GROUPS)
    is_pair = not any(upper[2:])  # as in a line that says: Currency, PLN
    is_title = is_pair or has_digit(upper) or any(group.endswith(":") for group in groups)
    return len(groups) > 1 and is_known and not is_title and _fills_gaps(upper, lower)


def join_names(above: Sequence[str], below: Sequence[str]) -> list[str]:
    """Return one name for each column, with its group where that is needed to tell what it is.

    A row of names above that lacks and repeats none, and names all that a sale needs, is one in another
    language or form: it counts alone.
    """
    upper, lower = _same_width(above, below)
    known = match_columns(upper)
    is_complete = {"customer", "time"} <= known.keys() and not known.keys().isdisjoint({"total", "price"})
    if is_complete and all(upper) and len(set(_plain(upper))) == len(upper):
        return upper
    joined, group = [], ""
    for own, name in zip(upper, lower, strict=True):
        group = own or group
        joined.append(_join(group, name, lower.count(name)) if name else own)
    return joined


def _join(group: str, name: str, times: int) -> str:
    both = name if plain_name(group) == plain_name(name) else f"{group} {name}".strip()
    if times > 1 or any(is_usual_name(both, field) for field in FIELDS):
        return both
    fields = [field for field in FIELDS if is_usual_name(name, field)]
    is_own = any(is_usual_name(group, field) for field in (*OF_THE_SALE, *fields))
    return name if fields and is_own else both


def _fills_gaps(upper: Sequence[str], lower: Sequence[str]) -> bool:
    """Return whether a column without a name above has one below, as has the named one to the left of it."""
    group = -1
    for at, (own, name) in enumerate(zip(upper, lower, strict=True)):
        if own:
            group = at
        elif name and group >= 0 and lower[group]:
            return True
    return False


def _same_width(above: Sequence[str], below: Sequence[str]) -> tuple[list[str], list[str]]:
    width = max(len(above), len(below))
    upper, lower = ([*(" ".join(cell.split()) for cell in row)] for row in (above, below))
    return upper + [""] * (width - len(upper)), lower + [""] * (width - len(lower))


def filled(cells: Sequence[str]) -> list[str]:
    """Return the cells that are not blank."""
    return [cell for cell in cells if cell]


def _plain(cells: Sequence[str]) -> list[str]:
    return [cell.casefold() for cell in cells]


def has_digit(cells: Sequence[str]) -> bool:
    """Return whether a row has a digit, as every sale does."""
    return any(map(str.isdigit, "".join(cells)))
