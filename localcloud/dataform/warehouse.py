"""What a run needs from BigQuery: existing tables, datasets to write to, and one job per statement."""

from collections.abc import Callable, Iterable
from typing import Any

from google.api_core import exceptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery
from google.cloud.bigquery.enums import QueryPriority
from google.cloud.bigquery.retry import DEFAULT_RETRY

from localcloud.dataform.official_tool import Json

# The client's own retry goes on for ten minutes if nothing listens.
_RETRY = DEFAULT_RETRY.with_timeout(30)


class StatementFailedError(Exception):
    """A statement failed, or an assertion found rows; the message is meant for people."""


class Warehouse:
    """BigQuery for one run: the project its jobs run in, their location and their priority."""

    def __init__(self, project: str, location: str, priority: str | None = None) -> None:
        self._client = bigquery.Client(
            project=project, location=location, credentials=AnonymousCredentials()
        )  # the client finds the stand-in by its environment variable
        self._location = location
        self._priority = priority or QueryPriority.INTERACTIVE

    def existing_tables(self, targets: Iterable[Json]) -> list[Json]:
        """Return the targets that exist, in the form that the official tool needs to plan a run."""
        return [table for target in targets if (table := self._find_table(target))]

    def _find_table(self, target: Json) -> Json | None:
        try:
            table = self._client.get_table(_reference(target), retry=_RETRY)
        except exceptions.NotFound:
            return None
        kind = table.table_type if table.table_type in ("TABLE", "VIEW") else "UNKNOWN"
        return {"target": target, "type": kind, "fields": [{"name": field.name} for field in table.schema]}

    def create_datasets(self, targets: Iterable[Json]) -> None:
        """Create the datasets that a run writes to."""
        for project, name in sorted({(target["database"], target["schema"]) for target in targets}):
            dataset = bigquery.Dataset(f"{project}.{name}")
            dataset.location = self._location
            self._client.create_dataset(dataset, exists_ok=True, retry=_RETRY)

    def run(self, task: Json, job_id: str, labels: dict[str, str], cancelled: Callable[[], bool]) -> None:
        """Run one statement as a job and wait for it; raise StatementFailedError."""
        configuration = bigquery.QueryJobConfig(labels=labels, priority=self._priority)
        try:
            job = self._client.query(task["statement"], configuration, job_id=job_id, job_retry=None)
            if cancelled():
                # Cancelled before the job existed, when it could not be found.
                self.cancel(job_id)
            rows = job.result()
        except exceptions.GoogleAPICallError as error:
            raise StatementFailedError(_reason(error)) from error
        if task["type"] == "assertion" and (count := next(iter(rows))[0]):
            raise StatementFailedError(f"Assertion failed: query returned {count} row(s).")

    def cancel(self, job_id: str) -> None:
        """Ask BigQuery to stop a job; ignore one that does not exist, yet or any more."""
        try:
            self._client.cancel_job(job_id)
        except exceptions.NotFound:
            return

    def describe(self, target: Json, descriptor: Json) -> None:
        """Set a table's description, its columns' descriptions and its labels."""
        table = self._client.get_table(_reference(target))
        table.description = descriptor.get("description")
        table.labels = descriptor.get("bigqueryLabels", {})
        columns = {".".join(column["path"]): column for column in descriptor.get("columns", [])}
        table.schema = [_describe_field(field, columns) for field in table.schema]
        self._client.update_table(table, ["description", "labels", "schema"])


def _reason(error: exceptions.GoogleAPICallError) -> str:
    reasons = [str(one["message"]) for one in error.errors if isinstance(one, dict) and one.get("message")]
    return reasons[0] if reasons else str(error.message)


def _reference(target: Json) -> str:
    return f"{target['database']}.{target['schema']}.{target['name']}"


def _describe_field(field: bigquery.SchemaField, columns: Json, prefix: str = "") -> bigquery.SchemaField:
    path = f"{prefix}{field.name}"
    resource: dict[str, Any] = field.to_api_repr()
    if path in columns:
        resource["description"] = columns[path].get("description", "")
    if field.fields:
        nested = [_describe_field(child, columns, f"{path}.") for child in field.fields]
        resource["fields"] = [child.to_api_repr() for child in nested]
    return bigquery.SchemaField.from_api_repr(resource)
