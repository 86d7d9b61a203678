"""Measure the writing and the export of sales: documents a second and peak memory, by number of documents.

python tests/bench/export.py [--documents 20000 100000]
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

from components.export_sales.step import export_sales
from components.shared.clients import firestore_client
from components.shared.names import BUCKET
from generators.firestore_writer import write_documents
from laptop.provision import provision
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
        project=PROJECT,
        database="(default)",
        collection="winter_sales",
        bucket=bucket,
        as_of="2026-01-31",
        max_reject_share=0.05,
    )


WORK = {"write": write, "export": export}


def measured(name: str, count: int) -> None:
    """Do the work in this process, and print its seconds and its peak memory in MB as JSON."""
    started = time.monotonic()
    WORK[name](count)
    seconds = time.monotonic() - started
    print(json.dumps([seconds, peak_megabytes()]))


def main() -> None:
    """Write and export each number of documents, in a cloud and in processes of their own."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--documents", type=int, nargs="+", default=[20_000, 100_000])
    parser.add_argument("--measured", choices=WORK, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measured:
        measured(options.measured, *options.documents)
        return
    for count in options.documents:
        with tempfile.TemporaryDirectory() as folder, running(folder, report=lambda _: None) as endpoints:
            os.environ.update(endpoints.environment())
            provision(PROJECT)
            for name in WORK:
                command = [sys.executable, __file__, "--measured", name, "--documents", str(count)]
                done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
                seconds, megabytes = json.loads(done.stdout)
                speed = f"{count / seconds:,.0f} documents/s, peak {megabytes:,.0f} MB"
                print(f"{count:>8,} documents, {name:<6} {speed}", flush=True)


if __name__ == "__main__":
    main()
