"""Measure the export of a day on which 1 % of the sales changed, against the export of all.

python tests/bench/changes.py [--documents 100000]

CPU seconds are the export's own. Elapsed seconds include the local Firestore's, which has no index: it looks
at every document to find those changed since a time, and to count them.
"""

import argparse
import os
import tempfile
import time
from datetime import UTC, datetime
from itertools import islice

from export import PROJECT, sales

from components.export_sales.request import ExportRequest
from components.export_sales.step import export_sales
from components.export_sales.summary import ExportSummary
from components.shared.clients import firestore_client
from components.shared.names import BUCKET, CHANGED_FIELD, COLLECTION
from generators.firestore_writer import write_documents
from laptop.provision import provision
from localcloud.supervisor import running

LONG_AGO = {CHANGED_FIELD: datetime(2026, 1, 1, tzinfo=UTC)}  # so that the overlap excludes the history


def export(as_of: str) -> tuple[ExportSummary, float, float]:
    """Export what changed; return the summary, and the elapsed and the CPU seconds that it took."""
    started, worked = time.monotonic(), time.process_time()
    summary = export_sales(
        ExportRequest(
            project=PROJECT,
            database="(default)",
            collection=COLLECTION,
            bucket=BUCKET,
            as_of=as_of,
            max_reject_share=0.05,
            export_mode="changes",
        )
    )
    return summary, time.monotonic() - started, time.process_time() - worked


def write(documents: int, every: int = 1) -> None:
    """Write all the sales, or, if `every` is above 1, change one in so many."""
    history = every == 1
    more = LONG_AGO if history else {"quantity": 3}
    chosen = ((name, fields | more) for name, fields in islice(sales(documents), 0, None, every))
    write_documents(firestore_client(PROJECT), COLLECTION, chosen, 100_000)


def main() -> None:
    """Export all, then what changed, in a separate local cloud."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--documents", type=int, default=100_000)
    documents = parser.parse_args().documents
    with tempfile.TemporaryDirectory() as folder, running(folder, report=lambda _: None) as endpoints:
        os.environ.update(endpoints.environment())
        provision(PROJECT)
        write(documents)
        whole = export("2026-01-31")
        write(documents, every=100)
        day = export("2026-02-01")
    for name, (summary, seconds, worked) in (("whole", whole), ("1 %", day)):
        took = f"{seconds:7.2f} s, {worked:6.2f} of the processor"
        read = f"{summary.documents_read:,} documents read, {summary.rows:,} rows"
        print(f"{name:<6} {took}, {read}, {summary.full_pass or 'what changed'}")
    shares = f"{day[1] / whole[1]:.1%} of the whole's time, {day[2] / whole[2]:.1%} of its processor's"
    print(f"the day takes {shares}")


if __name__ == "__main__":
    main()
