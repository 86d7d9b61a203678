"""The counts of a deployed project, from its customers and from what its newest run exported."""

from pathlib import Path

from google.api_core.exceptions import NotFound

from components.shared.clients import bigquery_client
from components.shared.queries import read_sql, run_query

SQL = Path(__file__).with_name("counts.sql")


def deployed_counts(project: str, location: str, warehouse: str) -> dict[str, int]:
    """Return customers, sales and daily changes; raise NotFound if no run has succeeded yet."""
    with bigquery_client(project, location) as client:
        rows = list(run_query(client, read_sql(SQL, project=project, warehouse=warehouse), {}))
    if not rows:
        raise NotFound("no run has succeeded yet: give --customers, --sales and --changes")
    return {name: int(rows[0][name]) for name in ("customers", "sales", "changes")}
