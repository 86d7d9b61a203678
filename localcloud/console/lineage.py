"""The lineage of a run: its steps, what they passed on, and the tables that Dataform built in between."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter

from localcloud.console.artifacts import Artifact
from localcloud.console.runs import Run, Step
from localcloud.console.tasks import Task

type Dependencies = Mapping[str, Iterable[str]]
STEP, TABLE, FILE = "step", "table", "file"
_LEAVES = ("system.HTML", "system.Markdown")  # no step takes these as input


@dataclass(frozen=True)
class Node:
    """A step as the run's pages show it, or an artifact or table that a step made."""

    title: str
    kind: str
    step: Step | None = None
    artifact: Artifact | None = None


@dataclass
class Lineage:
    """Nodes by key (of a table, project.dataset.table), and the keys of the nodes each is made from."""

    nodes: dict[str, Node] = field(default_factory=dict)
    made_from: dict[str, list[str]] = field(default_factory=dict)

    def add(self, key: str, node: Node, sources: Iterable[str] = ()) -> None:
        """Add a node, or further sources of a known one."""
        self.nodes.setdefault(key, node)
        known = self.made_from.setdefault(key, [])
        known += [source for source in sources if source not in (key, *known)]

    def tasks(self) -> list[Task]:
        """Return the nodes in topological order, or none if they form a cycle."""
        try:
            order = list(TopologicalSorter(self.made_from).static_order())
        except CycleError:
            return []
        return [Task(key, self.nodes[key].title, tuple(self.made_from[key])) for key in order]


def lineage_of(run: Run, dependencies: Mapping[str, Dependencies]) -> Lineage:
    """Return the lineage of a run.

    `dependencies` holds, by step name, the tables that Dataform built in it, each with those it reads.
    """
    found = Lineage()
    for step in filter(_takes_part, run.steps):
        inside = dependencies.get(step.name, {})
        for artifact in step.inputs:
            found.add(key_of(artifact), _node(artifact))
        found.add(step.name, Node(step.title, STEP, step), map(key_of, step.inputs))
        for artifact in filter(_is_handed_on, step.outputs):
            key = key_of(artifact)
            if key in inside:
                _add_inside(found, step, key, inside)
            found.add(key, _node(artifact), () if key in inside else [step.name])
    return found


def key_of(artifact: Artifact) -> str:
    """Return the key that identifies an artifact: its table, or its location."""
    return artifact.table or artifact.uri or artifact.name


def _add_inside(found: Lineage, step: Step, table: str, inside: Dependencies) -> None:
    """Add a table that Dataform built in a step, and all that it is made from within that step."""
    for key in _ancestors(table, inside):
        sources = [source for source in inside[key] if source in inside]
        found.add(key, Node(key.rpartition(".")[2], TABLE), sources or [step.name])


def _ancestors(table: str, inside: Dependencies) -> Iterator[str]:
    seen, waiting = {table}, [table]
    while waiting:
        key = waiting.pop()
        yield key
        new = [source for source in inside[key] if source in inside and source not in seen]
        seen.update(new)
        waiting += new


def _takes_part(step: Step) -> bool:
    """Return whether a step has begun and has any inputs or outputs to show."""
    return step.started is not None and bool(step.inputs or any(map(_is_handed_on, step.outputs)))


def _is_handed_on(artifact: Artifact) -> bool:
    return not artifact.is_metrics and artifact.schema not in _LEAVES


def _node(artifact: Artifact) -> Node:
    title = artifact.table.rpartition(".")[2] or artifact.name
    return Node(title, TABLE if artifact.table else FILE, artifact=artifact)
