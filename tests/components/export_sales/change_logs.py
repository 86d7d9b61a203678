"""A collection whose changes are in a table, as the extension firestore-bigquery-export writes them."""

import json
import math
from datetime import UTC, date, datetime
from typing import Any

from google.cloud import bigquery
from google.cloud.firestore import SERVER_TIMESTAMP, DocumentReference, GeoPoint

from components.export_sales.summary import ExportSummary
from tests.components.export_sales.test_export_sales import PROJECT, Shop

SOLD = "2020-01-01T00:00:00Z"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
COLUMNS = {"timestamp": "TIMESTAMP", "event_id": "STRING", "document_name": "STRING", "operation": "STRING"}
SCHEMA = [
    *(bigquery.SchemaField(name, kind, "REQUIRED") for name, kind in COLUMNS.items()),
    *(bigquery.SchemaField(name, "STRING") for name in ("data", "old_data", "document_id", "path_params")),
]


class Logged(Shop):
    """A shop whose every change is written to a change log, unless it is held back."""

    def __init__(self, firestore: Any, bucket: Any, client: bigquery.Client) -> None:
        super().__init__(firestore, bucket)
        self.client = client
        dataset = client.create_dataset(f"{PROJECT}.{bucket.name.replace('-', '_')}", exists_ok=True)
        table = bigquery.Table(dataset.table("sales_raw_changelog"), SCHEMA)
        table.time_partitioning = bigquery.TimePartitioning(field="timestamp")
        table.clustering_fields = ["document_id"]
        self.table = client.create_table(table)
        self.log = f"{dataset.dataset_id}.sales_raw_changelog"
        self.there: set[str] = set()

    def stamp(self, *ids: str, is_lost: bool = False, **changes: Any) -> datetime:
        """Write documents and the rows that their triggers write; return the time of the last write."""
        fields = {"sale_timestamp": SOLD, "updated_at": SERVER_TIMESTAMP} | changes
        rows = []
        for each in ids:
            moment = self.write(each, **fields)
            operation = "UPDATE" if each in self.there else "CREATE"
            rows.append(self.event(each, operation, moment))
            self.there.add(each)
        if not is_lost:
            self.put(*rows)
        return moment

    def delete(self, *ids: str) -> datetime:
        for each in ids:
            moment: datetime = self.sales.document(each).delete()
            self.there.remove(each)
            self.put(self.event(each, "DELETE", moment))
        return moment

    def event(self, each: str, operation: str, moment: datetime, data: str | None = "") -> dict[str, Any]:
        """Return the row of an event, with what the document holds now unless data is given."""
        if data == "":
            found = self.sales.document(each).get()
            data = as_node_writes(found.to_dict()) if found.exists else None
        return {
            "timestamp": moment.isoformat(),
            "event_id": "" if operation == "IMPORT" else f"{each}-{operation}-{moment.isoformat()}",
            "document_name": f"projects/{PROJECT}/databases/(default)/documents/{self.sales.id}/{each}",
            "document_id": each,
            "operation": operation,
            "data": data,
            "old_data": "{}",
        }

    def put(self, *rows: dict[str, Any]) -> None:
        assert self.client.insert_rows_json(self.table, list(rows)) == []

    def export_log(self, day: date, **settings: Any) -> ExportSummary:
        return self.export(day, export_mode="changelog", changelog_table=self.log, **settings)

    def newest(self) -> dict[str, Any]:
        return list(self.manifests().values())[-1]


def as_node_writes(fields: dict[str, Any]) -> str:
    """Return a document as the extension writes it: JSON.stringify of what Node's client read, no bytes."""
    return json.dumps(_plain(fields), ensure_ascii=False)


def _plain(value: Any) -> Any:
    match value:
        case dict():
            return {name: _plain(each) for name, each in value.items() if not isinstance(each, bytes)}
        case list():
            return [_plain(each) for each in value if not isinstance(each, bytes)]
        case datetime():
            whole = value.replace(microsecond=0)
            return {"_seconds": int(whole.timestamp()), "_nanoseconds": value.microsecond * 1000}
        case GeoPoint():
            return {"_latitude": value.latitude, "_longitude": value.longitude}
        case DocumentReference():
            return value.path
        case float() if not math.isfinite(value):
            return None
        case float() if value.is_integer():  # JavaScript writes a whole number without a point
            return int(value)
        case int() if not isinstance(value, bool):
            return int(float(value))
    return value
