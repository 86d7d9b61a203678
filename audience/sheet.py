"""Lists as CSV that spreadsheets open as text: no cell is evaluated as a formula."""

import csv
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from components.shared.errors import StepError

COLUMNS = (
    *("call_rank", "customer_id", "customer_key", "segment", "churn_probability", "expected_loss", "value"),
    *("currency", "days_since_last_purchase", "product_category", "channel", "reasons"),
)
# What a spreadsheet evaluates, also after a semicolon or a tab, at which it may split a cell.
FORMULA = re.compile(r"^(?=[\t\r\n])|(?:^|(?<=[;\t\r\n]))(?=[=+\-@＝＋－＠])")  # noqa: RUF001
PLACES = {"churn_probability": 4, "expected_loss": 2, "value": 2}


def check_output(path: Path, *, replace: bool) -> None:
    """Raise StepError if the file exists and may not be replaced, or its folder does not exist."""
    if path.exists() and not replace:
        raise StepError(f"{path} already exists: give another --output, or --replace to overwrite it")
    if not path.parent.is_dir():
        raise StepError(f"the folder {path.parent} does not exist: create it, or give another --output")


def write_csv(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Write a list of at least one row, completely or not at all, in UTF-8 with the BOM that Excel needs."""
    part = path.with_name(f"{path.name}.part")
    with part.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        columns = [name for name in COLUMNS if name in rows[0]]
        writer.writerow(columns)
        writer.writerows([_cell(name, row[name]) for name in columns] for row in rows)
    part.replace(path)


def _cell(name: str, value: Any) -> Any:
    """Return a cell's content; text that a spreadsheet would evaluate is prefixed with an apostrophe."""
    if isinstance(value, str):
        return FORMULA.sub("'", value)
    return round(value, PLACES[name]) if name in PLACES and value is not None else value
