"""The text that holds a BIGNUMERIC, in a struct of its own so that it is not taken for a STRING.

It is `p` or `n` and 77 digits, 38 of them after the point; those of a negative number are subtracted from 9,
so that the texts sort as the numbers do.
"""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal, localcontext

MEMBER = "__bignumeric"
WHOLE, PLACES = 39, 38  # digits before and after the point
LEAST, MOST = -(2**255), 2**255 - 1  # times 10 to the power of PLACES
DIGITS, COMPLEMENTS = "0123456789", "9876543210"
OVERFLOW = "numeric overflow: BIGNUMERIC"
_COMPLEMENT = str.maketrans(DIGITS, COMPLEMENTS)


def to_struct(number: Decimal) -> dict[str, str]:
    """Return a number as the engine holds it, rounded to 38 places; raises OverflowError."""
    with localcontext(prec=200):
        scaled = int(number.scaleb(PLACES).to_integral_value(ROUND_HALF_UP))
    return from_scaled(scaled)


def from_scaled(scaled: int) -> dict[str, str]:
    """Return the number that is this integer divided by 10 to the power of 38; raises OverflowError."""
    if not LEAST <= scaled <= MOST:
        raise OverflowError(OVERFLOW)
    digits = f"{abs(scaled):0{WHOLE + PLACES}}"
    return {MEMBER: f"n{digits.translate(_COMPLEMENT)}" if scaled < 0 else f"p{digits}"}


def to_scaled(held: Mapping[str, str]) -> int:
    """Return a held number, times 10 to the power of 38."""
    text = held[MEMBER]
    return -int(text[1:].translate(_COMPLEMENT)) if text[0] == "n" else int(text[1:])
