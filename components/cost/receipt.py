"""The receipt of a run: what it used, and what that costs on Google Cloud at list prices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.cost.prices import TIB, MachineType, prices

SERVICES = ("firestore", "bigquery", "vertex")


@dataclass(frozen=True)
class StepUse:
    """What a step used: documents read, bytes billed, and seconds on its machine, if known."""

    step: str
    documents_read: int
    bytes_billed: int
    machine_seconds: float
    machine: MachineType | None

    def usd(self) -> dict[str, float]:
        """Return its cost by service, in USD."""
        return {
            "firestore": prices()["firestore_read"].of(self.documents_read),
            "bigquery": prices()["bigquery_tib"].of(self.bytes_billed / TIB),
            "vertex": self.machine.usd(self.machine_seconds) if self.machine else 0.0,
        }


@dataclass(frozen=True)
class Receipt:
    """The steps of a run; estimated_cost is in USD at list prices, before monthly free amounts."""

    steps: Sequence[StepUse]

    @property
    def documents_read(self) -> int:
        """Firestore reads, as billed."""
        return sum(step.documents_read for step in self.steps)

    @property
    def bytes_billed(self) -> int:
        """BigQuery bytes, as billed."""
        return sum(step.bytes_billed for step in self.steps)

    @property
    def machine_seconds(self) -> float:
        """Seconds summed over all machines."""
        return sum(step.machine_seconds for step in self.steps)

    @property
    def parts(self) -> dict[str, float]:
        """The estimated cost by service, in USD, including Vertex AI's fee for a run."""
        sums = {service: sum(step.usd()[service] for step in self.steps) for service in SERVICES}
        return sums | {"vertex": sums["vertex"] + prices()["vertex_run"].of(1)}

    @property
    def estimated_cost(self) -> float:
        """What the run costs, in USD."""
        return sum(self.parts.values())


def receipt_of(
    records: Sequence[Mapping[str, Any]], seconds: Mapping[str, float], machines: Mapping[str, MachineType]
) -> Receipt:
    """Return the receipt of a run from its steps' records and its tasks' machine times.

    A step that was killed before it left a record is included with its machine. documents_read is what the
    export reports; if it reports nothing, all documents.
    """
    counts: dict[str, dict[str, int]] = {}
    for record in records:
        sums = counts.setdefault(_base(record["step"], machines), {})
        for name, value in _usage(record["counts"]).items():
            sums[name] = sums.get(name, 0) + value
    names = [*counts, *(step for step in seconds if step not in counts)]
    return Receipt(
        [
            StepUse(
                step,
                counts.get(step, {}).get("documents_read", 0),
                counts.get(step, {}).get("bytes_billed", 0),
                round(seconds.get(step, 0.0), 1),
                machines.get(step),
            )
            for step in names
        ]
    )


def _base(step: str, machines: Mapping[str, MachineType]) -> str:
    """Return the step of a record; a task of a loop may add its number to the name."""
    return max((name for name in machines if step.startswith(name)), key=len, default=step)


def _usage(counts: Mapping[str, Any]) -> dict[str, int]:
    return {
        "documents_read": counts.get("documents_read", counts.get("documents", 0)),
        "bytes_billed": counts.get("bytes_billed", 0),
    }


def format_usd(usd: float) -> str:
    """Return an amount of USD as text: to the cent, or finer below 10 cents."""
    return f"${usd:,.2f}" if usd >= 0.1 or usd == 0 else f"${usd:.3f}"
