"""Write checked sales to Firestore, replacing what their source held before."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from google.api_core.retry import Retry, if_exception_type
from google.cloud import firestore
from google.cloud.firestore_v1.base_query import FieldFilter

from components.shared.retries import TRANSIENT
from generators.firestore_writer import delete_documents, write_documents
from generators.own_reading import CheckedSales
from sources.files.sql import literal

BATCH_ROWS = 5_000
RESUME = Retry(if_exception_type(*TRANSIENT))  # the client's own default fails with an AttributeError
GONE = (Path(__file__).parent / "gone_sales.sql").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Target:
    """Where in Firestore documents are written, and how fast."""

    client: firestore.Client
    collection: str
    max_ops_per_second: int


@dataclass(frozen=True)
class Imported:
    """How many sales were written, how many earlier ones were deleted, and how many older ones were kept."""

    written: int
    deleted: int = 0
    kept: int = 0

    def __str__(self) -> str:
        parts = [f"{self.written:,} sales written"]
        parts += [f"{self.deleted:,} of the source's earlier import deleted"] if self.deleted else []
        parts += [f"{self.kept:,} older ones kept (--replace deletes them)"] if self.kept else []
        return ", ".join(parts)


type Ask = Callable[[int, date], bool]


def import_sales(sales: CheckedSales, target: Target, replace: Ask, misread: Path | None = None) -> Imported:
    """Write the sales of a source, then delete its earlier ones that are not among them.

    `replace(count, first day)` decides whether to delete sales older than the first of these: an export of
    the last 90 days says nothing about sales before them. `misread` holds the ids that the same files gave
    when read with other settings, as written by `write_identifiers`.
    """
    with duckdb.connect() as con:
        con.execute("set timezone = 'UTC'")
        con.execute("create table earlier (sale_id varchar, sale_timestamp varchar)")
        for batch in _read_earlier_sales(target, sales.source):
            con.register("batch", batch)
            con.execute("insert into earlier select * from batch")
        con.execute(f"create view sales as select * from read_parquet({literal(sales.file)})")
        known = f"read_parquet({literal(misread)})" if misread else "sales"
        con.execute(f"create view misread as select sale_id from {known}")
        written = write_documents(
            target.client, target.collection, documents(con, sales.source), target.max_ops_per_second
        )
        gone, older = (_identifiers(con, kind) for kind in (False, True))
        if older and replace(len(older), sales.first):
            gone, older = gone + older, []
        deleted = delete_documents(target.client, target.collection, gone, target.max_ops_per_second)
    return Imported(written, deleted, len(older))


def write_identifiers(sales: CheckedSales, file: Path) -> None:
    """Write the sales' ids to a Parquet file."""
    with duckdb.connect() as con:
        read = f"select sale_id from read_parquet({literal(sales.file)})"
        con.execute(f"copy ({read}) to {literal(file)} (format parquet)")


def documents(con: duckdb.DuckDBPyConnection, source: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each row of the table `sales` as (document id, document)."""
    for batch in con.cursor().execute("select * from sales").to_arrow_reader(BATCH_ROWS):
        for row in batch.to_pylist():
            fields = {name: _plain(value) for name, value in row.items()}
            yield str(fields["sale_id"]), fields | {"source": source}


def _read_earlier_sales(target: Target, source: str) -> Iterator[pa.Table]:
    """Yield tables of (id, time) of the source's sales in the collection."""
    query = target.client.collection(target.collection).where(filter=FieldFilter("source", "==", source))
    identifiers: list[str] = []
    times: list[str] = []
    for snapshot in query.select(["sale_timestamp"]).stream(retry=RESUME):
        identifiers.append(snapshot.id)
        times.append(str(snapshot.get("sale_timestamp")))
        if len(identifiers) == BATCH_ROWS:
            yield pa.table({"sale_id": identifiers, "sale_timestamp": times})
            identifiers, times = [], []
    if identifiers:
        yield pa.table({"sale_id": identifiers, "sale_timestamp": times})


def _identifiers(con: duckdb.DuckDBPyConnection, older: bool) -> list[str]:
    return [str(row[0]) for row in con.execute(GONE, {"older": older}).fetchall()]


def _plain(value: object) -> object:
    """Return a value as a document holds it: numbers as floats, instants as ISO-8601 in UTC."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value


def in_a_terminal() -> bool:
    """Return whether there is somebody to ask."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def ask_in_a_terminal(count: int, first: date) -> bool:
    """Return whether somebody at a terminal wants older sales deleted; without a terminal, they are kept."""
    said = f"{count:,} sales of this source's earlier import are older than {first}, where this one begins"
    if not in_a_terminal():
        print(f"{said}: they stay (--replace deletes them)", file=sys.stderr)
        return False
    print(f"{said}. Delete them? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")
