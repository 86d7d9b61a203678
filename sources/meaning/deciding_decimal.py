"""Decide the decimal sign of amounts that do not reveal it, if their currencies have no decimals."""

from collections.abc import Sequence

from sources.meaning.currencies import NO_MINOR_UNITS, WITHOUT_CENTS
from sources.meaning.deciding_currency import codes_of_amounts
from sources.meaning.drafts import Draft, Evidence
from sources.meaning.numbers import Decimal

WHOLE = frozenset((*NO_MINOR_UNITS, *WITHOUT_CENTS))


def decimal_of_whole_amounts(
    draft: Draft, evidence: Evidence, table: str, amounts: Sequence[str], other: str
) -> Decimal | None:
    """Return the decimal sign that 20.000 does not have in rupiahs, where it can only be 20,000.

    `amounts` are the SQL of the amounts' texts, `other` that of a number that may have decimals.
    """
    has_point, has_comma, is_other = evidence.row(
        "separators", table=table, amounts=", ".join(amounts), other=other
    )
    if has_point == has_comma or is_other:
        return None
    codes = codes_of_amounts(draft, evidence)
    if not codes or not codes <= WHOLE:
        return None
    sign, name = (",", "points") if has_point else (".", "commas")
    draft.notes.append(
        f"{name} in the amounts separate thousands, since {', '.join(sorted(codes))} has no decimals; "
        f"otherwise --set decimal={'.' if has_point else ','}"
    )
    return Decimal(sign)
