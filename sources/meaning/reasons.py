"""Why a line cannot be read, in words."""

LONGEST_SHOWN = 100  # of a text that may be a megabyte long
EXPECTED = {
    "items": "not a list, whose members are the lines",
    "time": "not a readable time; time.formats sets how times are written",
    "time zone": "not a time zone; time.zones sets what it means",
    "status": "not a known status; status.words sets what it means",
    "amount": "not a number",
    "quantity": "not a number",
    "discount": "not a number",
    "refunded amount": "not a number",
    "currency": "not a currency in use; currency.default applies where none is given",
    "customer": "a rounded number, not an identifier",
    "order": "a rounded number, not an identifier",
    "identifier": "an identifier that contains a NUL",
}


def reason_of(unread: str | None, text: str | None, set_aside: str | None) -> str | None:
    """Return why a line is rejected: what in it cannot be read, or why it is set aside; None if neither."""
    if unread is None:
        return set_aside and f"it is {set_aside}"
    if text is None:
        return f"{unread} is missing: {EXPECTED[unread]}"
    shown = repr(text) if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]!r} …"
    return f"{unread} is {shown}: {EXPECTED[unread]}"
