"""Measure the warehouse's daily run over a long history against a full refresh, and one very large day.

python tests/bench/warehouse.py [--days 365] [--events 2000] [--sales 1000] [--large-day 2000000]
"""

import argparse
import io
import json
import os
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from google.cloud.bigquery import Client
from google.cloud.dataform_v1 import (
    CodeCompilationConfig,
    CompilationResult,
    DataformClient,
    InvocationConfig,
    WorkflowInvocation,
    WorkflowInvocationAction,
)
from google.cloud.storage import Bucket

from components.export_sales.documents import SCHEMA
from components.shared.clients import bigquery_client, dataform_client, storage_client
from components.shared.names import BUCKET
from infra.deploy.warehouse import make_workspace
from laptop.provision import provision
from localcloud.supervisor import running

PROJECT = "winter-days-local"
PARENT = f"projects/{PROJECT}/locations/us-central1"
FIRST = date(2025, 1, 1)
CUSTOMERS = 20_000
EXPORTED = Counter[str]()  # documents so far, by bucket


def put_sales(bucket: Bucket, day: date, count: int) -> int:
    """Put one day's export into the lake; return its bytes."""
    moments = [datetime(day.year, day.month, day.day, 12, tzinfo=UTC)] * count
    ids = [f"S{day:%Y%m%d}{number:07}" for number in range(count)]
    columns: dict[str, Any] = {
        "sale_id": ids,
        "customer_id": [f"C{number % CUSTOMERS}" for number in range(count)],
        "sale_timestamp": moments,
        "product_id": ["P1"] * count,
        "product_category": ["coats"] * count,
        "quantity": [2] * count,
        "unit_price": [49.5] * count,
        "total_amount": [99.0] * count,
        "currency": ["EUR"] * count,
        "status": ["completed"] * count,
        "payment_method": ["card"] * count,
        "channel": ["web"] * count,
        "contact_email_hashed": ["0" * 64] * count,
        "credit_card_last4": ["1234"] * count,
        "schema_version": ["2.0.0"] * count,
        "document_id": ids,
        "create_time": moments,
        "update_time": moments,
        "known_from": moments,
        "is_deleted": [False] * count,
        "export_id": [f"x{day}"] * count,
    }
    columns = {field.name: pa.nulls(count, field.type) for field in SCHEMA} | columns
    parquet = io.BytesIO()
    pq.write_table(pa.table(columns, schema=SCHEMA), parquet)
    bucket.blob(f"sales/export_date={day}/x.parquet").upload_from_string(parquet.getvalue())
    EXPORTED[bucket.name] += count
    manifest = {"export_id": f"x{day}", "read_time": f"{day}T23:00:00Z", "documents": EXPORTED[bucket.name]}
    manifest |= {"rows": count, "rejects": 0, "files": ["x.parquet"]}
    name = f"sales_manifests/export_date={day}/manifest.json"
    bucket.blob(name).upload_from_string(json.dumps(manifest))
    return len(parquet.getvalue())


def put_events(bucket: Bucket, day: date, count: int) -> int:
    """Put one day's clickstream into the lake; return its bytes."""
    lines = "".join(
        f'{{"event_id":"E{day}-{number}","session_id":"V{day}-{number // 3}",'
        f'"customer_id":"C{number % CUSTOMERS}",'
        f'"event_timestamp":"{day}T12:00:00Z","event_type":"page_view","page_url":"https://shop.example/coats",'
        f'"referrer_domain":"google.com","device_type_category":"mobile","is_bounce":false,'
        f'"load_timestamp":"{day + timedelta(days=1)}T00:00:00Z","schema_version":"2.0.0"}}\n'
        for number in range(count)
    )
    bucket.blob(f"clickstream/load_date={day}/events.jsonl").upload_from_string(lines)
    return len(lines)


def put_day(bucket: Bucket, day: date, sales: int, events: int) -> int:
    """Put a day into the lake; return its bytes."""
    return put_sales(bucket, day, sales) + put_events(bucket, day, events)


