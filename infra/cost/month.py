"""A month's amounts and their cost, by service: from the compiled pipeline, the schedules and the prices."""

import json
from dataclasses import dataclass

from components.cost.forecast import READ_TO_COUNT, forecast_run
from components.cost.machines import machines_of
from components.cost.prices import DAYS_A_MONTH, TIB, prices
from components.export_sales.modes import SCAN
from components.shared.defaults import FULL_PASS_DAYS
from pipelines.specification import COMPILED

DOCUMENT_KIB = 0.9  # per sale: its fields and their names, by Firestore's size rules
INDEX_FACTOR = 3.0  # a document's automatic single-field indexes, in multiples of the document's size
WAREHOUSE_BYTES = 1500  # per sale over all layers: rows of bronze, silver and gold, and its share of features
PREDICTED_BYTES = 150 * 365  # per customer: a prediction a day for a year
LAKE_BYTES = 250  # per version of a sale, as Parquet, with its index
SCHEDULES = 5  # infra/schedules.tf: three generators, the batch, the erasure of deleted documents
GENERATOR_SECONDS = 60.0  # per Cloud Run job and day, with one vCPU and one GiB
LOG_KIB_A_RUN = 200.0
IMAGE_GIB = 1.5
EDITIONS = ("standard", "enterprise")


@dataclass(frozen=True)
class Line:
    """A service's use in a month: an amount, and its cost in USD at list prices and less free amounts."""

    service: str
    what: str
    amount: float
    unit: str
    list_usd: float
    usd: float


def _line(service: str, what: str, name: str, amount: float, unit: str) -> Line:
    price = prices()[name]
    return Line(service, what, amount, unit, price.of(amount), price.of_month(amount))


def month(
    customers: int, sales: int, changes: int, edition: str = "standard", export_mode: str = SCAN
) -> list[Line]:
    """Return the lines for a month of daily runs with these numbers of customers, sales and daily changes.

    edition is Firestore's, export_mode the pipeline's. Only the runs of a daily schedule count, without
    backfills and dashboards.
    """
    machines = machines_of(json.loads(COMPILED.read_text(encoding="utf-8")))
    run = forecast_run(sales, changes, machines, _documents_read(sales, changes, export_mode))
    stored = WAREHOUSE_BYTES * sales + PREDICTED_BYTES * customers
    return [
        *_firestore(run.documents_read, sales, changes, edition),
        _line("BigQuery", "queries", "bigquery_tib", DAYS_A_MONTH * run.bytes_billed / TIB, "TiB"),
        _line("BigQuery", "storage", "bigquery_gib_month", stored / 2**30, "GiB"),
        *_vertex(run.parts["vertex"], run.machine_seconds),
        _line("Cloud Run", "generators, vCPU", "run_vcpu_second", 3 * DAYS_A_MONTH * GENERATOR_SECONDS, "s"),
        _line(
            "Cloud Run", "generators, memory", "run_gib_second", 3 * DAYS_A_MONTH * GENERATOR_SECONDS, "GiB s"
        ),
        _line("Scheduler", "jobs", "scheduler_job", SCHEDULES, "jobs"),
        _line("Storage", "the lake", "storage_gib_month", LAKE_BYTES * (sales + 30 * changes) / 2**30, "GiB"),
        _line("Logging", "lines", "logging_gib", DAYS_A_MONTH * LOG_KIB_A_RUN / 2**20, "GiB"),
        _line("Registry", "images", "registry_gib_month", IMAGE_GIB, "GiB"),
    ]


def _documents_read(sales: int, changes: int, export_mode: str) -> int:
    """Return how many documents a day's export reads: all, or the changed ones and a share of a full pass."""
    everything = sales + changes
    return everything if export_mode == SCAN else changes + (everything - changes) // FULL_PASS_DAYS


def _firestore(read: int, sales: int, changes: int, edition: str) -> list[Line]:
    gib = sales * DOCUMENT_KIB * (1 + INDEX_FACTOR * (edition == "standard")) / 2**20
    unit, end = ("read units", "_unit") if edition == "enterprise" else ("reads", "")
    counted = (sales + changes) // READ_TO_COUNT + 1
    return [
        _line("Firestore", "the export", f"firestore_read{end}", DAYS_A_MONTH * (read + counted), unit),
        _line(
            "Firestore",
            "writes",
            f"firestore_write{end}",
            DAYS_A_MONTH * changes,
            unit.replace("read", "write"),
        ),
        _line("Firestore", "storage", "firestore_gib_month", gib, "GiB"),
        _line("Firestore", "seven days' past", "firestore_pitr_gib_month", gib, "GiB"),
    ]


def _vertex(usd_a_run: float, seconds_a_run: float) -> list[Line]:
    fee = prices()["vertex_run"].of(DAYS_A_MONTH)
    machines = DAYS_A_MONTH * usd_a_run - fee
    return [
        Line("Vertex AI", "machines", DAYS_A_MONTH * seconds_a_run / 3600, "hours", machines, machines),
        Line("Vertex AI", "runs", DAYS_A_MONTH, "runs", fee, fee),
    ]


def totals(lines: list[Line]) -> tuple[float, float]:
    """Return the totals in USD: at list prices, and less free amounts."""
    return sum(line.list_usd for line in lines), sum(line.usd for line in lines)
