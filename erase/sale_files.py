"""The Parquet files of the exports: versions of sales, which are removed or turned into deletions."""

import tempfile
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from google.cloud.storage import Blob, Bucket

from components.export_sales.documents import SCHEMA, VERSION_COLUMNS
from components.shared.errors import StepError
from erase import lake
from erase.data_subject import DataSubject
from erase.plan import Plan
from erase.versions import Row

FOLDER = "sales"
READ = (
    *("document_id", "customer_id", "contact_email_hashed", "export_id"),
    *("is_deleted", "unreadable", "known_from"),
)


def rows_of(bucket: Bucket, subject: DataSubject, documents: set[str]) -> tuple[int, list[tuple[str, Row]]]:
    """Return the number of rows, and the rows of the given documents, each with its object."""
    held, found = 0, []
    for blob, row in rows(bucket):
        held += 1
        if row["document_id"] in documents:
            found.append((lake.versioned(blob), _row(row, subject)))
    return held, found


def _row(values: Mapping[str, Any], subject: DataSubject) -> Row:
    customer, email = values["customer_id"], values["contact_email_hashed"]
    owner = subject.owns(customer, email)
    return Row(
        values["export_id"],
        values["document_id"],
        owner if owner or customer else None,
        bool(values["is_deleted"]),
        values["unreadable"] is not None,
        values["known_from"],
    )


def rows(bucket: Bucket) -> Iterator[tuple[Blob, dict[str, Any]]]:
    """Yield the rows of all files, each with its object."""
    for blob in lake.objects(bucket, FOLDER):
        table = _read_parquet(blob)
        for row in table.select([name for name in READ if name in table.column_names]).to_pylist():
            values = dict.fromkeys(READ) | row
            values["customer_id"] = (values["customer_id"] or "").strip() or None
            yield blob, values


def _read_parquet(blob: Blob) -> pa.Table:
    try:
        with lake.open_blob(blob) as file:
            return pq.read_table(file)
    except pa.ArrowInvalid as error:
        raise StepError(
            f"gs://{blob.bucket.name}/{blob.name} is not a complete Parquet file ({error}): "
            "delete it if no manifest names it"
        ) from None


def remove(bucket: Bucket, subject: DataSubject, plan: Plan) -> None:
    """Rewrite the files without the versions that are theirs."""
    for blob in lake.objects(bucket, FOLDER):
        _replace(blob, subject, plan)


def _replace(blob: Blob, subject: DataSubject, plan: Plan) -> None:
    table = _read_parquet(blob)
    going = [_is_to_remove(row, subject, plan) for row in table.to_pylist()]
    blanked = [_is_blanked(row, plan) for row in table.to_pylist()]
    if not any(going) and not any(blanked):
        return
    table = _blank(table, pa.array(blanked)) if any(blanked) else table
    with tempfile.TemporaryFile() as file:
        pq.write_table(table.filter(pc.invert(pa.array(going))), file)
        lake.replace(blob, file)


def _is_to_remove(row: Mapping[str, Any], subject: DataSubject, plan: Plan) -> bool:
    """Return whether to remove a row: its document is in the plan, and others have not recreated it since."""
    customer = (row["customer_id"] or "").strip()
    return row["document_id"] in plan.documents and (
        not subject.ids or not customer or customer in subject.ids
    )


def _is_blanked(row: Mapping[str, Any], plan: Plan) -> bool:
    return row["document_id"] in plan.blanked.get(row["export_id"], ()) and not row.get("is_deleted")


def _blank(table: pa.Table, blanked: pa.Array) -> pa.Table:
    """Return the table with the marked rows turned into deletions, which keep only the version's values."""
    columns = []
    for column in SCHEMA:
        values = (
            table[column.name] if column.name in table.column_names else pa.nulls(len(table), column.type)
        )
        if column.name not in VERSION_COLUMNS or column.name == "unreadable":
            values = pc.if_else(blanked, pa.scalar(None, column.type), values)
        if column.name == "is_deleted":
            values = pc.or_(pc.coalesce(values, pa.scalar(False)), blanked)
        columns.append(values)
    return pa.table(columns, schema=SCHEMA)
