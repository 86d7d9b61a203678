"""Which of Google's limits a growing shop reaches first: a year of daily runs, at measured rates."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from math import ceil
from pathlib import Path
from typing import Any

from components.cost.forecast import forecast_run
from components.run_dataform.step import pause_seconds
from components.shared.defaults import DATAFORM_LONGEST_POLL_SECONDS
from infra.cost.month import DOCUMENT_KIB
from pipelines.sizes import sizes_after
from pipelines.specification import COMPILED

LIMITS = Path(__file__).with_name("quotas.json")
SIZES = {"1 GB": 10**9, "100 GB": 10**11, "1 TB": 10**12, "10 TB": 10**13}  # of documents, at the year's end
YEAR = 365
DAY_SECONDS = 86_400
SALES_A_CUSTOMER = 20
ACTIONS = 77  # Dataform actions of the warehouse


@dataclass(frozen=True)
class Day:
    """A day of the year: its number from 1, the documents so far, and those that are new on it."""

    number: int
    sales: int
    changes: int

    @property
    def customers(self) -> int:
        """The number of customers who have bought."""
        return self.sales // SALES_A_CUSTOMER


@dataclass(frozen=True)
class Reach:
    """How much of a limit a year uses: the share on the last day, and the first day above it, if any."""

    limit: str
    share: float
    day: int | None

    def __str__(self) -> str:
        """Return it as a table cell."""
        if self.day:
            return f"**day {self.day}**"
        return f"{self.share:.0%}" if self.share >= 0.01 else "< 1%"


def limits() -> dict[str, dict[str, Any]]:
    """Return the limits by name, each with its amount and its source."""
    found: dict[str, dict[str, Any]] = _file()["limits"]
    return found


@cache
def _file() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(LIMITS.read_text(encoding="utf-8"))
    return found


def _bytes(day: Day) -> float:
    return forecast_run(day.sales, day.changes, {}).bytes_billed


def _pass_seconds(day: Day) -> float:
    """Return the seconds of an export that reads every document, in as many shards as the day gets."""
    steps = forecast_run(day.sales, day.changes, {}).steps
    whole = next(step.machine_seconds for step in steps if step.step == "export_sales")
    return whole / _shards(day)["export_shards"]


def _shards(day: Day) -> dict[str, int]:
    """Return the numbers of shards that the orchestrator gives a day's run, by parameter."""
    counts = {"export_sales": {"documents": day.sales}, "extract_features": {"scoring_rows": day.customers}}
    return sizes_after(counts).shards


def _polls(_: Day) -> int:
    """Return how often an invocation is polled in its first minute."""
    waited, asked = 0.0, 0
    while waited < 60:
        waited += pause_seconds(waited, DATAFORM_LONGEST_POLL_SECONDS)
        asked += 1
    return asked


@cache
def _tasks() -> int:
    return len(json.loads(COMPILED.read_text(encoding="utf-8"))["deploymentSpec"]["executors"])


USES: dict[str, Callable[[Day], float]] = {
    "own_bytes_a_day": _bytes,
    "bytes_a_day": _bytes,
    "partitions": lambda day: day.number,  # predictions have one a day
    "partitions_a_job": lambda day: ceil(day.number / 30),  # sales have one a month
    "a_day_of_scanning": _pass_seconds,
    "snapshot": _pass_seconds,
    "writes_a_second": lambda day: day.changes / DAY_SECONDS,
    "task": _pass_seconds,
    "tasks_at_once": lambda day: max(_shards(day).values()),
    "tasks_a_run": lambda day: _tasks() + sum(_shards(day).values()),
    "actions": lambda _: ACTIONS,
    "requests_a_minute": _polls,
}


def year(size: int) -> list[Reach]:
    """Return how much of each limit a year uses that ends with this many bytes of documents.

    Documents arrive evenly, and each is written once. The limit that is reached first comes first.
    """
    documents = int(size / (DOCUMENT_KIB * 1024))
    changes = documents // YEAR
    days = [Day(number, changes * number, changes) for number in range(1, YEAR + 1)]
    reached = [_reach(name, days) for name in limits()]
    return sorted(reached, key=lambda one: (one.day or YEAR + 1, -one.share))


def _reach(name: str, days: list[Day]) -> Reach:
    use, most = USES[name], limits()[name]["most"]
    first = next((day.number for day in days if use(day) > most), None)
    return Reach(name, use(days[-1]) / most, first)


def table() -> str:
    """Return the table of docs/sizing.md."""
    years = {title: year(size) for title, size in SIZES.items()}
    lines = [f"| Limit | Most | {' | '.join(years)} |", "|---|---|" + "---|" * len(years)]
    for name, limit in limits().items():
        cells = [str(next(one for one in reached if one.limit == name)) for reached in years.values()]
        lines.append(f"| {_linked(limit)} | {limit['told']} | {' | '.join(cells)} |")
    first = [limits()[one.limit]["service"] if one.day else "none" for one, *_ in years.values()]
    return "\n".join([*lines, f"| reached first | | {' | '.join(first)} |"])


def _linked(limit: dict[str, Any]) -> str:
    text = f"{limit['service']}: {limit['what']}"
    return f"[{text}]({limit['source']})" if limit["source"].startswith("https://") else text
