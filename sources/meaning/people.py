"""One spelling of a customer, in Python as the macros of macros.sql have it."""

import re
import unicodedata

ADDRESS = re.compile(r'[^\s<>:;,"]+@[^\s<>:;,"]+')


def plain_customer(text: str) -> str:
    """Return an e-mail address alone and in lower case, or a name without odd blanks and split letters."""
    if "@" in text:
        found = ADDRESS.search(text) if "<" in text or ":" in text else None
        return (found[0] if found else text).lower()
    if "  " in text or not text.isascii():
        return re.sub(r"[\s\u00a0\u202f]+", " ", unicodedata.normalize("NFC", text))
    return text
