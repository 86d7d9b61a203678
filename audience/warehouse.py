"""The warehouse as campaigns use it: one SQL file in queries/ per query, and the roles that each needs."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from google.api_core.exceptions import Forbidden
from google.cloud.bigquery import Client

from components.shared.errors import StepError
from components.shared.queries import Value, read_sql, run_query

QUERIES = Path(__file__).parent / "queries"
READS, WRITES = "roles/bigquery.dataViewer on the dataset", "roles/bigquery.dataEditor on the table"
ROLES = {
    "listed": READS + " {bi}",
    "listed_in": READS + " {warehouse}",
    "campaign": READS + " {warehouse}",
    "start": READS + " {bi}, and " + WRITES + " {warehouse}.retention_audiences",
    "outcomes": READS + " {warehouse}",
    "record_effects": WRITES + " {warehouse}.retention_effects",
    "contacts": READS + " {contacts}, which Terraform's contact_readers grants; or run without --with-ids",
}

type Row = dict[str, Any]


@dataclass(frozen=True)
class Warehouse:
    """A client, and the names of the datasets bi, warehouse and contacts."""

    client: Client
    datasets: Mapping[str, str]

    def ask(self, query: str, parameters: Mapping[str, Value], **names: str) -> list[Row]:
        """Return the rows of a query in queries/; raise StepError naming the roles if one is missing."""
        sql = read_sql(QUERIES / f"{query}.sql", project=self.client.project, **self.datasets, **names)
        try:
            return [dict(row) for row in run_query(self.client, sql, parameters)]
        except Forbidden as error:
            reason = str(error.message or error).partition("; reason:")[0].strip()
            roles = ROLES[query].format_map(self.datasets)
            raise StepError(
                f"{reason}: this needs roles/bigquery.jobUser on the project, and {roles} (docs/access.md)"
            ) from error
