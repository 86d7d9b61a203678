"""The mapping that an export reads sales with, from the bucket."""

import hashlib
from dataclasses import dataclass

from google.api_core.exceptions import NotFound
from google.cloud.storage import Bucket

from components.shared.errors import StepError
from sources.mapping import BadMappingError, Mapping, as_yaml, read


@dataclass(frozen=True)
class NamedMapping:
    """A mapping, and the object of the bucket that contains it."""

    name: str
    mapping: Mapping

    @property
    def digest(self) -> str:
        """A digest of its meaning; comments do not change it."""
        return _digest(as_yaml(self.mapping))

    @property
    def source(self) -> str:
        """A short description of what is read with it."""
        source = self.mapping.source
        if source.kind == "firestore":
            place = filter(None, (source.project, source.database, source.collection))
            return f"Firestore {'/'.join(place)}"
        return f"BigQuery {source.table}" if source.table else f"BigQuery query {_digest(source.query or '')}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def load_mapping(bucket: Bucket, name: str) -> NamedMapping:
    """Return the mapping in an object of the bucket; raise StepError if it cannot be used here."""
    where = f"gs://{bucket.name}/{name}"
    try:
        text = bucket.blob(name).download_as_bytes().decode()
        named = NamedMapping(name, read(text, where))
    except NotFound:
        raise StepError(
            f"sales_mapping={name!r}: {where} does not exist; Terraform's variable sales_mapping "
            "puts a mapping into the bucket"
        ) from None
    except (BadMappingError, UnicodeDecodeError) as error:
        raise StepError(f"sales_mapping={name!r}: {error}") from None
    _refuse_what_no_export_reads(named)
    return named


def _refuse_what_no_export_reads(named: NamedMapping) -> None:
    source = named.mapping.source
    if source.kind == "files":
        raise StepError(
            f"{named.name} is for files: set where the sales are, as in source: {{kind: firestore, "
            "collection: orders}, or kind: bigquery with a table or a query"
        )
    if source.kind == "firestore" and named.mapping.unique_order:
        raise StepError(
            f"{named.name}: unique_order works only for BigQuery, where an order's rows are grouped; in "
            "Firestore use the order's id as the document's id"
        )
    if named.mapping.unique_order == "last":
        raise StepError(
            f"{named.name}: unique_order: last works only for files: let source.query select the last row"
        )
