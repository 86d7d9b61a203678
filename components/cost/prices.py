"""The prices of prices.json, each with its source and what of it is free, as of one day in one location."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
DAYS_A_MONTH = 30
TIB = 2**40


@dataclass(frozen=True)
class Price:
    """USD for so many (per) of a unit, and how many are free a day or a month."""

    usd: float
    per: float
    unit: str
    free: float
    free_per: str
    source: str

    def of(self, amount: float) -> float:
        """Return what an amount costs by the list, in USD; what is free in a month is not off."""
        return amount * self.usd / self.per

    def of_month(self, amount: float) -> float:
        """Return what a month's amount costs, in USD, when it is spread evenly: less what is free."""
        free = self.free * (DAYS_A_MONTH if self.free_per == "day" else 1)
        return self.of(max(0.0, amount - free))


@cache
def prices() -> dict[str, Price]:
    """Return the prices by their names."""
    return {name: Price(**price) for name, price in _table()["prices"].items()}


@cache
def looked_up() -> str:
    """Return the day on which the prices were looked up, as YYYY-MM-DD."""
    return str(_table()["looked_up"])


@dataclass(frozen=True)
class Machine:
    """A machine type of Vertex AI: its vCPUs and its memory in GiB."""

    name: str
    vcpus: int
    gib: int

    def usd(self, seconds: float) -> float:
        """Return what so many seconds of it cost, in USD."""
        hourly = prices()["vertex_vcpu_hour"].of(self.vcpus) + prices()["vertex_gib_hour"].of(self.gib)
        return hourly * seconds / 3600


def machine_for(vcpus: float, gib: float) -> Machine:
    """Return the cheapest machine that has at least these limits; the largest where none has.

    Vertex AI says that it takes the closest fit, not which: this is the least that a task can cost.
    """
    types = [Machine(**each) for each in _table()["machines"]["types"]]
    fitting = [each for each in types if each.vcpus >= vcpus and each.gib >= gib]
    return min(fitting, key=lambda each: each.usd(1), default=types[-1])


@cache
def _table() -> dict:  # type: ignore[type-arg]  # JSON
    return json.loads((FOLDER / "prices.json").read_text(encoding="utf-8"))  # type: ignore[no-any-return]
