"""The exports of sales in the bucket: Parquet files of versions, the indexes, the manifests, the rejects."""

import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from google.cloud.storage import Blob, Bucket
from pydantic import ValidationError

from components.export_sales import index, unfinished
from components.export_sales import manifest as manifests
from components.export_sales.documents import SCHEMA, VERSION_COLUMNS
from components.export_sales.manifest import Export, Manifest, read_manifest
from components.shared.errors import StepError
from erase import lake
from erase.plan import Plan, Tally
from erase.versions import COUNTED, Row, Verdict, count_contributions, judge
from erase.whom import Whom

FOLDER = "sales"
REJECTS = "sales_rejects"
READ = (
    *("document_id", "customer_id", "contact_email_hashed", "export_id"),
    *("is_deleted", "unreadable", "known_from"),
)


@dataclass
class _Candidates:
    """Documents that may be theirs, gathered record by record."""

    whom: Whom
    documents: set[str]
    nobodys: list[tuple[str, str]] = field(default_factory=list)

    def add(self, document_id: str, customer: str | None, email: str | None) -> None:
        self.whom.learn(customer, email)
        if customer in self.whom.ids:
            self.documents.add(document_id)
        elif customer is None and email:
            self.nobodys.append((document_id, email))

    def all(self) -> set[str]:
        """Return the documents, with those that have no customer id but an e-mail hash that proved theirs."""
        return self.documents | {document for document, email in self.nobodys if self.whom.own(None, email)}


@dataclass(frozen=True)
class _Published:
    """A manifest and the object that holds it."""

    blob: Blob
    export: Export


def may_have_gone(bucket: Bucket, before: datetime) -> bool:
    """Return whether an export before a time may have recorded a deletion, according to the manifests."""
    manifests_before = (
        each.export.manifest
        for each in _read_manifests(bucket)
        if datetime.fromisoformat(each.export.manifest.read_time) < before
    )
    return any(each.deleted or "deleted" not in _counts_of(each) for each in manifests_before)


def exports(bucket: Bucket) -> list[Export]:
    """Return the published exports, oldest first; raise StepError for anything that is not a manifest."""
    return [each.export for each in _read_manifests(bucket)]


def look(bucket: Bucket, whom: Whom, documents: set[str], plan: Plan) -> None:
    """Add to the plan what is to be erased from the exports; documents are those known to be theirs."""
    published = _read_manifests(bucket)
    candidates = _candidates(bucket, whom, documents)
    held, rows = _rows_of(bucket, whom, candidates)
    order = {each.export.manifest.export_id: place for place, each in enumerate(published)}
    histories = _histories([row for _, row in rows], order)
    verdict = judge(histories, whom.gone_before)
    going = {(name, row) for name, row in rows if verdict.less(row) != row}
    plan.places[f"{FOLDER}/"] = Tally(held=held, theirs=len(going))
    plan.objects |= {name for name, _ in going}
    plan.documents |= verdict.documents
    plan.blanked |= verdict.blanked
    plan.gone |= verdict.gone
    _look_at_manifests(published, histories, verdict, plan)
    _look_at_indexes(bucket, plan)
    _look_at_rejects(bucket, whom, plan)


def remove(bucket: Bucket, whom: Whom, plan: Plan) -> None:
    """Carry out the plan, leaving what is already done as it is.

    Unpublished shards are discarded and must start again, since they read data from before the erasure.
    """
    unfinished.discard(bucket)
    for blob in lake.objects(bucket, FOLDER):
        _replace_parquet(blob, whom, plan)
    for blob, documents in _indexes(bucket, plan):
        _replace_index(blob, documents)
    for name, counts in plan.manifests.items():
        _replace_manifest(bucket, name, counts)
    for blob in _reject_files(bucket):
        lake.replace_lines(blob, lambda line: not _is_their_reject(line, whom, plan))


def _read_manifests(bucket: Bucket) -> list[_Published]:
    """Return the manifests in the order of their exports; raise StepError for an object that is not one."""
    found = []
    for blob in lake.objects(bucket, manifests.FOLDER):
        try:
            found.append(_Published(blob, read_manifest(blob)))
        except ValueError as error:
            raise StepError(
                f"gs://{bucket.name}/{blob.name} is not a manifest ({error}): "
                "run the batch, which moves it aside, then run this again"
            ) from None
    return sorted(found, key=lambda each: (each.export.day, each.export.number))


