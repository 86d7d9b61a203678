"""Resource names: projects/P/databases/D/documents/COLLECTION/ID, alternating collections and ids."""

import re

from localcloud.firestore.errors import invalid

DOCUMENT = re.compile(r"projects/[^/]+/databases/[^/]+/documents((?:/[^/]+/[^/]+)+)", re.DOTALL)
RESERVED = re.compile(r"__.*__|\.\.?", re.DOTALL)
PARENT = re.compile(r"projects/[^/]+/databases/[^/]+/documents(?:/[^/]+/[^/]+)*", re.DOTALL)
MOST_ID_BYTES = 1500
RESERVED_FIELD = re.compile(r"__(?!type__$).*__", re.DOTALL)  # __type__ marks a vector


def split_name(name: str) -> tuple[str, str]:
    """Return the path of a document's collection, and the document's id."""
    collection, _, document_id = name.rpartition("/")
    return collection, document_id


def check_document_name(name: str) -> None:
    """Raise INVALID_ARGUMENT if `name` cannot be a document's name."""
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


def check_parent(name: str) -> None:
    """Raise INVALID_ARGUMENT if `name` cannot be the parent of collections."""
    if not PARENT.fullmatch(name):
        raise invalid(f"{name!r} is not the name of a database's documents, nor of a document")


def check_field_name(name: str) -> None:
    """Raise INVALID_ARGUMENT if `name` cannot be a field's name or an aggregation's alias."""
    if not name:
        raise invalid("A field has an empty name.")
    if RESERVED_FIELD.fullmatch(name):
        raise invalid(f"The name {name!r} is reserved.")
    if len(name.encode()) > MOST_ID_BYTES:
        raise invalid(f"The name {name[:40]!r}... is longer than {MOST_ID_BYTES} bytes.")
