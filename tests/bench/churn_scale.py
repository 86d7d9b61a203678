"""Measure the churn model's steps by number of customers: seconds, peak memory, bytes of the warehouse read.

python tests/bench/churn_scale.py [--customers 50000 100000 200000] [--shards 4]
"""

import argparse
import hashlib
import io
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from google.cloud.bigquery import Client, LoadJobConfig, SchemaField, Table
from memory import peak_megabytes

from components.extract_features import step as extraction
from components.shared.clients import bigquery_client, storage_client
from components.train_churn_model.step import train_churn_model
from components.watch_predictions.step import watch_predictions
from components.write_predictions.step import score_shard, write_predictions
from infra.migration import make_tables
from localcloud.supervisor import running

PROJECT = "winter-days-local"
AS_OF = date(2026, 1, 1)
DAYS = 730
HORIZON = 90
PLACE = {
    "project": PROJECT,
    "location": "us-central1",
    "features_dataset": "features",
    "as_of": str(AS_OF),
    "horizon_days": HORIZON,
}
WAREHOUSE = {"warehouse_dataset": "warehouse"}
# Bytes that BigQuery counts for a value: 8 for a date or number, 2 more than its UTF-8 for a string.
WIDTHS = {
    "sale_date": 8,
    "quantity": 8,
    "total_amount": 8,
    "customer_key": 66,
    "status": 11,
    "product_category": 7,
}
SESSIONS = [
    SchemaField("customer_key", "STRING"),
    SchemaField("event_date", "DATE"),
    SchemaField("session_count", "INT64"),
    SchemaField("add_to_cart_count", "INT64"),
    SchemaField("known_from_date", "DATE"),
    SchemaField("known_until_date", "DATE"),
]


def sales_of(customers: int) -> pa.Table:
    """Return the sales of customers who each have their own rate of purchases and lifetime."""
    generator = np.random.default_rng(0)
    first = generator.uniform(0, DAYS, customers)
    last = np.minimum(DAYS, first + generator.exponential(500, customers))
    repeats = generator.poisson(generator.gamma(0.8, 1 / 40, customers) * (last - first))
    customer = np.repeat(np.arange(customers), repeats + 1)
    day = generator.uniform(first[customer], last[customer])
    rows = len(day)
    keys = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(customers)]
    return pa.table(
        {
            "sale_id": pa.array([f"S{number:09}" for number in range(rows)]),
            "customer_key": pa.array(keys).take(pa.array(customer)),
            "sale_date": pa.array(np.datetime64(AS_OF - timedelta(days=DAYS)) + day.astype(int)),
            "product_category": pa.array(generator.choice(["coats", "hats", "skis", "boots"], rows)),
            "quantity": pa.array(generator.integers(1, 4, rows)),
            "total_amount": pa.array(np.round(generator.gamma(2, 20, rows) + 1, 2)),
            "currency": pa.array(["EUR"] * rows),
            "status": pa.array(generator.choice(["completed", "refunded"], rows, p=[0.95, 0.05])),
        }
    )


def load(client: Client, customers: int) -> int:
    """Fill the warehouse; return the number of sales."""
    for dataset in ("warehouse", "features"):
        client.create_dataset(dataset)
    make_tables(client, PROJECT, {"warehouse": "warehouse", "features": "features"})
    client.create_table(Table(f"{PROJECT}.warehouse.fct_click_versions", schema=SESSIONS))
    sales = sales_of(customers)
    parquet = io.BytesIO()
    pq.write_table(sales, parquet)
    settings = LoadJobConfig(source_format="PARQUET")
    table = f"{PROJECT}.warehouse.fct_sales"
    client.load_table_from_file(parquet, table, rewind=True, job_config=settings).result()
    client.query(
        "CREATE VIEW warehouse.fct_sale_versions AS SELECT *, sale_date AS known_from_date,"
        " DATE '9999-12-31' AS known_until_date FROM warehouse.fct_sales"
    ).result()
    return sales.num_rows


def extract(_: Path) -> None:
    extraction.extract_features(**PLACE, **WAREHOUSE)


def train(folder: Path) -> None:
    names = ("challenger", "model", "report", "model_card")
    train_churn_model(**PLACE, **{f"{name}_path": str(folder / name) for name in names})