def _candidates(bucket: Bucket, whom: Whom, documents: set[str]) -> set[str]:
    found = _Candidates(whom, set(documents))
    for blob in _reject_files(bucket):
        with lake.open_blob(blob) as file:
            for line in file:
                found.add(*_parse_reject(line))
    for _, row in _rows(bucket):
        if whom.gone_before is None:
            found.add(row["document_id"], row["customer_id"], row["contact_email_hashed"])
        elif row["is_deleted"] and row["known_from"] < whom.gone_before:
            found.documents.add(row["document_id"])
    return found.all()


def _rows_of(bucket: Bucket, whom: Whom, documents: set[str]) -> tuple[int, list[tuple[str, Row]]]:
    """Return the number of rows, and the rows of the given documents, each with its object."""
    held, found = 0, []
    for blob, row in _rows(bucket):
        held += 1
        if row["document_id"] in documents:
            found.append((lake.versioned(blob), _row(row, whom)))
    return held, found


def _row(values: Mapping[str, Any], whom: Whom) -> Row:
    customer, email = values["customer_id"], values["contact_email_hashed"]
    owner = whom.own(customer, email)
    return Row(
        values["export_id"],
        values["document_id"],
        owner if owner or customer else None,
        bool(values["is_deleted"]),
        values["unreadable"] is not None,
        values["known_from"],
    )


def _rows(bucket: Bucket) -> Iterator[tuple[Blob, dict[str, Any]]]:
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


def _histories(rows: list[Row], order: Mapping[str, int]) -> list[list[Row]]:
    """Return each document's rows in the order of their exports; rows of unpublished exports come last."""
    rows = sorted(
        rows, key=lambda row: (row.document_id, order.get(row.export_id, len(order)), row.export_id)
    )
    return [list(group) for _, group in groupby(rows, key=lambda row: row.document_id)]


def _look_at_manifests(
    published: list[_Published], histories: list[list[Row]], verdict: Verdict, plan: Plan
) -> None:
    exports = [each.export.manifest.export_id for each in published]
    before = count_contributions(exports, histories)
    less = [[left for row in rows if (left := verdict.less(row))] for rows in histories]
    after = count_contributions(exports, less)
    changed = {}
    for each in published:
        manifest, export = each.export.manifest, each.export.manifest.export_id
        less_by = {name: after[export][name] - before[export][name] for name in _counts_of(manifest)}
        if any(less_by.values()):
            changed[each.blob.name] = {name: getattr(manifest, name) + n for name, n in less_by.items()}
            plan.objects.add(lake.versioned(each.blob))
    plan.manifests |= changed
    plan.places[f"{manifests.FOLDER}/"] = Tally(held=len(published), theirs=len(changed))


def _counts_of(manifest: Manifest) -> tuple[str, ...]:
    """Return the names of a manifest's counts; one from an earlier version of this project has only three."""
    has_all = manifest.new or manifest.changed or manifest.unchanged or not manifest.documents
    return COUNTED if has_all else ("documents", "rows", "rejects")


def _replace_manifest(bucket: Bucket, name: str, counts: Mapping[str, int]) -> None:
    blob = bucket.get_blob(name)
    text = blob.download_as_text()
    fields = json.loads(text) | counts
    try:
        Manifest.model_validate(fields)
    except ValidationError as error:
        raise StepError(f"gs://{bucket.name}/{name} would not fit its export: {error}") from None
    if fields != json.loads(text):
        with tempfile.TemporaryFile() as file:
            file.write(json.dumps(fields, separators=(",", ":")).encode() + b"\n")
            lake.replace(blob, file)


def _replace_parquet(blob: Blob, whom: Whom, plan: Plan) -> None:
    table = _read_parquet(blob)
    going = [_is_to_remove(row, whom, plan) for row in table.to_pylist()]
    blanked = [_is_blanked(row, plan) for row in table.to_pylist()]
    if not any(going) and not any(blanked):
        return
    table = _blank(table, pa.array(blanked)) if any(blanked) else table
    with tempfile.TemporaryFile() as file:
        pq.write_table(table.filter(pc.invert(pa.array(going))), file)
        lake.replace(blob, file)


