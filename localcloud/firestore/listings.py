"""Listings: the documents of a collection, the collections of a document, cursors that split a query."""

import re
from typing import Any

from google.cloud.firestore_v1 import types

from localcloud.firestore.errors import invalid, unsupported
from localcloud.firestore.messages import Document
from localcloud.firestore.names import check_parent
from localcloud.firestore.query import projection, run_query
from localcloud.firestore.store import Store
from localcloud.firestore.values import NAME, name_key

UNSPECIFIED = types.StructuredQuery.Direction.DIRECTION_UNSPECIFIED
ASCENDING = types.StructuredQuery.Direction.ASCENDING
Cursor = types.Cursor.pb()
ListDocumentsResponse = types.ListDocumentsResponse.pb()
PartitionQueryResponse = types.PartitionQueryResponse.pb()
DEFAULT_PAGE = 300
DOCUMENTS_A_CURSOR = 128  # Firestore splits at about every 128th document, not more finely
UNDIVIDED = ("where", "limit", "start_at", "end_at")
DATABASE = re.compile(r"projects/[^/]+/databases/[^/]+/documents")


def list_documents(store: Store, request: Any, at: int) -> Any:
    """Return the ListDocumentsResponse to a request as of a time (microseconds)."""
    if request.order_by not in ("", NAME):
        raise unsupported("Listing documents in any order but by name")
    check_parent(request.parent)
    if request.page_size < 0:
        raise invalid("page_size cannot be negative.")
    collection = f"{request.parent}/{request.collection_id}"
    size = request.page_size or DEFAULT_PAGE
    first = f"{request.page_token}\0" if request.page_token else ""
    documents: dict[str, Any] = {}
    if request.show_missing:
        ids = {
            path[len(collection) + 1 :].split("/")[0] for path in store.collections_beneath(collection, at)
        }
        documents = {id_: Document(name=f"{collection}/{id_}") for id_ in ids if id_ >= first}
    project = projection(request.mask.field_paths) if request.HasField("mask") else lambda data: data
    for id_, data in store.scan(collection, at, first, most=size + 1):
        documents[id_] = Document.FromString(project(data))
    page = sorted(documents)[:size]
    return ListDocumentsResponse(
        documents=[documents[id_] for id_ in page],
        next_page_token=page[-1] if len(documents) > size else "",
    )


def list_collection_ids(store: Store, parent: str, at: int) -> list[str]:
    """Return the sorted ids of a parent's collections, even those that only have nested documents."""
    check_parent(parent)
    paths = store.collections_beneath(parent, at)
    return sorted({path[len(parent) + 1 :].split("/")[0] for path in paths})


async def partition_query(store: Store, request: Any, at: int) -> Any:
    """Return the PartitionQueryResponse to a request as of a time (microseconds).

    Its cursors on __name__ split the documents of a collection group into equal parts, no smaller than
    Firestore's. Each page is sorted, but, as documented for Firestore, there is no order between pages.
    """
    _check_partition_query(request)
    query, most = request.structured_query, request.partition_count
    names = [Document.FromString(data).name async for data in run_query(store, request.parent, query, at)]
    names.sort(key=name_key)
    count = min(most, len(names) // DOCUMENTS_A_CURSOR)
    cursors = [
        Cursor(values=[{"reference_value": names[len(names) * part // (count + 1)]}], before=False)
        for part in range(1, count + 1)
    ]
    pages = -(-count // request.page_size) if request.page_size else 1
    page = int(request.page_token or 0)
    return PartitionQueryResponse(
        partitions=cursors[page::pages] if pages else [],
        next_page_token=str(page + 1) if page + 1 < pages else "",
    )


def _check_partition_query(request: Any) -> None:
    if not DATABASE.fullmatch(request.parent):
        raise invalid(f"{request.parent!r} is not the name of a database's documents.")
    if request.partition_count < 1 or request.page_size < 0:
        raise invalid("partition_count must be 1 or more, and page_size cannot be negative.")
    if request.page_token and not request.page_token.isdecimal():
        raise invalid("page_token was not issued by this server.")
    query = request.structured_query
    if len(query.from_) != 1 or not query.from_[0].all_descendants or not query.from_[0].collection_id:
        raise invalid("A partitioned query must read one collection with all descendants.")
    orders = [(order.field.field_path, order.direction) for order in query.order_by]
    if orders not in ([(NAME, direction)] for direction in (UNSPECIFIED, ASCENDING)):
        raise invalid("A partitioned query must be ordered by __name__, ascending.")
    if query.offset or any(query.HasField(part) for part in UNDIVIDED):
        raise invalid(f"A partitioned query must not have {', '.join(UNDIVIDED)} or offset.")
