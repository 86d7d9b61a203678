"""Measure the export of a day on which 1 % of the sales changed, beside the export of all.

python tests/bench/changes.py [--documents 100000]
"""

import argparse
import os
import tempfile
import time
from datetime import UTC, datetime
from itertools import islice

from export import PROJECT, sales

from components.export_sales.step import ExportSummary, export_sales
from components.shared.clients import firestore_client
from components.shared.names import BUCKET, CHANGED_FIELD, COLLECTION
from generators.firestore_writer import write_documents
from laptop.provision import provision
from localcloud.supervisor import running

LONG_AGO = {CHANGED_FIELD: datetime(2026, 1, 1, tzinfo=UTC)}  # so that the overlap does not hold the history


def export(as_of: str) -> tuple[ExportSummary, float]:
    """Export what changed; return the summary and the seconds that it took."""
    started = time.monotonic()
    summary = export_sales(
        project=PROJECT,
        database="(default)",
        collection=COLLECTION,
        bucket=BUCKET,
        as_of=as_of,
        max_reject_share=0.05,
        export_mode="changes",
    )
    return summary, time.monotonic() - started


def write(documents: int, every: int = 1) -> None:
    """Write each of the sales, or every hundredth anew."""
    history = every == 1
    more = LONG_AGO if history else {"quantity": 3}
    chosen = ((name, fields | more) for name, fields in islice(sales(documents), 0, None, every))
    write_documents(firestore_client(PROJECT), COLLECTION, chosen, 100_000)


def main() -> None:
    """Export all, then what changed, in a cloud of its own."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--documents", type=int, default=100_000)
    documents = parser.parse_args().documents
    with tempfile.TemporaryDirectory() as folder, running(folder, report=lambda _: None) as endpoints:
        os.environ.update(endpoints.environment())
        provision(PROJECT)
        write(documents)
        whole, whole_seconds = export("2026-01-31")
        write(documents, every=100)
        day, day_seconds = export("2026-02-01")
    for name, summary, seconds in (("whole", whole, whole_seconds), ("1 %", day, day_seconds)):
        read = f"{summary.documents_read:,} documents read, {summary.rows:,} rows"
        print(f"{name:<6} {seconds:7.2f} s, {read}, {summary.full_pass or 'what changed'}")
    print(f"the day takes {day_seconds / whole_seconds:.1%} of the whole's time")


if __name__ == "__main__":
    main()
