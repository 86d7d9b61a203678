"""How a table is partitioned, and its partitions by their ids: table$20260131, table$__NULL__."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from local_bigquery.catalog import metadata, names, tables
from local_bigquery.engine.database import quote
from local_bigquery.errors import BigQueryError
from local_bigquery.jobs.storage import literal
from local_bigquery.models import Table
from sqlglot import exp

type Reference = tuple[str, str, str]

IDS = {"HOUR": "%Y%m%d%H", "DAY": "%Y%m%d", "MONTH": "%Y%m", "YEAR": "%Y"}
WRITTEN = {"HOUR": "YYYYMMDDHH", "DAY": "YYYYMMDD", "MONTH": "YYYYMM", "YEAR": "YYYY"}
NULL, UNPARTITIONED = "__NULL__", "__UNPARTITIONED__"


@dataclass(frozen=True)
class Partitioning:
    """What a table is partitioned by: a column, in spans of time or of integers."""

    column: str
    span: str = ""
    start: int = 0
    end: int = 0
    interval: int = 1

    @property
    def is_ingestion(self) -> bool:
        """Whether rows are partitioned by ingestion time, rather than by one of their columns."""
        return self.column == str(tables.INGESTION_TIME)

    def id_of(self, column: str) -> str:
        """Return the SQL of a row's partition id, given the SQL of its partitioning column."""
        if self.span:
            known = f"strftime(CAST({column} AS TIMESTAMP), {literal(IDS[self.span])})"
        else:
            first = f"{self.start} + ({column} - {self.start}) // {self.interval} * {self.interval}"
            within = f"{column} >= {self.start} AND {column} < {self.end}"
            known = f"CASE WHEN {within} THEN CAST({first} AS VARCHAR) ELSE '{UNPARTITIONED}' END"
        return f"CASE WHEN {column} IS NULL THEN '{NULL}' ELSE {known} END"

    def check(self, partition: str, name: str) -> None:
        """Raise BigQueryError for an id that no partition of the table can have."""
        if partition == UNPARTITIONED or (partition == NULL and not self.is_ingestion):
            return
        try:
            fits = self._is_first(int(partition)) if not self.span else self._is_time(partition)
        except ValueError:
            fits = False
        if not fits:
            wanted = WRITTEN.get(self.span, f"the first number of a range from {self.start} to {self.end}")
            message = f"Invalid partition id {partition} for table {name}: expected {wanted}"
            raise BigQueryError("invalid", message)

    def _is_first(self, number: int) -> bool:
        return self.start <= number < self.end and (number - self.start) % self.interval == 0

    def _is_time(self, partition: str) -> bool:
        return len(partition) == len(WRITTEN[self.span]) and bool(self.time(partition))

    def time(self, partition: str) -> datetime:
        """Return when a partition begins; raises ValueError for an id that is not a time."""
        if not partition.isdigit():
            raise ValueError(partition)
        return datetime.strptime(partition, IDS[self.span]).replace(tzinfo=UTC)


@dataclass(frozen=True)
class Partition:
    """One partition of a table."""

    table: Reference
    id: str
    by: Partitioning

    @property
    def label(self) -> str:
        """Its name in messages."""
        return str(names.label(*self.table[:2], f"{self.table[2]}${self.id}"))

    @property
    def condition(self) -> str:
        """The SQL condition that is true of its rows."""
        return f"({self.by.id_of(quote(self.by.column))}) = {literal(self.id)}"

    @property
    def rows(self) -> str:
        """The SQL, for use in FROM, of its rows with their row ids and without hidden columns."""
        hidden = f" EXCLUDE ({quote(self.by.column)})" if self.by.is_ingestion else ""
        return f"(SELECT rowid, *{hidden} FROM {tables.name(*self.table)} WHERE {self.condition})"


def wrap_partitioning(read: Callable[[exp.Expr], dict[str, Any]]) -> Callable[[exp.Expr], dict[str, Any]]:
    """Make the engine's reading of PARTITION BY know RANGE_BUCKET, which it takes for a span of days."""

    def read_with_ranges(node: exp.Expr) -> dict[str, Any]:
        call = node.this
        if not isinstance(call, exp.Anonymous) or not call.name.lower().endswith("range_bucket"):
            return read(node)
        column, series = call.expressions
        limits = [*(limit.sql() for limit in series.expressions), "1"]
        bounds = dict(zip(("start", "end", "interval"), limits, strict=False))
        return {"rangePartitioning": {"field": column.name, "range": bounds}}

    return read_with_ranges


def partitioning(table: Table | None) -> Partitioning | None:
    """Return what a table is partitioned by, or None if it is not partitioned."""
    if table and (time := table.timePartitioning):
        return Partitioning(time.field or tables.INGESTION_TIME, time.type or "DAY")
    if table and (spans := table.rangePartitioning):
        limits = spans.range
        return Partitioning(spans.field, "", int(limits.start), int(limits.end), int(limits.interval))
    return None


def split(reference: Reference) -> tuple[Reference, str]:
    """Return the table of a reference and the id of the partition that it names, which may be empty."""
    project, dataset, name = reference
    table, _, partition = name.partition("$")
    return (project, dataset, table), partition


def find(reference: Reference, no_partitions: str) -> Partition:
    """Return the partition a reference names; raise BigQueryError, with `no_partitions` for other tables."""
    table, partition = split(reference)
    if not tables.exists(*table):
        raise tables.not_found("Table", names.label(*reference))
    by = partitioning(metadata.load(Table, *table))
    if by is None:
        raise BigQueryError("invalid", f"{no_partitions}: {names.label(*reference)}")
    by.check(partition, names.label(*reference))
    return Partition(table, partition, by)


def find_to_read(reference: Reference) -> Partition:
    """Return the partition of a reference, for reading; raises BigQueryError."""
    return find(reference, "Cannot read partition information from a table that is not partitioned")


def find_to_write(reference: Reference) -> Partition:
    """Return the partition of a reference, for writing; raises BigQueryError."""
    found = find(reference, "Cannot add storage to a non-partitioned table with a partition reference")
    if found.id == UNPARTITIONED:
        raise BigQueryError("invalid", f"Cannot write to the partition {found.label}")
    return found
