"""Made-up sales, and where a bench writes them: Firestore, or the change log of Firestore's extension."""

import io
import json
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import batched, islice
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq
from google.cloud import bigquery

from components.shared.clients import bigquery_client, firestore_client
from components.shared.names import COLLECTION, DATABASE, LOCATION
from generators.firestore_writer import write_documents
from laptop.cloud import set_clock

HISTORY_DAYS = 365
SALES_A_CUSTOMER = 12
LONG_BEFORE = timedelta(hours=12)  # before a run: it reads again what was written within six hours of it
CHANGED_SHARE = 0.05  # of a day's changes: refunds of earlier sales, the rest are new ones
LOG = "firestore_export.sales_raw_changelog"
ROWS_A_LOAD = 250_000
EVENT = pa.schema(
    [
        pa.field("timestamp", pa.timestamp("us", "UTC"), nullable=False),
        *(pa.field(name, pa.string()) for name in ("document_name", "document_id", "operation", "data")),
    ]
)

type Document = tuple[str, dict[str, Any]]


def sale(number: int, customers: int, moment: datetime) -> Document:
    """Return a made-up sale, which depends only on the arguments."""
    dice = random.Random(number)
    pieces, price = dice.randint(1, 3), round(dice.uniform(10, 200), 2)
    name = f"S{number:09}"
    return name, {
        "sale_id": name,
        "customer_id": f"C{int(customers * dice.random() ** 1.5):08}",
        "sale_timestamp": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "product_id": f"P{dice.randint(1, 99):02}",
        "product_category": dice.choice(["coats", "boots", "hats"]),
        "quantity": pieces,
        "unit_price": price,
        "total_amount": round(pieces * price, 2),
        "currency": "EUR",
        "status": "completed",
        "payment_method": "card",
        "channel": dice.choice(["web", "store"]),
        "contact_email_hashed": f"{number % customers:064x}",
        "credit_card_last4": "1234",
        "schema_version": "2.0.0",
    }


def history(count: int, end: date, first: int = 0) -> Iterator[Document]:
    """Yield `count` sales, spread evenly over the year before a day, or only those from number `first` on."""
    customers = max(1, count // SALES_A_CUSTOMER)
    start = datetime.combine(end - timedelta(days=HISTORY_DAYS), time(), UTC)
    for number in range(first, count):
        yield sale(number, customers, start + timedelta(seconds=number * HISTORY_DAYS * 86_400 // count))


def changes(count: int, before: int, start: datetime, first_day: date) -> Iterator[Document]:
    """Yield new sales, one per second from `start` on, then refunds of the newest sales in the history."""
    customers = max(1, before // SALES_A_CUSTOMER)
    refunds = int(count * CHANGED_SHARE)
    for number in range(before, before + count - refunds):
        yield sale(number, customers, start + timedelta(seconds=number - before))
    for name, row in history(before, first_day, before - refunds):
        yield name, row | {"status": "refunded"}


class Place(Protocol):
    """Where sales are written, and how the pipeline finds them there."""

    first_day: date  # of the first run, before which the history ends
    parameters: dict[str, Any]

    def write_history(self, count: int) -> None:
        """Write the sales of the year before the first day, long before its run."""

    def write_changes(self, count: int, before: int, day: date) -> None:
        """Write the changes of a day, after its run."""


@dataclass(frozen=True)
class InFirestore:
    """Sales in a local cloud's Firestore, whose clock is set."""

    folder: Path
    project: str
    first_day: date

    @property
    def parameters(self) -> dict[str, Any]:
        """Empty, since this is where the pipeline looks."""
        return {}

    def write_history(self, count: int) -> None:
        """Write the sales in the middle of the day before."""
        set_clock(self.folder, datetime.combine(self.first_day, time(1), UTC) - LONG_BEFORE)
        self._write(history(count, self.first_day))

    def write_changes(self, count: int, before: int, day: date) -> None:
        """Write the changes two hours after the run."""
        set_clock(self.folder, datetime.combine(day, time(4), UTC))
        self._write(changes(count, before, datetime.combine(day, time(3), UTC), self.first_day))

    def _write(self, documents: Iterable[Document]) -> None:
        write_documents(firestore_client(self.project), COLLECTION, documents, 100_000)


@dataclass(frozen=True)
class InChangeLog:
    """Sales in a change log in BigQuery, whose clock is the machine's: every change happens now.

    A run as of today has the changes in the warehouse; features know them from tomorrow on.
    """

    project: str
    first_day: date

    @property
    def parameters(self) -> dict[str, Any]:
        """Where the log is; full passes are rare enough not to fall on a usual day."""
        return {"export_mode": "changelog", "changelog_table": LOG, "full_pass_days": 30}

    def write_history(self, count: int) -> None:
        """Write the creation of the sales, at noon on the day before."""
        self._make()
        noon = datetime.combine(self.first_day, time(12), UTC) - timedelta(days=1)
        self._write(history(count, self.first_day), noon, "CREATE")

    def write_changes(self, count: int, before: int, day: date) -> None:
        """Write changes that happen now, with new sales made on that day."""
        now = datetime.now(UTC)
        made = changes(count, before, datetime.combine(day, time(3), UTC), self.first_day)
        self._write(islice(made, count - int(count * CHANGED_SHARE)), now, "CREATE")
        self._write(made, now, "UPDATE")

    def _make(self) -> None:
        client = bigquery_client(self.project, LOCATION)
        client.create_dataset(f"{self.project}.{LOG.partition('.')[0]}")
        columns = [
            bigquery.SchemaField(field.name, "STRING" if pa.types.is_string(field.type) else "TIMESTAMP")
            for field in EVENT
        ]
        table = bigquery.Table(f"{self.project}.{LOG}", columns)
        table.time_partitioning = bigquery.TimePartitioning(field="timestamp")
        table.clustering_fields = ["document_id"]
        client.create_table(table)

    def _write(self, documents: Iterable[Document], moment: datetime, operation: str) -> None:
        client = bigquery_client(self.project, LOCATION)
        parent = f"projects/{self.project}/databases/{DATABASE}/documents/{COLLECTION}"
        settings = bigquery.LoadJobConfig(source_format=bigquery.SourceFormat.PARQUET)
        for rows in batched(documents, ROWS_A_LOAD, strict=False):
            events = [
                {
                    "timestamp": moment,
                    "document_name": f"{parent}/{name}",
                    "document_id": name,
                    "operation": operation,
                    "data": json.dumps(fields),
                }
                for name, fields in rows
            ]
            with io.BytesIO() as file:
                pq.write_table(pa.Table.from_pylist(events, EVENT), file)
                client.load_table_from_file(file, LOG, rewind=True, job_config=settings).result()
