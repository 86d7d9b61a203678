"""Log lines in Cloud Logging's format: one JSON line each on the standard output."""

import json
from typing import Any


def log(severity: str, message: str, **fields: Any) -> None:
    """Print a line with a severity (INFO, WARNING, ERROR); values without a JSON form become strings."""
    print(json.dumps({"severity": severity, "message": message, **fields}, default=str), flush=True)


def plain_line(**values: str | int) -> None:
    """Print a plain line that infra/alerts.tf finds by its text, wherever Cloud Logging puts it."""
    print("winter-days", *(f"{name}={value}" for name, value in values.items()), flush=True)
