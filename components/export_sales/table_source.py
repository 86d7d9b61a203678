"""Stream the rows of a BigQuery table or query as documents, one per order, as of one moment."""

import hashlib
import json
import re
from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from pathlib import Path
from string import Template
from typing import Any

from google.api_core.exceptions import Forbidden, NotFound
from google.cloud import bigquery

from components.export_sales.documents import datetime_to_micros
from components.export_sales.index import Version
from components.export_sales.mapped import SourceDocument
from components.shared.errors import StepError
from components.shared.jobs import query_settings
from components.shared.queries import read_arrow
from sources.mapping import IN_ITEMS, Mapping

ROWS_AT_ONCE = 2_000
COLUMN = re.compile(r"[A-Za-z_]\w{0,299}", re.ASCII)
TABLE = re.compile(r"[a-z][-a-z0-9:.]{4,61}[a-z0-9]\.\w{1,1024}\.[-\w]{1,1024}\*?", re.ASCII)
NOTHING = "NULL"


class TableSnapshot:
    """The rows of a mapping's table or query, as of BigQuery's current time at construction."""

    def __init__(self, client: bigquery.Client, mapping: Mapping) -> None:
        """Check what would be read, at no cost; raise StepError if it is not a query."""
        self._client = client
        self._mapping = mapping
        self._sql = statement(mapping)
        checked = client.query(self._sql, job_config=query_settings(dry_run=True, use_query_cache=False))
        if checked.statement_type not in (None, "SELECT"):
            raise StepError(f"source.query is a {checked.statement_type}: give one SELECT")
        [[now]] = client.query("SELECT CURRENT_TIMESTAMP()", job_config=query_settings()).result()
        self.moment: datetime = now

    def documents(self) -> Iterator[SourceDocument]:
        """Yield each order once, with its rows, in the order of their numbers."""
        for order, rows in groupby(self._rows(), key=lambda row: row[0]):
            yield self._document(order, [(line, text) for _, line, text in rows])

    def _rows(self) -> Iterator[tuple[str, str | None, str]]:
        for table in read_arrow(self._client, self._sql, {}, ROWS_AT_ONCE):
            columns = (table[name].to_pylist() for name in ("id", "line_id", "document"))
            yield from zip(*columns, strict=True)

    def _document(self, order: str, lines: list[tuple[str | None, str]]) -> SourceDocument:
        texts = [text for _, text in lines]
        digest = hashlib.sha256("\n".join(texts).encode()).hexdigest()[:32]
        moment = datetime_to_micros(self.moment)
        rows = [(self._row_id(order, line, place), text) for place, (line, text) in enumerate(lines, 1)]
        kept: dict[str, Any] = {"document": {"name": order}, "rows": [json.loads(text) for text in texts]}
        return SourceDocument(Version(order, moment, moment, digest), rows, lambda: kept)

    def _row_id(self, order: str, line: str | None, place: int) -> str:
        """Return a row's id: the order's, with the line's own or the row's place where one is needed."""
        if self._mapping.row == "line" and not self._mapping.items:
            return f"{escaped(order)}/{escaped(line) if line else place}"
        return escaped(order) if place == 1 else f"{escaped(order)}~{place}"


def find_location(client: bigquery.Client, mapping: Mapping) -> str | None:
    """Return where a mapping's table is, since a query finds nothing elsewhere; None for the run's region.

    Raises StepError if the table cannot be looked up.
    """
    source = mapping.source
    if source.location or not source.table:
        return source.location
    table = _source(mapping).strip("`")
    dataset = table.rpartition(".")[0]
    try:
        found = client.get_dataset(dataset) if table.endswith("*") else client.get_table(table)
    except (NotFound, Forbidden) as error:
        raise StepError(
            f"source.table={table} cannot be looked up ({error.message}): let the pipeline's account read "
            "it, or its dataset if there is a * (docs/deploy.md)"
        ) from error
    location: str | None = found.location
    return location


def escaped(text: str) -> str:
    """Return a text with the characters that separate the parts of an id percent-encoded."""
    return text.replace("%", "%25").replace("/", "%2F").replace("~", "%7E")


def order_of(sale_id: str) -> str:
    """Return the order that a sale's id starts with."""
    order = re.split("[/~]", sale_id, maxsplit=1)[0]
    return order.replace("%7E", "~").replace("%2F", "/").replace("%25", "%")


def statement(mapping: Mapping) -> str:
    """Return the query for a mapping's rows, with only the columns that it names."""
    columns = dict.fromkeys(
        _column(field) for field in [*mapping.fields(), *([mapping.items] if mapping.items else [])]
    )
    text = (Path(__file__).parent / "rows.sql").read_text(encoding="utf-8")
    return Template(text).substitute(
        columns=", ".join(f"`{column}`" for column in columns),
        source=_source(mapping),
        order=_path(mapping.order),
        line=_path(mapping.line),
    )


def _source(mapping: Mapping) -> str:
    table, query = mapping.source.table, mapping.source.query
    if not table:
        return f"(\n{(query or '').strip().rstrip(';')}\n)"
    if not TABLE.fullmatch(table):
        raise StepError(f"source.table={table!r} is not a table: write it as project.dataset.table")
    return f"`{table}`"


def _column(field: str) -> str:
    """Return the column that a path starts with; raise StepError if its name is not valid in BigQuery."""
    name = re.split(r"[.\[]", field, maxsplit=1)[0]
    if not COLUMN.fullmatch(name):
        raise StepError(f"{field!r} does not start with a BigQuery column: rename it in a query")
    return name


def _path(field: str | None) -> str:
    """Return a path into columns as SQL; NULL for none and for one inside a list."""
    if field is None or IN_ITEMS in field:
        return NOTHING
    parts = field.split(".")
    if not all(COLUMN.fullmatch(part) for part in parts):
        raise StepError(f"{field!r} is used to sort rows, so it must be a column: make it one in a query")
    return ".".join(f"`{part}`" for part in parts)
