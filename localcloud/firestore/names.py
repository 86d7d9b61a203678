"""Resource names: projects/P/databases/D/documents/COLLECTION/ID, collections and ids taking turns."""

import re

from localcloud.firestore.errors import invalid

DOCUMENT = re.compile(r"projects/[^/]+/databases/[^/]+/documents((?:/[^/]+/[^/]+)+)", re.DOTALL)
RESERVED = re.compile(r"__.*__|\.\.?", re.DOTALL)
MOST_ID_BYTES = 1500


def split_name(name: str) -> tuple[str, str]:
    """Return the path of a document's collection, and the document's id."""
    collection, _, document_id = name.rpartition("/")
    return collection, document_id


def check_document_name(name: str) -> None:
    """Raise INVALID_ARGUMENT when `name` cannot be a document's."""
    match = DOCUMENT.fullmatch(name)
    if not match:
        raise invalid(
            f"{name!r} is not the name of a document: projects/P/databases/D/documents/COLLECTION/ID"
        )
    for segment in match[1][1:].split("/"):
        if RESERVED.fullmatch(segment):
            raise invalid(f'Resource id "{segment}" is invalid because it is reserved.')
        if len(segment.encode()) > MOST_ID_BYTES:
            raise invalid(f"Resource id {segment[:40]!r}... is longer than {MOST_ID_BYTES} bytes.")
