"""The machines and shards of a run, chosen from the counts of an earlier run.

The orchestrator adapts the specification that it submits, and docs/sizing.md shows the table. A step that is
not in it leaves its work to BigQuery or Dataform, or needs the same memory for any amount of data.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from components.shared.defaults import DOCUMENTS_A_SHARD

GROWTH = 1.25  # room for this many times what the earlier run counted
MOST_SHARDS = 100  # of the 600 tasks that Vertex AI runs at once in a project and region

type Counts = Mapping[str, Mapping[str, Any]]  # what a run counted, by step


class TaskLimits(BaseModel):
    """A task's limits; Vertex AI chooses its machine type (machine_for in components/cost/prices.py)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cpu: Annotated[int, Field(ge=1, le=96)]
    memory_gb: Annotated[int, Field(ge=1, le=624)]


@dataclass(frozen=True)
class Size:
    """The machine of a step for up to at_most records."""

    at_most: float
    machine: TaskLimits


@dataclass(frozen=True)
class Sized:
    """A step whose machine follows from a count of the earlier run: its sizes, smallest first."""

    step: str
    counted_by: str
    count: str
    sizes: tuple[Size, ...]


@dataclass(frozen=True)
class Sharded:
    """Work that is split into shards of rows_a_shard: the parameter for their number, and the loop's task."""

    parameter: str
    task: str
    counted_by: str
    count: str
    rows_a_shard: int


MACHINES = (
    Sized(
        "train_churn_model",
        "extract_features",
        "training_rows",
        (
            Size(200_000, TaskLimits(cpu=2, memory_gb=8)),
            Size(float("inf"), TaskLimits(cpu=4, memory_gb=16)),
        ),
    ),
)
SHARDS = (
    Sharded("export_shards", "export-in-shards", "export_sales", "documents", DOCUMENTS_A_SHARD),
    Sharded("scoring_shards", "score-in-shards", "extract_features", "scoring_rows", 5_000_000),
)
COUNTING = frozenset(one.counted_by for one in (*MACHINES, *SHARDS))  # the steps whose counts decide


@dataclass(frozen=True)
class Sizes:
    """The sizes of a run: machines by step, and numbers of shards by parameter."""

    machines: dict[str, TaskLimits] = field(default_factory=dict)
    shards: dict[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        """Return them as a line for the log."""
        machines = [f"{step}={one.cpu}/{one.memory_gb}GB" for step, one in self.machines.items()]
        return " ".join([*machines, *(f"{name}={number}" for name, number in self.shards.items())])


def sizes_after(counts: Counts, most_shards: int = MOST_SHARDS) -> Sizes:
    """Return the sizes for the run after one with these counts; without a count, the defaults apply."""
    wanted = {one: _rows(counts, one) for one in (*MACHINES, *SHARDS)}
    return Sizes(
        {
            one.step: next(size.machine for size in one.sizes if rows <= size.at_most)
            for one, rows in wanted.items()
            if isinstance(one, Sized) and rows
        },
        {
            one.parameter: max(1, min(most_shards, ceil(rows / one.rows_a_shard)))
            for one, rows in wanted.items()
            if isinstance(one, Sharded) and rows
        },
    )


def fit_to_machines(
    text: str, machines: Mapping[str, TaskLimits], parameters: Mapping[str, Any]
) -> dict[str, Any]:
    """Return a compiled pipeline with these machines, without the loops whose work fits in one shard."""
    content: dict[str, Any] = json.loads(text)
    for step, machine in machines.items():
        _resources(content, step).update(
            cpuLimit=float(machine.cpu),
            memoryLimit=float(machine.memory_gb),
            resourceCpuLimit=str(machine.cpu),
            resourceMemoryLimit=f"{machine.memory_gb}G",
        )
    defaults = content["root"]["inputDefinitions"]["parameters"]
    for one in SHARDS:
        if parameters.get(one.parameter, defaults[one.parameter]["defaultValue"]) == 1:
            _remove(content, one.task)
    _drop_unused(content)
    return content


def steps_of(content: dict[str, Any]) -> list[str]:
    """Return the names of a compiled pipeline's steps."""
    return [name.removeprefix("exec-").replace("-", "_") for name in content["deploymentSpec"]["executors"]]


def table() -> str:
    """Return the table of docs/sizing.md."""
    lines = ["| Step | Follows | Up to | CPU | Memory |", "|---|---|---|---|---|"]
    for one in MACHINES:
        follows = f"`{one.count}` of `{one.counted_by}`"
        for size in one.sizes:
            most = "any" if size.at_most == float("inf") else f"{size.at_most:,.0f}"
            lines.append(
                f"| `{one.step}` | {follows} | {most} | {size.machine.cpu} | {size.machine.memory_gb} GB |"
            )
    lines += ["", "| Work in shards | Follows | Rows a shard |", "|---|---|---|"]
    lines += [
        f"| `{one.parameter}` | `{one.count}` of `{one.counted_by}` | {one.rows_a_shard:,} |"
        for one in SHARDS
    ]
    return "\n".join(lines)


def _rows(counts: Counts, one: Sized | Sharded) -> float:
    """Return how many rows to make room for, 0 if they were not counted."""
    return GROWTH * int(counts.get(one.counted_by, {}).get(one.count, 0))


def _resources(content: dict[str, Any], step: str) -> dict[str, Any]:
    container = content["deploymentSpec"]["executors"][f"exec-{step.replace('_', '-')}"]["container"]
    resources: dict[str, Any] = container["resources"]
    return resources


def _remove(content: dict[str, Any], task: str) -> None:
    """Remove a task from its graph; what depended on it keeps its other dependencies."""
    for component in [content["root"], *content["components"].values()]:
        tasks = component.get("dag", {}).get("tasks", {})
        if tasks.pop(task, None):
            for other in tasks.values():
                if task in other.get("dependentTasks", []):
                    other["dependentTasks"].remove(task)
                if other.get("dependentTasks") == []:
                    del other["dependentTasks"]


def _drop_unused(content: dict[str, Any]) -> None:
    used: dict[str, Any] = {}
    waiting = [content["root"]]
    while waiting:
        tasks = waiting.pop().get("dag", {}).get("tasks", {})
        found = {
            name: content["components"][name]
            for name in (one["componentRef"]["name"] for one in tasks.values())
        }
        waiting += [component for name, component in found.items() if name not in used]
        used |= found
    labels = {component.get("executorLabel") for component in used.values()}
    executors = content["deploymentSpec"]["executors"]
    content["components"] = used
    content["deploymentSpec"]["executors"] = {name: one for name, one in executors.items() if name in labels}
