"""The warehouse as the pages show it: tables, partitions, some rows, and results of read-only queries."""

import json
import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote

from google.api_core.exceptions import GoogleAPICallError, NotFound
from google.api_core.retry import Retry
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

SHOWN_ROWS = 100
PREVIEW_ROWS = 20
SHOWN_PARTITIONS = 400
LONGEST_SECONDS = 60.0
ONCE = Retry(predicate=lambda _: False)  # a person is waiting, and can try again
AT_ONCE = 8  # tables requested in parallel; the client keeps ten connections
KINDS = {"TABLE": "table", "VIEW": "view", "EXTERNAL": "external table"}
NUMBERS = ("INTEGER", "FLOAT", "NUMERIC", "BIGNUMERIC")
NAME = re.compile(r"[\w -]+")  # a dataset or table name that can be quoted
PARTITIONS = """
SELECT partition_id, total_rows FROM `{dataset}`.INFORMATION_SCHEMA.PARTITIONS
WHERE table_name = @table AND partition_id IS NOT NULL ORDER BY partition_id DESC LIMIT @most"""


class DataError(Exception):
    """The reason why a query is not answered, worded for people."""


@dataclass(frozen=True)
class Table:
    """A table as a list shows it; the rows and size of a view are unknown (None)."""

    dataset: str
    name: str
    kind: str
    rows: int | None
    size: int | None
    description: str
    parted: str
    clustered: str
    columns: tuple[bigquery.SchemaField, ...]


@dataclass(frozen=True)
class Answer:
    """Some rows of a result, each cell as text or None, the total row count, and the bytes read, if any."""

    columns: tuple[str, ...]
    are_numbers: tuple[bool, ...]
    rows: list[tuple[str | None, ...]]
    total: int
    read: int | None


class Data:
    """The datasets of a project that may be viewed, in the order given; all if none is named."""

    def __init__(self, project: str, address: str, datasets: Iterable[str] = ()) -> None:
        """Use the local BigQuery at http://host:port; no request is sent yet."""
        self._project, self._address, self._named = project, address, tuple(datasets)

    @cached_property
    def _client(self) -> bigquery.Client:
        options = {"api_endpoint": self._address}
        return bigquery.Client(self._project, AnonymousCredentials(), client_options=options)

    def page_of_table(self, table: str) -> str:
        """Return the address of the page of project.dataset.table, or an empty string if it has none."""
        project, _, name = table.partition(".")
        dataset, _, table_id = name.partition(".")
        is_ours = project == self._project and dataset in (self._named or [dataset])
        return f"/data/{quote(dataset)}/{quote(table_id)}" if is_ours and table_id else ""

    def datasets(self) -> list[str]:
        """Return the names of the datasets that exist and may be viewed."""
        with _translate_errors():
            there = [item.dataset_id for item in self._client.list_datasets(retry=ONCE)]
        return [name for name in self._named if name in there] if self._named else sorted(there)

    def tables(self, dataset: str) -> list[Table]:
        """Return the tables of a dataset; raise NotFound."""
        self._check(dataset)
        with _translate_errors(), ThreadPoolExecutor(AT_ONCE) as pool:
            listed = list(self._client.list_tables(self._path(dataset), retry=ONCE))
            return list(pool.map(lambda item: self._describe_table(item.reference), listed))

    def table(self, dataset: str, name: str) -> Table:
        """Return a table; raise NotFound."""
        self._check(dataset, name)
        with _translate_errors():
            return self._describe_table(self._path(dataset, name))

    def partitions(self, table: Table) -> list[tuple[str, int]]:
        """Return the newest partitions of a table, each with its number of rows."""
        if not table.parted:
            return []
        parameters = [
            bigquery.ScalarQueryParameter("table", "STRING", table.name),
            bigquery.ScalarQueryParameter("most", "INT64", SHOWN_PARTITIONS),
        ]
        settings = bigquery.QueryJobConfig(query_parameters=parameters)
        with _translate_errors():
            job = self._client.query(PARTITIONS.format(dataset=table.dataset), settings, retry=ONCE)
            return [tuple(row.values()) for row in job.result(timeout=LONGEST_SECONDS)]

    def preview(self, table: Table) -> Answer:
        """Return the first rows of a table, which costs nothing, or of a view, which must be queried."""
        path = self._path(table.dataset, table.name)
        if table.kind != "table":
            return self.ask(f"SELECT * FROM `{path}` LIMIT {PREVIEW_ROWS}", table.dataset)
        with _translate_errors():
            return _answer(self._client.list_rows(path, max_results=PREVIEW_ROWS, retry=ONCE), None)

    def rows(self, project: str, dataset: str) -> dict[str, int | None]:
        """Return each table's row count, by project.dataset.table; empty if the dataset is unavailable."""
        try:
            return {f"{project}.{dataset}.{table.name}": table.rows for table in self.tables(dataset)}
        except (DataError, NotFound):
            return {}

    def glance(self, table: str) -> Answer | str:
        """Return the preview of project.dataset.table, or the reason why there is none."""
        try:
            _, dataset, name = table.split(".", 2)
            return self.preview(self.table(dataset, name))
        except (DataError, NotFound) as error:
            return str(error)

    def cost(self, sql: str, dataset: str) -> int:
        """Return the bytes that a query would read; raise DataError if it does more than read."""
        settings = bigquery.QueryJobConfig(dry_run=True, default_dataset=self._path(dataset))
        with _translate_errors():
            planned = self._client.query(sql, settings, retry=ONCE, job_retry=None)
        if planned.statement_type != "SELECT":
            raise DataError(f"Only a SELECT can be run here, not {planned.statement_type}.")
        read = {table.dataset_id for table in planned.referenced_tables}
        if self._named and (hidden := (read - set(self._named)) | self._find_hidden_datasets(sql)):
            raise DataError(f"Not shown here: {', '.join(sorted(hidden))}.")
        return int(planned.total_bytes_processed or 0)

    def _find_hidden_datasets(self, sql: str) -> set[str]:
        """Return the hidden datasets that a query names: a dry run does not report a wildcard's tables."""
        words = set(re.findall(r"[\w-]+", sql))
        with _translate_errors():
            there = {item.dataset_id for item in self._client.list_datasets(retry=ONCE)}
        return (there - set(self._named)) & words

    def ask(self, sql: str, dataset: str) -> Answer:
        """Return the first rows of a query's result; raise DataError."""
        read = self.cost(sql, dataset)
        settings = bigquery.QueryJobConfig(default_dataset=self._path(dataset))
        with _translate_errors():
            job = self._client.query(sql, settings, retry=ONCE, job_retry=None)
            try:
                return _answer(job.result(timeout=LONGEST_SECONDS, max_results=SHOWN_ROWS), read)
            except TookTooLong:
                job.cancel(retry=ONCE)
                raise DataError(
                    f"No result after {LONGEST_SECONDS:.0f} s, so the query was cancelled."
                ) from None

    def _check(self, dataset: str, table: str = "t") -> None:
        if not NAME.fullmatch(dataset) or not NAME.fullmatch(table):
            raise NotFound(f"{dataset}.{table}")
        if self._named and dataset not in self._named:
            raise NotFound(dataset)

    def _path(self, *names: str) -> str:
        return ".".join([self._project, *names])

    def _describe_table(self, reference: bigquery.TableReference | str) -> Table:
        table = self._client.get_table(reference, retry=ONCE)
        holds = table.table_type == "TABLE"
        return Table(
            table.dataset_id,
            table.table_id,
            KINDS.get(table.table_type, (table.table_type or "").lower()),
            table.num_rows if holds else None,
            table.num_bytes if holds else None,
            table.description or "",
            _partitioning(table),
            ", ".join(table.clustering_fields or ()),
            tuple(table.schema),
        )