def write(folder: Path, run_id: str = "bench", **shards: object) -> None:
    write_predictions(
        **PLACE,
        **WAREHOUSE,
        model_path=str(folder / "model"),
        run_id=run_id,
        scored_at=f"{AS_OF}T02:00:00Z",
        **shards,
    )


def shard(folder: Path) -> None:
    """Score one of several shards; write_sharded needs all of them."""
    given = {"bucket": BUCKET, "run_id": "sharded", "shards": int(os.environ["SHARDS"])}
    number = int(os.environ["SHARD"])
    score_shard(**PLACE, **given, shard=number, model_path=str(folder / "model"))


def write_sharded(folder: Path) -> None:
    write(folder, run_id="sharded", bucket=BUCKET, shards=int(os.environ["SHARDS"]))


def watch(folder: Path) -> None:
    paths = {"model_path": str(folder / "model"), "report_path": str(folder / "watching.html")}
    watch_predictions(**PLACE, **WAREHOUSE, **paths)


STEPS = {"extract": extract, "train": train, "write": write, "watch": watch}
IN_SHARDS = {"shard": shard, "join": write_sharded}
BUCKET = "bench"


def bytes_read(name: str) -> int:
    """Return the bytes that a query of extract_features reads per sale, by the columns it names."""
    sql = re.sub(r"--.*", "", (extraction.FOLDER / name).read_text())
    return sum(width for column, width in WIDTHS.items() if re.search(rf"\b{column}\b", sql))


def measured(name: str, folder: Path) -> None:
    """Run one step in this process; print its elapsed seconds, CPU seconds and peak MB."""
    (STEPS | IN_SHARDS)[name](folder)
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = time.time() - float(os.environ["STARTED"])
    print(json.dumps([seconds, used.ru_utime + used.ru_stime, peak_megabytes()]))


def measure(customers: int, shards: int) -> None:
    """Run each step in its own process, in a separate local cloud; then run the scoring again, in shards."""
    with (
        tempfile.TemporaryDirectory() as state,
        running(Path(state), services=["bigquery", "storage"], report=lambda _: None) as found,
    ):
        os.environ.update(found.environment())
        with bigquery_client(PROJECT) as client:
            sales = load(client, customers)
        print(f"{customers:,} customers, {sales:,} sales", flush=True)
        for name in STEPS:
            _print(name, *_run(name, state))
        storage_client(PROJECT).create_bucket(BUCKET)
        alone = [_run("shard", state, SHARD=str(number), SHARDS=str(shards)) for number in range(shards)]
        for number, taken in enumerate(alone):
            _print(f"shard {number}", *taken)
        with bigquery_client(PROJECT) as client:  # as on a day that has no predictions yet
            client.query("TRUNCATE TABLE warehouse.fact_predictions_churn").result()
        _print("join", *_run("join", state, SHARDS=str(shards)))


def _run(name: str, folder: str, **variables: str) -> list[float]:
    """Return a step's elapsed seconds, CPU seconds and peak MB."""
    command = [sys.executable, __file__, "--measured", name, "--folder", folder]
    environment = os.environ | variables | {"STARTED": str(time.time()), "OMP_WAIT_POLICY": "PASSIVE"}
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
    return json.loads(done.stdout.splitlines()[-1])


def _print(name: str, seconds: float, of_processor: float, megabytes: float) -> None:
    print(
        f"  {name:<8} {seconds:6.1f} s, of a core {of_processor:6.1f} s, peak {megabytes:6,.0f} MB",
        flush=True,
    )


def main() -> None:
    """Measure each number of customers."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--customers", type=int, nargs="+", default=[50_000, 100_000, 200_000])
    parser.add_argument("--shards", type=int, default=4, help="number of shards for a second scoring")
    parser.add_argument("--measured", choices=[*STEPS, *IN_SHARDS], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measured:
        measured(options.measured, options.folder)
        return
    for name in ("find_first_sale.sql", "extract_features.sql"):
        print(f"{name} reads {bytes_read(name)} MB a million sales")
    for customers in options.customers:
        measure(customers, options.shards)


if __name__ == "__main__":
    main()
