"""Forecast what a run will cost from the amount of data, with rates measured by tests/bench/scale.py."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from components.cost.prices import MachineType
from components.cost.receipt import Receipt, StepUse

RATES = Path(__file__).with_name("rates.json")
READ_TO_COUNT = 1000  # index entries that one billed read counts


def forecast_run(
    sales: int, changes: int, machines: Mapping[str, MachineType], documents_read: int | None = None
) -> Receipt:
    """Return the expected receipt of a day's run with this many sales and changes.

    Bytes and seconds are each a minimum plus a rate per sale and a rate per change. Training also has a rate
    per sale until its samples are full; the export's seconds are per document read. documents_read defaults
    to all documents.
    """
    documents = sales + changes if documents_read is None else documents_read
    return Receipt(
        [
            StepUse(
                step,
                documents if rate["reads_documents"] else 0,
                round(_predict_use(rate["bytes"], sales, changes)),
                _predict_use(rate["seconds"], documents if rate["reads_documents"] else sales, changes),
                machines.get(step),
            )
            for step, rate in rates()["steps"].items()
        ]
    )


@cache
def rates() -> dict[str, Any]:
    """Return the rates of each step, and when and how they were measured."""
    found: dict[str, Any] = json.loads(RATES.read_text(encoding="utf-8"))
    return found


def _predict_use(rate: Mapping[str, float], sales: int, changes: int) -> float:
    sampled: int = min(sales, rates()["sampled_sales"])
    return (
        rate["least"] + rate["a_sampled_sale"] * sampled + rate["a_sale"] * sales + rate["a_change"] * changes
    )
