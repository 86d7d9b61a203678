"""Measure writing and exporting sales: elapsed and CPU seconds and peak memory, by number of documents.

The same documents are then exported again, into another bucket, in shards that run at the same time.

python tests/bench/export.py [--documents 20000 100000] [--shards 2]
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from typing import Any

from memory import peak_megabytes

from components.export_sales.request import ExportRequest
from components.export_sales.shards import export_shard, plan_export
from components.export_sales.step import export_sales
from components.shared.clients import firestore_client, storage_client
from components.shared.names import BUCKET
from generators.firestore_writer import write_documents
from localcloud.supervisor import running

PROJECT = "winter-days-local"
SALE = {
    "customer_id": "C1",
    "sale_timestamp": "2026-01-01T00:00:00Z",
    "product_id": "P1",
    "product_category": "coats",
    "quantity": 2,
    "unit_price": 49.5,
    "total_amount": 99.0,
    "currency": "EUR",
    "status": "completed",
    "payment_method": "card",
    "channel": "web",
    "contact_email_hashed": "0" * 64,
    "credit_card_last4": "1234",
    "schema_version": "2.0.0",
}


def sales(count: int) -> Iterator[tuple[str, dict[str, Any]]]:
    for number in range(count):
        yield f"S{number:07}", SALE | {"sale_id": f"S{number:07}"}


def write(count: int) -> None:
    write_documents(firestore_client(PROJECT), "winter_sales", sales(count), 100_000)


def export(_: int) -> None:
    export_to(BUCKET)


def export_to(bucket: str) -> None:
    export_sales(
        ExportRequest(
            project=PROJECT,
            database="(default)",
            collection="winter_sales",
            bucket=bucket,
            as_of="2026-01-31",
            max_reject_share=0.05,
        )
    )


SHARDED = "bench-in-shards"
ASKED = ExportRequest(
    project=PROJECT,
    bucket=SHARDED,
    database="(default)",
    collection="winter_sales",
    as_of="2026-01-31",
    max_reject_share=0.05,
)


def plan(shards: int) -> None:
    storage_client(PROJECT).create_bucket(SHARDED)
    plan_export(ASKED, shards, documents_a_shard=1_000)


def shard(number: int) -> None:
    export_shard(ASKED, number)


def join(shards: int) -> None:
    export_sales(ASKED, shards)


WORK = {"write": write, "export": export, "plan": plan, "shard": shard, "join": join}


def measured(name: str, count: int) -> None:
    """Do the work in this process; print its elapsed seconds, CPU seconds and peak memory in MB."""
    started, used = time.monotonic(), time.process_time()
    WORK[name](count)
    seconds = time.monotonic() - started
    print(json.dumps([seconds, time.process_time() - used, peak_megabytes()]))


def at_once(name: str, *numbers: int) -> list[list[float]]:
    """Do the work for each number at the same time, in separate processes; return what each measured."""
    words = [sys.executable, __file__, "--measured", name, "--documents"]
    started = [subprocess.Popen([*words, str(n)], stdout=subprocess.PIPE, text=True) for n in numbers]
    found = [json.loads(each.communicate()[0].splitlines()[-1]) for each in started]
    if any(each.returncode for each in started):
        raise SystemExit(f"{name} failed")
    return found


def main() -> None:
    """Write and export each number of documents, in its own local cloud and in separate processes."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--documents", type=int, nargs="+", default=[20_000, 100_000])
    parser.add_argument("--shards", type=int, default=2)
    parser.add_argument("--measured", choices=WORK, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measured:
        measured(options.measured, *options.documents)
        return
    for count in options.documents:
        with (
            tempfile.TemporaryDirectory() as folder,
            running(folder, report=lambda _: None, services=("storage", "firestore")) as endpoints,
        ):
            os.environ.update(endpoints.environment())
            storage_client(PROJECT).create_bucket(BUCKET)
            parts = list(range(options.shards))
            for name, numbers in [
                *[("write", [count]), ("export", [count])],
                *[("plan", [options.shards]), ("shard", parts), ("join", [options.shards])],
            ]:
                began = time.monotonic()
                found = at_once(name, *numbers)
                told = ", ".join(f"{used:.1f} s of a core and {peak:,.0f} MB" for _, used, peak in found)
                seconds = max(seconds for seconds, *_ in found)
                print(f"{count:>8,} documents, {name:<6} {seconds:6.1f} s: {told}", flush=True)
                print(f"{'':>19} {time.monotonic() - began:.1f} s with the start of Python", flush=True)


if __name__ == "__main__":
    main()
