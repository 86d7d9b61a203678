"""Why a line cannot be read, in words."""

EXPECTED = {
    "time": "no time that is understood; time.formats says how they are written",
    "time zone": "no time zone; time.zones says what it means",
    "status": "no known status; status.words says what it means",
    "amount": "no number",
    "quantity": "no number",
    "discount": "no number",
    "refunded amount": "no number",
    "currency": "no currency in use; currency.default says it where none is given",
    "customer": "a number that was rounded, not an identifier",
    "identifier": "an identifier with a NUL in it",
}


def reason_of(unread: str | None, text: str | None, set_aside: str | None) -> str | None:
    """Return why a line is a reject: what of it cannot be read, or what sets it aside; None when neither."""
    if unread is None:
        return set_aside and f"it is {set_aside}"
    if text is None:
        return f"{unread} is missing: {EXPECTED[unread]}"
    return f"{unread} is {text!r}: {EXPECTED[unread]}"
