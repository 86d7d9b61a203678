"""Where the platform keeps its data, by name."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Platform:
    """A project's collection, bucket and datasets, and optionally a folder of reports on this machine."""

    project: str
    location: str
    bucket: str
    database: str
    collection: str
    datasets: Mapping[str, str]
    reports: Path | None = None
