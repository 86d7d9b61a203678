"""Log lines as Cloud Logging reads them: one line of JSON each on the standard output."""

import json
from typing import Any


def log(severity: str, message: str, **fields: Any) -> None:
    """Print a line of a severity (INFO, WARNING, ERROR); what JSON has no word for becomes text."""
    print(json.dumps({"severity": severity, "message": message, **fields}, default=str), flush=True)
