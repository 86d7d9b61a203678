"""Your own transactions, from a CSV or Parquet file, as sales documents in Firestore.

The whole file is read and checked before the first document is written; an import run again changes nothing.
"""

import argparse
import os
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from components.shared import names
from components.shared.clients import firestore_client
from generators import arguments
from generators.defects import Row
from generators.firestore_writer import write_documents
from generators.occurrences import Occurrences
from generators.own_columns import find_columns, parse_columns
from generators.own_documents import BadValueError, Reading, content_of, id_of_content, id_of_order
from generators.own_files import InvalidFileError, header, rows

REPORT_EVERY = 100_000

EXAMPLES = """fields of --columns: customer, time and amount (or price, of one piece), which a file must have;
order, quantity, currency, status, product, category, channel, which it may have. The usual names are found
without being told.

examples:
  python -m generators.own_sales orders.csv
  python -m generators.own_sales orders.parquet --columns customer=CustomerID,time=InvoiceDate,amount=Total
  python -m generators.own_sales orders.csv --time-format "%m/%d/%Y %H:%M" --currency GBP
"""


@dataclass(frozen=True)
class ImportSummary:
    """What an import holds: documents, their first and last day, their statuses, and rows left out."""

    documents: int
    first: date
    last: date
    statuses: Mapping[str, int] = field(default_factory=dict)
    without_customer: int = 0

    def __str__(self) -> str:
        statuses = ", ".join(f"{count:,} {status}" for status, count in self.statuses.items())
        left_out = f"; {self.without_customer:,} rows without a customer left out"
        text = f"{self.documents:,} sales of {self.first} to {self.last} ({statuses})"
        return text + (left_out if self.without_customer else "")


@dataclass(frozen=True)
class OwnFile:
    """A file, where its fields stand, and how they are read."""

    path: Path
    columns: Mapping[str, str]
    reading: Reading

    def sales(self) -> Iterator[tuple[str | None, Row | None]]:
        """Yield each row as (id from its order number, sale); the sale is None without a customer."""
        for place, values in rows(self.path, self.columns):
            try:
                sale = self.reading.document(values)
                order = id_of_order(values["order"]) if sale and "order" in self.columns else None
            except BadValueError as error:
                column = self.columns[error.field]
                raise InvalidFileError(f"{self.path}, {place}, column {column}: {error}") from None
            yield order, sale

    def documents(self, orders_are_unique: bool) -> Iterator[tuple[str, Row]]:
        """Yield each sale as (document id, document)."""
        with Occurrences() as seen:
            for order, sale in self.sales():
                if sale is None:
                    continue
                if order is None or not orders_are_unique:
                    content = content_of(sale)
                    order = id_of_content(content, seen.count(content))
                yield order, {"sale_id": order} | sale

    def check(self) -> tuple[ImportSummary, bool]:
        """Read the whole file, and return what it holds and whether its order numbers are unique."""
        days, statuses = Days(), Counter[str]()
        orders_are_unique, without_customer = True, 0
        with Occurrences() as orders:
            for count, (order, sale) in enumerate(self.sales(), start=1):
                if count % REPORT_EVERY == 0:
                    print(f"{count:,} rows checked", file=sys.stderr, flush=True)
                if sale is None:
                    without_customer += 1
                    continue
                days.add(sale["sale_timestamp"])
                statuses[sale["status"]] += 1
                if order is not None and orders_are_unique:
                    orders_are_unique = orders.count(order) == 1
        if not statuses:
            raise InvalidFileError(f"{self.path} holds no sale: {without_customer:,} rows without a customer")
        return ImportSummary(
            statuses.total(), *days.span(), dict(statuses.most_common()), without_customer
        ), orders_are_unique


class Days:
    """The first and the last day of timestamps."""

    def __init__(self) -> None:
        self._first, self._last = "9999-12-31", "0001-01-01"

    def add(self, timestamp: str) -> None:
        """Take the day of an ISO-8601 timestamp in."""
        day = timestamp[:10]
        self._first, self._last = min(self._first, day), max(self._last, day)

    def span(self) -> tuple[date, date]:
        """Return the first and the last day."""
        return date.fromisoformat(self._first), date.fromisoformat(self._last)


def open_own_file(path: Path, columns: str, reading: Reading) -> OwnFile:
    """Return the file with its columns found; InvalidFileError when it is no such file, or lacks one."""
    return OwnFile(path, find_columns(header(path), parse_columns(columns)), reading)


def import_sales(
    path: Path,
    columns: str = "",
    *,
    project: str | None = None,
    database: str = "(default)",
    collection: str = names.COLLECTION,
    max_ops_per_second: int = arguments.DEFAULT_OPS_PER_SECOND,
    reading: Reading | None = None,
) -> ImportSummary:
    """Check a file, then write its sales into Firestore.

    The project is that of GOOGLE_CLOUD_PROJECT unless given. InvalidFileError says what is wrong with the
    file, before anything is written; WritesFailedError says what could not be written.
    """
    own_file = open_own_file(path, columns, reading or Reading())
    found = ", ".join(f"{name} {field}" for field, name in own_file.columns.items())
    print(f"columns of {path.name}: {found}", file=sys.stderr)
    summary, orders_are_unique = own_file.check()
    print(f"checked: {summary}", file=sys.stderr, flush=True)
    client = firestore_client(project or os.environ["GOOGLE_CLOUD_PROJECT"], database)
    write_documents(client, collection, own_file.documents(orders_are_unique), max_ops_per_second)
    return summary


def currency_code(text: str) -> str:
    """Parse a currency code like EUR."""
    if not re.fullmatch("[A-Z]{3}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a currency code like EUR")
    return text


def add_reading(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that say how a file is read."""
    parser.add_argument("--columns", default="", help="field=Column,… where the usual names do not help")
    parser.add_argument(
        "--currency", type=currency_code, default="EUR", help="where the file holds none (%(default)s)"
    )
    parser.add_argument("--time-format", help="of strptime, for times that are not ISO-8601: %%d/%%m/%%Y")


def main(words: list[str] | None = None) -> None:
    """Import a file; exit code 2 when the file is at fault."""
    parser = argparse.ArgumentParser("python -m generators.own_sales", description=__doc__, epilog=EXAMPLES)
    parser.add_argument("path", type=Path, help="a .csv file with a header, or a .parquet file")
    add_reading(parser)
    arguments.add_firestore(parser)
    options = arguments.parse(parser, words)
    try:
        summary = import_sales(
            options.path,
            options.columns,
            project=options.project,
            database=options.database,
            collection=options.collection,
            max_ops_per_second=options.max_ops_per_second,
            reading=Reading(options.currency, time_format=options.time_format),
        )
    except InvalidFileError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    print(f"{summary} are in {options.collection}")


if __name__ == "__main__":
    arguments.run(main)
