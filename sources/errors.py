"""Errors in what the user provides."""


class UnreadableError(ValueError):
    """A file cannot be read; the message says in one line what kind of file it is and what to do."""
