"""The table artifacts that steps hand to each other, so that lineage shows in the console."""

from dataclasses import dataclass
from typing import Any, Protocol

RESOURCE = "https://www.googleapis.com/bigquery/v2/projects/{}/datasets/{}/tables/{}"


class Artifact(Protocol):
    """What a step needs of a kfp artifact."""

    uri: str
    path: str
    metadata: dict[str, Any]


@dataclass(frozen=True)
class Table:
    """A BigQuery table by its three names."""

    project: str
    dataset: str
    name: str


def describe_table(artifact: Artifact, table: Table) -> None:
    """Make an output artifact point at a table, as google.BQTable has it."""
    artifact.uri = RESOURCE.format(table.project, table.dataset, table.name)
    artifact.metadata.update(projectId=table.project, datasetId=table.dataset, tableId=table.name)


def table_of(artifact: Artifact) -> Table:
    """Return the table that an input artifact points at."""
    names = artifact.metadata
    return Table(names["projectId"], names["datasetId"], names["tableId"])
