"""Where the data are, and how to query them: one read-only SQL file in queries/ per query."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from google.cloud.bigquery import Client

from components.shared.queries import Value, read_sql, run_query

QUERIES = Path(__file__).parent / "queries"

type Row = dict[str, Any]


@dataclass(frozen=True)
class Places:
    """A project's datasets and bucket, and the client that queries BigQuery."""

    client: Client
    bucket: str
    warehouse_dataset: str
    features_dataset: str
    keys_dataset: str

    def ask(self, query: str, parameters: Mapping[str, Value], before: str = "", **names: str) -> list[Row]:
        """Return the rows of a query in queries/, run after the statements in `before`."""
        known = {"project": self.client.project, "warehouse_dataset": self.warehouse_dataset}
        sql = read_sql(
            QUERIES / f"{query}.sql",
            **known,
            features_dataset=self.features_dataset,
            keys_dataset=self.keys_dataset,
            **names,
        )
        return [dict(row) for row in run_query(self.client, before + sql, parameters)]
