"""Keep how a run ended: a row in pipeline_runs and one structured log line."""

import json
from datetime import UTC, datetime
from pathlib import Path

from google.api_core.exceptions import NotFound

from components.shared.clients import bigquery_client
from components.shared.queries import read_sql, run_query
from components.shared.run_record import read_records

WITH_WARNINGS = "SUCCEEDED_WITH_WARNINGS"
SQL = Path(__file__).with_name("pipeline_runs.sql")


def run(
    *,
    project: str,
    location: str,
    bucket: str,
    warehouse_dataset: str,
    as_of: str,
    run_id: str,
    state: str,
    error: str,
) -> None:
    """Append the run's row; the log line comes first, so that it stands even when BigQuery is away."""
    ended_at = datetime.now(UTC)
    try:
        steps = read_records(project, bucket, run_id)
    except NotFound:
        steps = []
    failed = next((step for step in steps if step["state"] == "FAILED"), {})
    warnings = [warning for step in steps for warning in step["counts"].get("warnings", [])]
    if warnings and state == "SUCCEEDED":
        state = WITH_WARNINGS
    summary = {
        "run_id": run_id,
        "as_of": as_of,
        "state": state,
        "started_at": steps[0]["started_at"] if steps else "",
        "failed_step": failed.get("step", ""),
        "error": failed.get("error", "") or (error or ""),
    }
    severity = {"SUCCEEDED": "INFO", WITH_WARNINGS: "WARNING"}.get(state, "ERROR")
    print(
        json.dumps(
            {"severity": severity, "message": f"run {run_id} {state}", **summary, "warnings": warnings}
        ),
        flush=True,
    )
    sql = read_sql(SQL, project=project, dataset=warehouse_dataset)
    parameters = summary | {"ended_at": ended_at, "steps": json.dumps(steps)}
    run_query(bigquery_client(project, location), sql, parameters)
