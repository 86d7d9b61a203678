"""Forecast what a run will cost from the amount of data, with rates measured by tests/bench/scale.py."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from components.cost.prices import Machine
from components.cost.receipt import Receipt, StepUse

RATES = Path(__file__).with_name("rates.json")
READ_TO_COUNT = 1000  # entries of an index that one read counts


def forecast_run(
    sales: int, changes: int, machines: Mapping[str, Machine], documents_read: int | None = None
) -> Receipt:
    """Return the expected receipt of a day's run with so many sales and so many changes.

    Each rate is a minimum plus an amount per sale and per change: bytes and seconds. Training's also has one
    per sale until its samples are full; the export's seconds are per document that it reads. documents_read
    is every document unless given.
    """
    documents = sales + changes if documents_read is None else documents_read
    return Receipt(
        [
            StepUse(
                step,
                documents if rate["reads_documents"] else 0,
                round(_at(rate["bytes"], sales, changes)),
                _at(rate["seconds"], documents if rate["reads_documents"] else sales, changes),
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


def _at(rate: Mapping[str, float], sales: int, changes: int) -> float:
    sampled: int = min(sales, rates()["sampled_sales"])
    return (
        rate["least"] + rate["a_sampled_sale"] * sampled + rate["a_sale"] * sales + rate["a_change"] * changes
    )
