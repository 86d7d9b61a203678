"""An action of the shop that generated customers answer: a share of those it reaches buys once more.

What would have been bought without it stays as it is, so that what it brings is known to the customer.
"""

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Self

import numpy as np

from generators.population import Lives, Population


@dataclass(frozen=True)
class Action:
    """Whom an action reaches, by the shop's ids, from a day on; `share` of them buys within `days` of it."""

    starts_on: date
    customers: frozenset[str]
    share: float
    days: int

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what save has written."""
        kept = json.loads(path.read_text(encoding="utf-8"))
        customers = frozenset(kept["customers"])
        return cls(date.fromisoformat(kept["starts_on"]), customers, kept["share"], kept["days"])

    def save(self, path: Path) -> None:
        """Write it as JSON."""
        kept = {"starts_on": self.starts_on.isoformat(), "share": self.share, "days": self.days}
        path.write_text(json.dumps(kept | {"customers": sorted(self.customers)}), encoding="utf-8")

    def answers(self, population: Population, day: date) -> Lives:
        """Return who buys on a day because of it: nobody who had left before it started.

        Whether and when somebody would answer does not depend on whom it reaches.
        """
        living, start = population.living(self.starts_on), self.starts_on.toordinal()
        random = population.random("action", start)
        answers = random.random(len(living)) < self.share
        on_the_day = start + random.integers(0, self.days, len(living)) == day.toordinal()
        found = living.take(answers & on_the_day)
        reached = [population.customer_id(number) in self.customers for number in found.number.tolist()]
        return found.take(np.array(reached, dtype=np.bool_))
