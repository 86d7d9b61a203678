"""Quote names and strings for SQL."""


def name(text: object) -> str:
    """Return an identifier, quoted."""
    return '"' + str(text).replace('"', '""') + '"'


def literal(text: object) -> str:
    """Return a text's literal."""
    return "'" + str(text).replace("'", "''") + "'"
