"""A query to BigQuery: what it would read, and its result."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from google.api_core.exceptions import GoogleAPICallError
from google.cloud import bigquery

MIB = 2**20


@dataclass(frozen=True)
class Answer:
    """A statement's rows; columns is empty if there is nothing to show."""

    columns: tuple[str, ...]
    rows: Iterator[tuple[Any, ...]]
    total_rows: int
    changed_rows: int | None
    bytes_billed: int


class Asking:
    """A client with a default dataset and a byte limit per query."""

    def __init__(self, client: bigquery.Client, dataset: str, most_bytes: int | None) -> None:
        """Use `dataset` as the default; most_bytes is maximum_bytes_billed, None for no limit."""
        self._client = client
        self._default = f"{client.project}.{dataset}"
        self._most_bytes = most_bytes

    def cost(self, sql: str) -> int:
        """Return the bytes that BigQuery would read; raise GoogleAPICallError for an invalid statement."""
        return int(self._client.query(sql, self._settings(dry_run=True)).total_bytes_processed or 0)

    def ask(self, sql: str) -> Answer:
        """Run a statement or script; raise GoogleAPICallError if it fails. Rows are fetched on iteration."""
        job = self._client.query(sql, self._settings())
        result = job.result()
        return Answer(
            tuple(field.name for field in result.schema or ()),
            (tuple(row.values()) for row in result),
            result.total_rows or 0,
            job.num_dml_affected_rows,
            int(job.total_bytes_billed or 0),
        )

    def _settings(self, **more: Any) -> bigquery.QueryJobConfig:
        if self._most_bytes is not None:
            more["maximum_bytes_billed"] = self._most_bytes
        return bigquery.QueryJobConfig(default_dataset=self._default, **more)


def reason(error: GoogleAPICallError) -> str:
    """Return BigQuery's message for a failure, without the URL, location and job id that the client adds."""
    lines = str(error.message or error).strip().splitlines()
    kept = [line for line in lines if not line.startswith(("Location:", "Job ID:")) and line.strip()]
    return "\n".join(kept).partition("; reason:")[0]