def run(client: DataformClient, workspace: str, as_of: date, *, full_refresh: bool = False) -> str:
    """Run every action as of a day; return the seconds it took, or raise RuntimeError naming what failed."""
    repository = workspace.rpartition("/workspaces/")[0]
    # A day of millions among days of thousands is intended here.
    variables = {
        "as_of": str(as_of),
        "bucket": BUCKET,
        "most_volume_share": "1000000",
        "sources": "clickstream",
    }
    compiled = client.create_compilation_result(
        parent=repository,
        compilation_result=CompilationResult(
            workspace=workspace, code_compilation_config=CodeCompilationConfig(vars=variables)
        ),
    )
    config = InvocationConfig(fully_refresh_incremental_tables_enabled=full_refresh)
    invocation = WorkflowInvocation(compilation_result=compiled.name, invocation_config=config)
    started = time.monotonic()
    name = client.create_workflow_invocation(parent=repository, workflow_invocation=invocation).name
    while client.get_workflow_invocation(name=name).state == WorkflowInvocation.State.RUNNING:
        time.sleep(0.2)
    seconds = time.monotonic() - started
    actions = list(client.query_workflow_invocation_actions(request={"name": name}))
    if failed := [
        f"{found.target.name}: {found.failure_reason}" for found in actions if found.failure_reason
    ]:
        raise RuntimeError("\n".join(failed))
    return f"{seconds:6.1f} s ({', '.join(seconds_by_kind(actions))})"


def seconds_by_kind(actions: list[WorkflowInvocationAction]) -> Iterator[str]:
    """Yield the total seconds of the actions of each kind; two actions run at a time."""
    kinds = {"ext_": "bronze", "stg_": "silver", "fct_": "gold", "dim_": "gold", "agg_": "gold"}
    sums: Counter[str] = Counter()
    for found in actions:
        timing = found.invocation_timing
        kind = kinds.get(found.target.name[:4], "assertions")
        sums[kind] += (timing.end_time - timing.start_time).total_seconds()
    for kind in ("bronze", "silver", "gold", "assertions"):
        yield f"{kind} {sums[kind]:.1f} s"


def rows_open(client: Client) -> str:
    """Return how many of bronze's click lines are in the days that a run reads again, out of how many."""
    [row] = client.query_and_wait(
        "SELECT COUNTIF(load_date >= (SELECT DATE_SUB(MAX(load_date), INTERVAL 3 DAY)"
        " FROM winter_days_staging.stg_click_rows)) AS opened, COUNT(*) AS n"
        " FROM winter_days_staging.ext_clickstream_gcs"
    )
    return f"{row.opened:,} of {row.n:,} events"


def measure(options: argparse.Namespace) -> None:
    """Fill the lake; run the history, the next day, a full refresh, and the day of millions."""
    bucket = storage_client(PROJECT).bucket(BUCKET)
    days = [FIRST + timedelta(days=number) for number in range(options.days)]
    sizes = [put_day(bucket, day, options.sales, options.events) for day in days]
    workspace = make_workspace(dataform_client(), PARENT, "bench", "bench")
    client, next_day = dataform_client(), days[-1] + timedelta(days=1)
    print(f"history of {options.days} days: {sum(sizes) / 1e6:,.0f} MB in the lake", flush=True)
    print(f"first run     {run(client, workspace, days[-1])}", flush=True)
    size = put_day(bucket, next_day, options.sales, options.events)
    opened = size + sum(sizes[-3:])
    print(f"next day      {run(client, workspace, next_day)}", flush=True)
    print(f"  open to it: {opened / 1e6:,.1f} of {(size + sum(sizes)) / 1e6:,.1f} MB of bronze,", flush=True)
    print(f"  {rows_open(bigquery_client(PROJECT))}", flush=True)
    print(f"full refresh  {run(client, workspace, next_day, full_refresh=True)}", flush=True)
    if options.large_day:
        large = next_day + timedelta(days=1)
        put_day(bucket, large, options.sales, options.large_day)
        print(f"a day of {options.large_day:,} events {run(client, workspace, large)}", flush=True)


def main() -> None:
    """Measure in a separate local cloud."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--days", type=int, default=365, help="of history")
    parser.add_argument("--events", type=int, default=2000, help="clickstream events a day")
    parser.add_argument("--sales", type=int, default=1000, help="sales a day")
    parser.add_argument("--large-day", type=int, default=2_000_000, help="events on the last day; 0 for none")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, running(Path(folder), report=lambda _: None) as endpoints:
        os.environ.update(endpoints.environment())
        provision(PROJECT)
        measure(options)


if __name__ == "__main__":
    main()
