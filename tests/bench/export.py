"""Measure the export: documents a second and peak memory, at 20,000 and at 100,000 documents.

python tests/bench/export.py [--documents 20000 100000]
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from components.export_sales.step import export_sales
from components.shared.clients import firestore_client
from generators.firestore_writer import write_documents
from localcloud.provision import DEFAULT_BUCKET, provision
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


def export(collection: str) -> None:
    """Export in this process and print the figures as JSON."""
    started = time.monotonic()
    summary = export_sales(
        project=PROJECT,
        database="(default)",
        collection=collection,
        bucket_name=DEFAULT_BUCKET,
        as_of="2026-01-31",
        max_reject_share=0.05,
    )
    seconds = time.monotonic() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"documents": summary.documents, "per_second": summary.documents / seconds, "mb": peak}))


def main() -> None:
    """Fill one collection a size, and export each in a process of its own."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--documents", type=int, nargs="+", default=[20_000, 100_000])
    parser.add_argument("--export", metavar="COLLECTION", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.export:
        export(options.export)
        return
    for count in options.documents:
        with (
            tempfile.TemporaryDirectory() as folder,
            running(Path(folder), report=lambda _: None) as endpoints,
        ):
            os.environ.update(endpoints.environment())
            provision(PROJECT)
            started = time.monotonic()
            write_documents(firestore_client(PROJECT), f"bench_{count}", sales(count), 100_000)
            written = count / (time.monotonic() - started)
            command = [sys.executable, __file__, "--export", f"bench_{count}"]
            figures = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            print(
                f"{count:>8,} documents: written {written:,.0f}/s, exported {figures['per_second']:,.0f}/s, "
                f"peak {figures['mb']:,.0f} MB",
                flush=True,
            )


if __name__ == "__main__":
    main()
