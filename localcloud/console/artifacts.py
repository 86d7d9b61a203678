"""The artifacts of a run: each one's metadata, and its file in the run's folder, if any."""

import os.path
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TABLE_NAMES = ("projectId", "datasetId", "tableId")
ON_THE_WEB = ("http://", "https://")


@dataclass(frozen=True)
class Artifact:
    """An artifact under its key among a step's inputs or outputs; a key may hold several, by index."""

    key: str
    index: int
    name: str
    schema: str
    uri: str
    metadata: dict[str, Any]

    @property
    def is_page(self) -> bool:
        """Whether it is an HTML page."""
        return self.schema == "system.HTML"

    @property
    def is_text(self) -> bool:
        """Whether it is a Markdown text."""
        return self.schema == "system.Markdown"

    @property
    def is_metrics(self) -> bool:
        """Whether its metadata are figures."""
        return self.schema in ("system.Metrics", "system.ClassificationMetrics")

    @property
    def table(self) -> str:
        """The BigQuery table that it points to, as project.dataset.table, or an empty string.

        Read from its metadata: kfp.local passes a google.BQTable on as a system.Artifact.
        """
        names = [self.metadata.get(name) for name in TABLE_NAMES]
        return ".".join(map(str, names)) if all(names) else ""

    @property
    def link(self) -> str:
        """Its address if that is on the web, else an empty string: no other scheme is safe to follow."""
        return self.uri if not self.table and self.uri.lower().startswith(ON_THE_WEB) else ""

    def file(self, folders: Sequence[Path]) -> Path | None:
        """Return its file if that lies, with symbolic links resolved, in one of these folders of runs."""
        path = Path(self.uri.removeprefix("file://"))
        if "\0" in self.uri or not path.is_absolute():
            return None
        path = path.resolve()
        is_inside = any(path.is_relative_to(folder.resolve()) for folder in folders)
        return path if is_inside and os.path.isfile(path) else None  # noqa: PTH113 -- False for too long a name
