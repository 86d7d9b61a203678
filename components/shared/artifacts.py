"""The table artifacts that steps pass to each other, so that the console shows lineage."""

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
    """Make an output artifact refer to a table, as google.BQTable does."""
    artifact.uri = RESOURCE.format(table.project, table.dataset, table.name)
    artifact.metadata.update(projectId=table.project, datasetId=table.dataset, tableId=table.name)


def table_of(artifact: Artifact) -> Table:
    """Return the table that an input artifact refers to."""
    names = artifact.metadata
    return Table(names["projectId"], names["datasetId"], names["tableId"])
