"""SQL files beside a step: identifiers are checked, values are query parameters, rows come as Arrow."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

import pyarrow as pa
from google.cloud import bigquery

from components.shared.clients import bigquery_read_client
from components.shared.errors import StepError

if TYPE_CHECKING:
    from google.cloud.bigquery.table import RowIterator

type Scalar = str | int | float | bool | date | datetime
type Value = Scalar | Sequence[Scalar]

IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,127}")
PARAMETER_TYPES = {
    str: "STRING",
    int: "INT64",
    float: "FLOAT64",
    bool: "BOOL",
    date: "DATE",
    datetime: "TIMESTAMP",
}


def check_identifier(name: str) -> str:
    """Return the name of a project, dataset or table; raise StepError when it could be anything else."""
    if not IDENTIFIER.fullmatch(name):
        raise StepError(
            f"{name!r} is not a name of a project, dataset or table: use letters, digits, '_' and '-'"
        )
    return name


def read_sql(path: Path, **identifiers: str) -> str:
    """Return a SQL file's text with each ${name} replaced by its checked identifier."""
    names = {key: check_identifier(name) for key, name in identifiers.items()}
    return Template(path.read_text(encoding="utf-8")).substitute(names)


def run_query(client: bigquery.Client, sql: str, parameters: Mapping[str, Value]) -> "RowIterator":
    """Run a query or a script to its end and return the rows of its last SELECT."""
    settings = bigquery.QueryJobConfig(
        query_parameters=[query_parameter(name, value) for name, value in parameters.items()]
    )
    return client.query(sql, job_config=settings).result()


def query_parameter(name: str, value: Value) -> bigquery.ScalarQueryParameter | bigquery.ArrayQueryParameter:
    """Return the query parameter of a value or of a list of values, typed after its Python type."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return bigquery.ArrayQueryParameter(name, PARAMETER_TYPES[type(value[0])], list(value))
    return bigquery.ScalarQueryParameter(name, PARAMETER_TYPES[type(value)], value)


def read_arrow(rows: "RowIterator", batch_rows: int = 50_000) -> Iterator[pa.Table]:
    """Yield a query's rows in tables of batch_rows each (the last may be shorter), with flat memory."""
    waiting: list[pa.RecordBatch] = []
    for batch in rows.to_arrow_iterable(bqstorage_client=bigquery_read_client()):
        waiting.append(batch)
        if sum(part.num_rows for part in waiting) >= batch_rows:
            table = pa.Table.from_batches(waiting)
            whole = table.num_rows - table.num_rows % batch_rows
            yield from (table.slice(start, batch_rows) for start in range(0, whole, batch_rows))
            waiting = table.slice(whole).to_batches()
    if waiting:
        yield pa.Table.from_batches(waiting)