def kind_of(field: bigquery.SchemaField) -> str:
    """Return a column's type as SQL spells it."""
    kind = {"INTEGER": "INT64", "FLOAT": "FLOAT64", "BOOLEAN": "BOOL"}.get(field.field_type, field.field_type)
    if kind in ("RECORD", "STRUCT"):
        kind = f"STRUCT<{', '.join(f'{part.name} {kind_of(part)}' for part in field.fields)}>"
    return f"ARRAY<{kind}>" if field.mode == "REPEATED" else kind


def _partitioning(table: bigquery.Table) -> str:
    if (by := table.time_partitioning) is not None:
        return f"{by.field or 'time of loading'}, by {by.type_.lower()}"
    return f"{table.range_partitioning.field}, by range" if table.range_partitioning else ""


def _answer(rows: Any, read: int | None) -> Answer:
    columns = tuple(field.name for field in rows.schema)
    numbers = tuple(field.field_type in NUMBERS and field.mode != "REPEATED" for field in rows.schema)
    cells = [tuple(map(_text, row.values())) for row in rows]
    return Answer(columns, numbers, cells, rows.total_rows or 0, read)


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


@contextmanager
def _translate_errors() -> Iterator[None]:
    """Raise DataError or NotFound for an error of BigQuery, without the address that its client adds."""
    try:
        yield
    except NotFound as error:
        raise NotFound(error.message) from error
    except GoogleAPICallError as error:
        lines = [
            line for line in str(error.message).splitlines() if not line.startswith(("Location:", "Job ID:"))
        ]
        said = "\n".join(lines).partition("; reason:")[0].strip()
        raise DataError(re.sub(r"^[A-Z]+ http\S+: ", "", said)) from error
    except OSError as error:  # the base class of the errors of requests
        raise DataError("The local BigQuery is not responding: see `status`.") from error
