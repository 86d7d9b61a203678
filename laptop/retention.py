"""What make run deletes after a day. docs/retention.md says what is kept for how long, and why.

The local Vertex AI and Dataform keep the newest runs, as localcloud.toml says, and BigQuery its recent past.
This module deletes what remains of runs that are gone, and old examples: in the cloud, lifecycle rules and
expiring partitions do that.
"""

import re
from pathlib import Path

from google.cloud.storage import Bucket

from components.shared.clients import bigquery_client, pipeline_service_client, storage_client
from components.shared.names import BUCKET, DATASETS, LOCATION
from components.shared.queries import read_sql, run_query
from components.shared.run_record import records_prefix

FORGET = Path(__file__).parent / "forget_examples.sql"
EXAMPLE_DAYS = {"churn_scoring_examples": 400}  # how many of the newest days with examples are kept
PAGE = re.compile(r"(customer-churn-\d{8}(?:-r\d+)?)(?:-watching|-dashboard)?\.html")


def forget_old(project: str, reports: Path) -> None:
    """Delete the records and pages of runs that the local Vertex AI no longer has, and old examples."""
    runs = _known_runs(project)
    _forget_records(storage_client(project).bucket(BUCKET), runs)
    forget_pages(reports, runs)
    with bigquery_client(project, LOCATION) as client:
        for table, days in EXAMPLE_DAYS.items():
            sql = read_sql(FORGET, project=project, features_dataset=DATASETS["features"], table=table)
            run_query(client, sql, {"days": days})


def _known_runs(project: str) -> set[str]:
    parent = f"projects/{project}/locations/{LOCATION}"
    jobs = pipeline_service_client(LOCATION).list_pipeline_jobs(
        request={"parent": parent, "read_mask": {"paths": ["name"]}}
    )
    return {job.name.rpartition("/")[2] for job in jobs}


def _forget_records(bucket: Bucket, runs: set[str]) -> None:
    folder = records_prefix("")[:-1]
    for blob in bucket.list_blobs(prefix=folder):
        if blob.name.removeprefix(folder).partition("/")[0] not in runs:
            blob.delete()


def forget_pages(reports: Path, runs: set[str]) -> None:
    """Delete the pages in a folder that belong to runs other than these; other files stay."""
    for path in reports.iterdir():
        if (found := PAGE.fullmatch(path.name)) and found[1] not in runs:
            path.unlink()
