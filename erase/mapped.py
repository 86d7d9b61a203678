"""The owners of the documents in your own collection, according to the newest export's mapping."""

import json
from collections.abc import Iterable, Iterator
from itertools import batched
from typing import Any

from google.cloud.storage import Bucket

from components.export_sales.manifest import Export
from components.export_sales.mapped import from_firestore
from components.export_sales.mappings import NamedMapping, load_mapping
from components.shared.errors import StepError
from components.shared.pseudonyms import email_hash
from sources.documents import DocumentReader
from sources.mapping import JOINED, Mapping
from sources.meaning.people import plain_customer
from sources.meaning.words import NOBODY

READ_AT_ONCE = 2_000

type Owned = tuple[Any, str | None, str | None]


def mapping_in_use(bucket: Bucket, exports: list[Export]) -> NamedMapping | None:
    """Return the mapping of the newest export, or None if that read the contract's own documents.

    Raises StepError if the mapping is gone or has changed.
    """
    name = exports[-1].manifest.mapping if exports else ""
    if not name:
        return None
    named = load_mapping(bucket, name)
    if named.digest != exports[-1].manifest.mapping_digest:
        raise StepError(
            f"gs://{bucket.name}/{name} differs from the mapping of the newest export: "
            "run the batch, then run this again"
        )
    return named


def ids_in_exports(ids: Iterable[str]) -> set[str]:
    """Return the ids, with the hashes that a mapping stores instead of those that are e-mail addresses.

    The exports contain these hashes, and so do the documents of a file import.
    """
    given = {each.strip() for each in ids}
    return given | {email_hash(each) for each in given if "@" in each}


def owned(documents: Iterable[Any], mapping: Mapping) -> Iterator[Owned]:
    """Yield each protobuf Document with its customer and the hash of an e-mail address in it."""
    with DocumentReader(mapping) as reader:
        for batch in batched(documents, READ_AT_ONCE, strict=False):
            rows = [from_firestore(document).rows[0] for document in batch]
            for document, row, outcome in zip(batch, rows, reader.read(rows), strict=True):
                if outcome.sales:
                    sale = outcome.sales[0]
                    yield document, sale["customer_id"], sale["contact_email_hashed"]
                else:
                    yield document, customer_of(json.loads(row[1]), mapping), None


def customer_of(fields: dict[str, Any], mapping: Mapping) -> str | None:
    """Return the customer of a document that is not a sale, from the first field that names somebody."""
    nobody = {*NOBODY, "", *(word.lower() for word in mapping.customer.nobody)}
    for path in mapping.customer.fields:
        text = " ".join(filter(None, (_at(fields, part) for part in path.split(JOINED))))
        if text.lower() in nobody:
            continue
        customer = plain_customer(text)
        return email_hash(customer) if "@" in text and mapping.customer.hash_email else customer
    return None


def _at(fields: dict[str, Any], path: str) -> str:
    """Return the value at a path into nested maps as text, empty if there is none."""
    if "[" in path:
        raise StepError(
            f"customer.fields: {path!r} is in a list, so a document that is not a sale has no certain owner"
        )
    value: Any = fields
    for step in path.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return "" if value is None else str(value).strip()
