"""Build a dbt project against the local BigQuery twice, and compare its tables with the expected ones.

make dbt-check starts the local cloud and runs this where dbt's adapter for BigQuery is installed.
"""

import os
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path

from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

SHOP = Path(__file__).parent / "shop"
DBT = Path(sys.executable).with_name("dbt")
DAILY = [("2026-01-01", 2, 12.75), ("2026-01-02", 1, 7.0)]
MERGED = {1: [(1, 1), (2, 1), (3, 1)], 2: [(1, 1), (2, 1), (3, 2)]}
REPLACED = {
    1: [("2026-01-01", 1), ("2026-01-01", 1), ("2026-01-02", 1)],
    2: [("2026-01-01", 1), ("2026-01-01", 1), ("2026-01-02", 2)],
}


def main() -> None:
    """Build it twice, as two runs; raise AssertionError for a wrong row, CalledProcessError if dbt fails."""
    dataset = f"dbt_{uuid.uuid4().hex[:8]}"
    client = bigquery.Client(os.environ["GOOGLE_CLOUD_PROJECT"], credentials=AnonymousCredentials())
    for run in (1, 2):
        build(dataset, run)
        daily = f"SELECT CAST(day AS STRING), orders, CAST(amount AS FLOAT64) FROM {dataset}.daily"
        assert rows(client, daily) == DAILY
        assert rows(client, f"SELECT id, run FROM {dataset}.merged") == MERGED[run]
        assert rows(client, f"SELECT CAST(day AS STRING), run FROM {dataset}.replaced") == REPLACED[run]
    notes = [('a, "quoted" one',), ("first",), (None,)]
    assert rows(client, f"SELECT note FROM {dataset}.orders") == notes
    assert client.get_table(f"{dataset}.daily").time_partitioning.field == "day"
    print(f"dbt built {dataset} twice: one seed, one table, two incremental models, two tests")


def build(dataset: str, run: int) -> None:
    """Have dbt build the project."""
    with tempfile.TemporaryDirectory() as target:
        folders = [
            "--project-dir",
            SHOP,
            "--profiles-dir",
            SHOP,
            "--target-path",
            target,
            "--log-path",
            target,
        ]
        command = [DBT, "build", *folders, "--vars", f"run: {run}"]
        subprocess.run(command, env=os.environ | {"DBT_DATASET": dataset}, check=True)


def rows(client: bigquery.Client, sql: str) -> list[tuple]:
    """Return a query's rows, sorted."""
    return sorted((tuple(row) for row in client.query_and_wait(sql)), key=repr)


if __name__ == "__main__":
    main()
