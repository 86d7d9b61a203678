"""The tasks of a compiled pipeline and what each waits for, with groups flattened."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from itertools import chain
from typing import Any

type Spec = Mapping[str, Any]


@dataclass(frozen=True)
class Task:
    """A task that runs something: its name, its title, and the names of the tasks it waits for.

    The name of a task in a group starts with the group's name: a-group.a-task.
    """

    name: str
    title: str
    after: tuple[str, ...]


def tasks_of(spec: Spec) -> list[Task]:
    """Return the tasks of a pipeline's specification, each after all that it waits for.

    A task that waits for a group, such as an exit handler's, waits for the last tasks of the group.
    """
    if "root" not in spec:
        return []
    return list(_flatten(spec["root"]["dag"], spec.get("components", {}), "", (), {}))


def _flatten(
    dag: Spec, components: Spec, group: str, entry: tuple[str, ...], last: dict[str, tuple[str, ...]]
) -> Iterator[Task]:
    """Yield the tasks of a graph that starts after `entry`; record in `last` the final tasks of each."""
    waits = {name: task.get("dependentTasks", []) for name, task in dag["tasks"].items()}
    for name in TopologicalSorter(waits).static_order():
        task = dag["tasks"][name]
        after = _union(last[one] for one in waits[name]) or entry
        component = components[task["componentRef"]["name"]]
        if "dag" not in component:
            last[name] = (group + name,)
            yield Task(group + name, task.get("taskInfo", {}).get("name") or name, after)
            continue
        inner: dict[str, tuple[str, ...]] = {}
        yield from _flatten(component["dag"], components, f"{group}{name}.", after, inner)
        last[name] = _union(inner[one] for one in _final_tasks(component["dag"]))


def _final_tasks(dag: Spec) -> list[str]:
    awaited = set(chain.from_iterable(task.get("dependentTasks", []) for task in dag["tasks"].values()))
    return [name for name in dag["tasks"] if name not in awaited]


def _union(names: Iterator[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(chain.from_iterable(names)))
