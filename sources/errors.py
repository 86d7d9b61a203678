"""Errors in what the user provides."""


class UnreadableError(ValueError):
    """A file cannot be read; the message says in one line what kind of file it is and what to do."""


class CrossTableError(UnreadableError):
    """A file has a column for each period instead of a row for each sale; `problem` names no file."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"{name}: {problem}")
        self.problem = problem