def _is_to_remove(row: Mapping[str, Any], whom: Whom, plan: Plan) -> bool:
    """Return whether to remove a row: its document is in the plan, and others have not recreated it since."""
    customer = (row["customer_id"] or "").strip()
    return row["document_id"] in plan.documents and (not whom.ids or not customer or customer in whom.ids)


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


def _indexes(bucket: Bucket, plan: Plan) -> Iterator[tuple[Blob, set[str]]]:
    """Yield the indexes, each with the documents that it must not list."""
    published = _read_manifests(bucket)
    newest = index.objects_of(published[-1].export) if published else []
    for blob in lake.objects(bucket, index.FOLDER):
        if not blob.name.endswith(".parquet"):  # belongs to shards that are not published yet
            continue
        yield blob, plan.documents | (plan.gone if blob.name in newest else set())


def _look_at_indexes(bucket: Bucket, plan: Plan) -> None:
    tally = plan.places[f"{index.FOLDER}/"] = Tally()
    for blob, documents in _indexes(bucket, plan):
        with lake.open_blob(blob) as file:
            going = _rows_to_remove(pq.read_table(file), documents)
        theirs = sum(going)
        tally.held += len(going)
        tally.theirs += theirs
        plan.objects |= {lake.versioned(blob)} if theirs else set()


def _rows_to_remove(listed: pa.Table | pa.RecordBatch, documents: set[str]) -> list[bool]:
    """Return, for each line of an index, whether to remove it: its document goes, or all its sales do."""
    ids = listed["document_id"].to_pylist()
    if "sales" not in listed.schema.names:
        return [each in documents for each in ids]
    pairs = zip(ids, listed["sales"].to_pylist(), strict=True)
    return [each in documents or (bool(sales) and documents.issuperset(sales)) for each, sales in pairs]


def _replace_index(blob: Blob, documents: set[str]) -> None:
    with lake.open_blob(blob) as file, tempfile.TemporaryFile() as left:
        source = pq.ParquetFile(file)
        kept = 0
        with pq.ParquetWriter(left, source.schema_arrow) as writer:
            for batch in source.iter_batches(index.ROWS_A_GROUP):
                keeps = [not goes for goes in _rows_to_remove(batch, documents)]
                kept += sum(keeps)
                writer.write_batch(batch.filter(pa.array(keeps, pa.bool_())))
        if kept < source.metadata.num_rows:
            lake.replace(blob, left)


def _reject_files(bucket: Bucket) -> Iterator[Blob]:
    return (blob for blob in lake.objects(bucket, REJECTS) if blob.name.endswith(".jsonl"))


def _look_at_rejects(bucket: Bucket, whom: Whom, plan: Plan) -> None:
    tally = plan.places[f"{REJECTS}/"] = Tally()
    for blob in _reject_files(bucket):
        with lake.open_blob(blob) as file:
            judged = [_is_their_reject(line, whom, plan) for line in file]
        tally.held += len(judged)
        tally.theirs += sum(judged)
        plan.objects |= {lake.versioned(blob)} if any(judged) else set()


def _parse_reject(line: bytes) -> tuple[str, str | None, str | None]:
    """Return the document id, the customer and the e-mail hash of a line of rejects."""
    document = (lake.record_of(line) or {}).get("document", {})
    fields = document.get("fields", {})
    document_id = str(document.get("name", "")).rpartition("/")[2]
    return document_id, _text(fields.get("customer_id", {})), _text(fields.get("contact_email_hashed", {}))


def _text(value: Mapping[str, Any]) -> str | None:
    """Return a value in protobuf's JSON form as trimmed text, or None if it is empty or of another type."""
    return str(value.get("stringValue", value.get("integerValue", ""))).strip() or None


def _is_their_reject(line: bytes, whom: Whom, plan: Plan) -> bool:
    document_id, customer, email = _parse_reject(line)
    if customer and whom.ids:
        return customer in whom.ids
    mixed = any(document_id in documents for documents in plan.blanked.values())
    if mixed or document_id in plan.documents or whom.own(None, email):
        return True
    return any(each.startswith((f"{document_id}/", f"{document_id}~")) for each in plan.documents)
