"""Log lines as Cloud Logging reads them: one line each on the standard output."""

import json
from typing import Any


def log(severity: str, message: str, **fields: Any) -> None:
    """Print a line of a severity (INFO, WARNING, ERROR); what JSON has no word for becomes text."""
    print(json.dumps({"severity": severity, "message": message, **fields}, default=str), flush=True)


def plain_line(**values: str | int) -> None:
    """Print a plain line that infra/alerts.tf finds by its text, wherever Cloud Logging puts that."""
    print("winter-days", *(f"{name}={value}" for name, value in values.items()), flush=True)
