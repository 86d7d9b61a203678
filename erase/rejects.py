"""The rejects of the exports: the documents that could not be read, as lines of JSON."""

from collections.abc import Iterator, Mapping
from typing import Any

from google.cloud.storage import Blob, Bucket

from erase import lake
from erase.data_subject import DataSubject
from erase.plan import Plan, Tally

FOLDER = "sales_rejects"


def records(bucket: Bucket) -> Iterator[tuple[str, str | None, str | None]]:
    """Yield the document id, the customer and the e-mail hash of each line."""
    for blob in _files(bucket):
        with lake.open_blob(blob) as file:
            yield from map(_parse, file)


def look(bucket: Bucket, subject: DataSubject, plan: Plan) -> None:
    """Count in the plan the lines, and those that are theirs."""
    tally = plan.places[f"{FOLDER}/"] = Tally()
    for blob in _files(bucket):
        with lake.open_blob(blob) as file:
            judged = [_is_theirs(line, subject, plan) for line in file]
        tally.held += len(judged)
        tally.theirs += sum(judged)
        plan.objects |= {lake.versioned(blob)} if any(judged) else set()


def remove(bucket: Bucket, subject: DataSubject, plan: Plan) -> None:
    """Rewrite the files without the lines that are theirs."""
    for blob in _files(bucket):
        lake.replace_lines(blob, lambda line: not _is_theirs(line, subject, plan))


def _files(bucket: Bucket) -> Iterator[Blob]:
    return (blob for blob in lake.objects(bucket, FOLDER) if blob.name.endswith(".jsonl"))


def _parse(line: bytes) -> tuple[str, str | None, str | None]:
    """Return the document id, the customer and the e-mail hash of a line of rejects."""
    document = (lake.record_of(line) or {}).get("document", {})
    fields = document.get("fields", {})
    document_id = str(document.get("name", "")).rpartition("/")[2]
    return document_id, _text(fields.get("customer_id", {})), _text(fields.get("contact_email_hashed", {}))


def _text(value: Mapping[str, Any]) -> str | None:
    """Return a value in protobuf's JSON form as trimmed text, or None if it is empty or of another type."""
    return str(value.get("stringValue", value.get("integerValue", ""))).strip() or None


def _is_theirs(line: bytes, subject: DataSubject, plan: Plan) -> bool:
    document_id, customer, email = _parse(line)
    if customer and subject.ids:
        return customer in subject.ids
    mixed = any(document_id in documents for documents in plan.blanked.values())
    if mixed or document_id in plan.documents or subject.owns(None, email):
        return True
    return any(each.startswith((f"{document_id}/", f"{document_id}~")) for each in plan.documents)
