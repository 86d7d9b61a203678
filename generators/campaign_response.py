"""A campaign that generated customers respond to: a share of those it reaches make one more purchase.

What they would have bought without it is unchanged, so its effect is known for every customer.
"""

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Self

import numpy as np

from generators.population import Lives, Population


@dataclass(frozen=True)
class CampaignResponse:
    """Whom a campaign reaches, by the shop's ids, from a day on; `share` of them buy within `days` of it."""

    starts_on: date
    customers: frozenset[str]
    share: float
    days: int

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a response written by save."""
        kept = json.loads(path.read_text(encoding="utf-8"))
        customers = frozenset(kept["customers"])
        return cls(date.fromisoformat(kept["starts_on"]), customers, kept["share"], kept["days"])

    def save(self, path: Path) -> None:
        """Write the response as JSON."""
        kept = {"starts_on": self.starts_on.isoformat(), "share": self.share, "days": self.days}
        path.write_text(json.dumps(kept | {"customers": sorted(self.customers)}), encoding="utf-8")

    def responders(self, population: Population, day: date) -> Lives:
        """Return who buys on a day because of the campaign: nobody who had left before it started.

        Whether and when somebody would respond does not depend on whom the campaign reaches.
        """
        living, start = population.living(self.starts_on), self.starts_on.toordinal()
        random = population.random("action", start)
        responds = random.random(len(living)) < self.share
        on_the_day = start + random.integers(0, self.days, len(living)) == day.toordinal()
        found = living.take(responds & on_the_day)
        reached = [population.customer_id(number) in self.customers for number in found.number.tolist()]
        return found.take(np.array(reached, dtype=np.bool_))
