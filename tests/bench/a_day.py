"""Measure what each statement reads on a usual day, after histories of different lengths.

python tests/bench/a_day.py [--days 40 400] [--sales 500] [--changes 500]

The day after the history brings --changes documents: new sales, and changes and deletions from recent weeks.
Bytes are those that BigQuery would read; it bills at least 10 MB per table, more than a small shop fills.
"""

import argparse
import io
import json
import os
import re
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from google.cloud.bigquery import Client, QueryJob
from google.cloud.storage import Bucket

from components.export_sales.documents import SCHEMA
from components.extract_features.step import extract_features
from components.shared.clients import bigquery_client, dataform_client, storage_client
from components.shared.names import BUCKET, DATASETS, SOURCES
from components.shared.sources import put_placeholder_files
from infra.deploy.warehouse import make_workspace
from laptop.provision import provision
from localcloud.supervisor import running
from tests.bench.warehouse import PARENT, PROJECT, put_events, run

LAST = date(2026, 11, 24)
TARGET = re.compile(r"(?:INTO|TABLE|VIEW|FROM|MERGE|UPDATE)\s+`?[\w-]*\.?`?(\w+)`?\.`?(\w+)`?", re.IGNORECASE)


def sale(day: date, number: int, customers: int, **changes: Any) -> dict[str, Any]:
    """Return a version of a sale as an export contains it."""
    moment = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    name = f"S{day:%Y%m%d}{number:07}"
    return {
        "sale_id": name,
        "customer_id": f"C{(number * 7919 + day.toordinal() * 31) % customers}",
        "sale_timestamp": moment,
        "product_id": "P1",
        "product_category": ("coats", "boots", "hats")[number % 3],
        "quantity": 2,
        "unit_price": 49.5,
        "total_amount": 99.0,
        "currency": "EUR",
        "status": "completed",
        "payment_method": "card",
        "channel": "web",
        "schema_version": "2.0.0",
        "document_id": name,
        "create_time": moment,
        "update_time": moment,
        "known_from": moment,
        "is_deleted": False,
    } | changes


def put(
    bucket: Bucket, day: date, rows: list[dict[str, Any]], documents: int, changed: int = 0, deleted: int = 0
) -> None:
    """Put an export into the lake."""
    parquet = io.BytesIO()
    exported = [row | {"export_id": f"x{day}"} for row in rows]
    pq.write_table(pa.Table.from_pylist(exported, schema=SCHEMA), parquet)
    bucket.blob(f"sales/export_date={day}/x.parquet").upload_from_string(parquet.getvalue())
    manifest = {"export_id": f"x{day}", "read_time": f"{day}T23:00:00Z", "documents": documents}
    manifest |= {"new": len(rows) - changed - deleted, "changed": changed, "deleted": deleted}
    manifest |= {"rows": len(rows), "rejects": 0, "files": ["x.parquet"]}
    bucket.blob(f"sales_manifests/export_date={day}/manifest.json").upload_from_string(json.dumps(manifest))


def put_history(bucket: Bucket, days: int, sales: int, customers: int) -> None:
    """Put a history into the lake, with one export per day."""
    for back in reversed(range(days)):
        day = LAST - timedelta(back)
        put(bucket, day, [sale(day, n, customers) for n in range(sales)], (days - back) * sales)
        put_events(bucket, day, sales)


def put_next_day(bucket: Bucket, days: int, sales: int, changes: int, customers: int) -> date:
    """Put the day after into the lake: most documents are new, some changed, some deleted."""
    day = LAST + timedelta(1)
    now = datetime(day.year, day.month, day.day, 20, tzinfo=UTC)
    late = {"update_time": now, "known_from": now}
    changed, deleted = changes // 5, changes // 50
    new = [sale(day, n, customers) for n in range(changes - changed - deleted)]
    old = [sale(LAST - timedelta(n % 20), n, customers, status="refunded", **late) for n in range(changed)]
    gone = [
        {
            "document_id": sale(LAST - timedelta(n % 20), sales - 1 - n, customers)["document_id"],
            "is_deleted": True,
        }
        | late
        for n in range(deleted)
    ]
    put(bucket, day, [*new, *old, *gone], days * sales + len(new) - len(gone), len(old), len(gone))
    put_events(bucket, day, sales)
    return day


def jobs_since(client: Client, since: datetime) -> Iterator[QueryJob]:
    """Yield the query jobs since a time, replacing scripts by their statements."""
    for job in client.list_jobs(min_creation_time=since):
        if isinstance(job, QueryJob):
            if job.num_child_jobs:
                for child in client.list_jobs(parent_job=job):
                    if isinstance(child, QueryJob):
                        yield child
            else:
                yield job


def of_statement(job: QueryJob) -> tuple[str, str]:
    """Return what a statement does, in a few words, and the tables that it reads."""
    tables = sorted({table.table_id for table in job.referenced_tables})
    text = " ".join(re.sub(r"--[^\n]*", "", job.query).split())
    said = text[:70]
    if found := TARGET.search(text):
        said = f"{job.statement_type} {text[:24]} … {found[2]}"
    return said[:90], ", ".join(tables)


def tell(client: Client, since: datetime, name: str) -> Counter[str]:
    """Print what each statement read, largest first; return the bytes by statement."""
    sums: Counter[str] = Counter()
    billed = 0
    seen = 0
    for job in jobs_since(client, since):
        seen += 1
        what, tables = of_statement(job)
        sums[f"{what} ← {tables}"] += job.total_bytes_processed or 0
        billed += job.total_bytes_billed or 0
    print(
        f"{name}: {seen} statements, {sum(sums.values()) / 1e6:,.2f} MB read, {billed / 2**20:,.0f} MB billed"
    )
    for what, read in sums.most_common(60):
        if read > 20_000:
            print(f"  {read / 1e6:9.3f} MB  {what}")
    return sums


def main() -> None:
    """Measure each history in its own local cloud."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--days", type=int, nargs="+", default=[40, 400], help="of history, a cloud each")
    parser.add_argument("--sales", type=int, default=500, help="sales a day")
    parser.add_argument("--changes", type=int, default=500, help="documents of the day after")
    parser.add_argument("--customers", type=int, default=2000)
    options = parser.parse_args()
    for days in options.days:
        with (
            tempfile.TemporaryDirectory() as folder,
            running(Path(folder), report=lambda _: None) as endpoints,
        ):
            os.environ.update(endpoints.environment())
            provision(PROJECT)
            measure(options, days)


def measure(options: argparse.Namespace, days: int) -> None:
    """Run a history, then the day after, and print what its statements read."""
    bucket = storage_client(PROJECT).bucket(BUCKET)
    put_placeholder_files(bucket, SOURCES)
    put_history(bucket, days, options.sales, options.customers)
    dataform, client = dataform_client(), bigquery_client(PROJECT)
    workspace = make_workspace(dataform, PARENT, "bench", "bench")
    print(
        f"history of {days} days, {days * options.sales:,} sales: {run(dataform, workspace, LAST)}",
        flush=True,
    )
    as_of = put_next_day(bucket, days, options.sales, options.changes, options.customers)
    time.sleep(1)
    since = datetime.now(UTC)
    print(f"the day after: {run(dataform, workspace, as_of)}", flush=True)
    tell(client, since, "run_dataform")
    since = datetime.now(UTC)
    extract_features(
        project=PROJECT,
        location="us-central1",
        warehouse_dataset=DATASETS["warehouse"],
        features_dataset=DATASETS["features"],
        as_of=str(as_of),
        horizon_days=14,
        cutoffs=2,
    )
    tell(client, since, "extract_features")


if __name__ == "__main__":
    main()
