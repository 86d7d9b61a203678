"""What lies in a place: the documents of a collection, the collections of a document, cursors to split by."""

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
DEFAULT_PAGE = 300


def list_documents(store: Store, request: Any, at: int) -> Any:
    """Return the ListDocumentsResponse of a request at a time (microseconds)."""
    if request.order_by not in ("", NAME):
        raise unsupported("Listing documents in another order than that of their names")
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
    """Return the sorted ids of a parent's collections, those too whose own documents are absent."""
    check_parent(parent)
    paths = store.collections_beneath(parent, at)
    return sorted({path[len(parent) + 1 :].split("/")[0] for path in paths})


async def partition_cursors(store: Store, parent: str, query: Any, at: int, count: int) -> list[Any]:
    """Return at most `count` Cursors on __name__, at equal distances among a query's documents."""
    if count < 1:
        raise invalid("partition_count has to be 1 or more.")
    orders = [(order.field.field_path, order.direction) for order in query.order_by]
    if orders not in ([(NAME, direction)] for direction in (UNSPECIFIED, ASCENDING)):
        raise invalid("What is to be split into parts is ordered by __name__, ascending.")
    names = [Document.FromString(data).name async for data in run_query(store, parent, query, at)]
    names.sort(key=name_key)
    positions = sorted({len(names) * part // (count + 1) for part in range(1, count + 1)} - {0})
    return [Cursor(values=[{"reference_value": names[position]}], before=False) for position in positions]
