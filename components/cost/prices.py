"""The prices in prices.json, with their sources and free amounts, as of one day in one location."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
DAYS_A_MONTH = 30
TIB = 2**40


@dataclass(frozen=True)
class Price:
    """The USD price of a number (per) of units, and the amount that is free per day or month."""

    usd: float
    per: float
    unit: str
    free: float
    free_per: str
    source: str

    def of(self, amount: float) -> float:
        """Return the list price of an amount, in USD; monthly free amounts are not deducted."""
        return amount * self.usd / self.per

    def of_month(self, amount: float) -> float:
        """Return the cost of a month's amount, in USD, spread evenly: free amounts are deducted."""
        free = self.free * (DAYS_A_MONTH if self.free_per == "day" else 1)
        return self.of(max(0.0, amount - free))


@cache
def prices() -> dict[str, Price]:
    """Return the prices by their names."""
    return {name: Price(**price) for name, price in _table()["prices"].items()}


@cache
def price_date() -> str:
    """Return the day on which the prices were looked up, as YYYY-MM-DD."""
    return str(_table()["looked_up"])


@dataclass(frozen=True)
class MachineType:
    """A machine type of Vertex AI: its vCPUs and its memory in GiB."""

    name: str
    vcpus: int
    gib: int

    def usd(self, seconds: float) -> float:
        """Return the cost of this many seconds, in USD."""
        hourly = prices()["vertex_vcpu_hour"].of(self.vcpus) + prices()["vertex_gib_hour"].of(self.gib)
        return hourly * seconds / 3600


def machine_for(vcpus: float, gib: float) -> MachineType:
    """Return the cheapest machine with at least these limits; the largest if none has them.

    Vertex AI says that it takes the closest fit, but not which one: this is the least that a task can cost.
    """
    types = [MachineType(**each) for each in _table()["machines"]["types"]]
    fitting = [each for each in types if each.vcpus >= vcpus and each.gib >= gib]
    return min(fitting, key=lambda each: each.usd(1), default=types[-1])


@cache
def _table() -> dict:  # type: ignore[type-arg]  # JSON
    return json.loads((FOLDER / "prices.json").read_text(encoding="utf-8"))  # type: ignore[no-any-return]
