"""Quote names and strings for SQL."""


def name(text: object) -> str:
    """Return a quoted identifier."""
    return '"' + str(text).replace('"', '""') + '"'


def literal(text: object) -> str:
    """Return a text as a string literal."""
    return "'" + str(text).replace("'", "''") + "'"
