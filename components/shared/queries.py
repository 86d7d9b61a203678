"""SQL files beside a step: identifiers are checked, values are query parameters, rows come as Arrow."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

import pyarrow as pa
from google.api_core.exceptions import Aborted, BadRequest, NotFound
from google.cloud import bigquery
from google.cloud.bigquery_storage_v1.types import DataFormat, ReadSession

from components.shared.clients import bigquery_read_client
from components.shared.errors import StepError, StoppedError
from components.shared.jobs import cancel_jobs, count_bytes, job_prefix, query_settings
from components.shared.retries import TRANSIENT, Patience

if TYPE_CHECKING:
    from google.cloud.bigquery.table import RowIterator
    from google.cloud.bigquery_storage_v1.services.big_query_read import BigQueryReadClient
    from google.cloud.bigquery_storage_v1.types import ReadRowsResponse

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
CONFLICT = "due to concurrent update"  # with another transaction, which goes on
STREAM_SECONDS = 600  # after which a stream is resumed, so that a silent one ends too
MISSING_TABLE = re.compile(r"Not found: Table ([-\w]+):([-\w]+\.[-\w]+)")


class MissingTableError(StepError):
    """A table that a query names does not exist; the message says what creates it."""


def check_identifier(name: str) -> str:
    """Return the name of a project, dataset or table; raise StepError if it is not a valid one."""
    if not IDENTIFIER.fullmatch(name):
        raise StepError(
            f"{name!r} is not a valid name of a project, dataset or table: use letters, digits, '_' and '-'"
        )
    return name


def read_sql(path: Path, **identifiers: str | Sequence[str]) -> str:
    """Return a SQL file's text with each ${name} replaced by its checked identifier, or by a list of them."""
    lists = {key: [name] if isinstance(name, str) else name for key, name in identifiers.items()}
    names = {key: ", ".join(map(check_identifier, names)) for key, names in lists.items()}
    return Template(path.read_text(encoding="utf-8")).substitute(names)


def run_query(client: bigquery.Client, sql: str, parameters: Mapping[str, Value]) -> "RowIterator":
    """Run a query or a script to its end and return the rows of its last SELECT.

    Raises Aborted if another transaction changes the same table.
    """
    with _explain_missing_table(), _name_conflict(), _cancel_jobs_when_stopped(client):
        job = _start_query(client, sql, parameters)
        rows = job.result()
        count_bytes(job)
        return rows


def column_names(client: bigquery.Client, table: str) -> list[str]:
    """Return the names of a table's columns in their order; raise MissingTableError if there is no table."""
    with _explain_missing_table():
        return [column.name for column in client.get_table(table).schema]


def query_parameter(name: str, value: Value) -> bigquery.ScalarQueryParameter | bigquery.ArrayQueryParameter:
    """Return the query parameter for a value or a list of values, typed by its Python type."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return bigquery.ArrayQueryParameter(name, PARAMETER_TYPES[type(value[0])], list(value))
    return bigquery.ScalarQueryParameter(name, PARAMETER_TYPES[type(value)], value)


def read_arrow(
    client: bigquery.Client, sql: str, parameters: Mapping[str, Value], batch_rows: int = 50_000
) -> Iterator[pa.Table]:
    """Yield a query's rows, in its order, in tables of batch_rows each (the last may be shorter)."""
    with _explain_missing_table(), _cancel_jobs_when_stopped(client):
        job = _start_query(client, sql, parameters)
        job.result(page_size=1)  # waits for the job to end; the rows come as Arrow
        count_bytes(job)
    waiting: list[pa.RecordBatch] = []
    for batch in _record_batches(job.destination):
        waiting.append(batch)
        if sum(part.num_rows for part in waiting) >= batch_rows:
            table = pa.Table.from_batches(waiting)
            whole = table.num_rows - table.num_rows % batch_rows
            yield from (table.slice(start, batch_rows) for start in range(0, whole, batch_rows))
            waiting = table.slice(whole).to_batches()
    if waiting:
        yield pa.Table.from_batches(waiting)


def _record_batches(table: bigquery.TableReference) -> Iterator[pa.RecordBatch]:
    """Yield a table's rows through the Storage Read API; one stream, since several would lose the order."""
    client = bigquery_read_client()
    whole = ReadSession(table=table.to_bqstorage(), data_format=DataFormat.ARROW)
    session = client.create_read_session(
        parent=f"projects/{table.project}", read_session=whole, max_stream_count=1
    )
    schema = pa.ipc.read_schema(pa.py_buffer(session.arrow_schema.serialized_schema))
    for stream in session.streams:
        for response in _rows_of(client, stream.name):
            batch = pa.py_buffer(response.arrow_record_batch.serialized_record_batch)
            yield pa.ipc.read_record_batch(batch, schema)


def _rows_of(client: "BigQueryReadClient", stream: str) -> "Iterator[ReadRowsResponse]":
    """Yield what a stream holds, resumed where it breaks off; raise StepError when that does not help.

    Google's own ReadRowsStream resumes a stream endlessly if BigQuery keeps answering UNAVAILABLE.
    """
    patience, offset = Patience("reading the rows of a query"), 0
    while True:
        try:
            for response in client.read_rows(
                read_stream=stream, offset=offset, retry=None, timeout=STREAM_SECONDS
            ):
                yield response
                offset += response.row_count
                patience.succeeded()
            return
        except TRANSIENT as error:
            patience.wait(error)


def _start_query(client: bigquery.Client, sql: str, parameters: Mapping[str, Value]) -> bigquery.QueryJob:
    settings = query_settings(query_parameters=[query_parameter(*item) for item in parameters.items()])
    return client.query(sql, job_config=settings, job_id_prefix=job_prefix())


@contextmanager
def _cancel_jobs_when_stopped(client: bigquery.Client) -> Iterator[None]:
    """Cancel the step's jobs when it is told to stop, including one whose name is not known yet."""
    try:
        yield
    except StoppedError:
        if prefix := job_prefix():
            list(cancel_jobs(client, prefix))
        raise


@contextmanager
def _name_conflict() -> Iterator[None]:
    """Raise Aborted, which is transient, where BigQuery says that the request is bad.

    The other transaction may be that of a killed attempt at the same step, whose job goes on without it.
    """
    try:
        yield
    except BadRequest as error:
        if CONFLICT not in str(error):
            raise
        raise Aborted(str(error)) from error


@contextmanager
def _explain_missing_table() -> Iterator[None]:
    try:
        yield
    except NotFound as error:
        if not (found := MISSING_TABLE.search(str(error))):
            raise
        raise MissingTableError(
            f"{'.'.join(found.groups())} does not exist: run_dataform creates the warehouse's tables, and "
            "make deploy STEP=apply those that steps write (on a laptop python -m laptop.provision)"
        ) from error
