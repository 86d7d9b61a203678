"""Structured queries on the store as of a time: candidates, filter, order, cursors, offset and limit."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from functools import total_ordering
from typing import Any

from google.cloud.firestore_v1.types import StructuredQuery

from localcloud.firestore.errors import invalid, unsupported
from localcloud.firestore.filters import Getter, Predicate, compile_filter, field_getter, inequality_fields
from localcloud.firestore.messages import Document
from localcloud.firestore.names import check_parent, split_name
from localcloud.firestore.store import AFTER_ALL_IDS, PAGE, Store
from localcloud.firestore.values import (
    NAME,
    FieldPath,
    get_value,
    name_key,
    order_key,
    parse_field_path,
    set_value,
)

DESCENDING = StructuredQuery.Direction.DESCENDING
SORT_SLACK = 1000

type SortKey = tuple[Any, ...]


@total_ordering
@dataclass(frozen=True, slots=True)
class Reversed:
    """An order key that sorts in reverse."""

    key: Any

    def __lt__(self, other: "Reversed") -> bool:
        return bool(other.key < self.key)


@dataclass(frozen=True)
class Order:
    """One field to sort by."""

    field_path: str
    descending: bool
    key: Getter = field(compare=False)

    def wrap(self, key: Any) -> Any:
        """Return an order key that sorts in this order's direction."""
        return Reversed(key) if self.descending else key


def query_scope(parent: str, query: Any) -> str:
    """Return the path that contains everything a query could read."""
    check_parent(parent)
    selector = _selector(query)
    if selector.all_descendants or not selector.collection_id:
        return parent
    return f"{parent}/{selector.collection_id}"


async def run_query(
    store: Store, parent: str, query: Any, at: int, needed: frozenset[FieldPath] = frozenset()
) -> AsyncIterator[bytes]:
    """Yield the serialized documents that a query finds under `parent` as of a time, in its order.

    Documents that lack one of the needed fields are skipped and count for neither limit nor offset.
    """
    if query.HasField("find_nearest"):
        raise unsupported("find_nearest")
    limit = query.limit.value if query.HasField("limit") else None
    if (limit is not None and limit < 0) or query.offset < 0:
        raise invalid("A query's limit and offset cannot be negative.")
    stop = None if limit is None else query.offset + limit
    position = 0
    async for data in _scan_in_order(store, parent, query, at, None if needed else stop):
        if position == stop:
            return
        if needed and not _has_fields(data, needed):
            continue
        if position >= query.offset:
            yield data
        position += 1


def _has_fields(data: bytes, paths: frozenset[FieldPath]) -> bool:
    fields = Document.FromString(data).fields
    return all(get_value(fields, path) is not None for path in paths)


def projection(paths: list[str]) -> Callable[[bytes], bytes]:
    """Return a function that reduces a serialized Document to field paths (__name__ is always kept)."""
    wanted = [parse_field_path(path) for path in paths if path != NAME]

    def project(data: bytes) -> bytes:
        whole = Document.FromString(data)
        part = Document(name=whole.name, create_time=whole.create_time, update_time=whole.update_time)
        for path in wanted:
            value = get_value(whole.fields, path)
            if value is not None:
                set_value(part.fields, path, value)
        return bytes(part.SerializeToString())

    return project


async def _scan_in_order(
    store: Store, parent: str, query: Any, at: int, stop: int | None
) -> AsyncIterator[bytes]:
    orders = _orders(query)
    collections = _collections(store, parent, query, at)
    by_name = [(order.field_path, order.descending) for order in orders] == [(NAME, False)]
    if by_name and len(collections) <= 1:
        predicate = compile_filter(query.where) if query.HasField("where") else None
        async for data in _scan_by_name(store, collections, query, at):
            if predicate is None or predicate(Document.FromString(data)):
                yield data
        return
    for data in await _sorted(store, collections, query, orders, at, stop):
        yield data


async def _scan_by_name(store: Store, collections: list[str], query: Any, at: int) -> AsyncIterator[bytes]:
    """Yield a collection's documents in name order, between the cursors, without parsing any."""
    for collection in collections:
        first = _first_id_past(collection, query.start_at, after_equal=not query.start_at.before, default="")
        stop = _first_id_past(
            collection, query.end_at, after_equal=not query.end_at.before, default=AFTER_ALL_IDS
        )
        async for data in scan(store, collection, at, first, stop):
            yield data


def _first_id_past(collection: str, cursor: Any, *, after_equal: bool, default: str) -> str:
    """Return the smallest id of a collection at or past a cursor on __name__, which may lie outside it."""
    if not cursor.values:
        return default
    _, place = name_key(collection)
    _, position = name_key(cursor.values[0].reference_value)
    beneath = position[len(place) :]
    if not beneath or position[: len(place)] != place:
        return AFTER_ALL_IDS if position > place else ""
    nearest: str = beneath[0]
    return nearest + "\0" if after_equal or len(beneath) > 1 else nearest


async def scan(
    store: Store, collection: str, at: int, first: str = "", stop: str = AFTER_ALL_IDS
) -> AsyncIterator[bytes]:
    """Yield a collection's documents as of a time, first <= id < stop; other calls run between pages."""
    while rows := store.scan(collection, at, first, stop):
        for _, data in rows:
            yield data
        if len(rows) < PAGE:
            return
        first = rows[-1][0] + "\0"
        await asyncio.sleep(0)


async def _sorted(
    store: Store, collections: list[str], query: Any, orders: list[Order], at: int, stop: int | None
) -> list[bytes]:
    """Return the matching documents, sorted; with a limit, hold only about as many as are needed."""
    matches = _matcher(query, orders)
    found: list[tuple[SortKey, bytes]] = []
    for collection in collections:
        async for data in scan(store, collection, at):
            key = matches(Document.FromString(data))
            if key is not None:
                found.append((key, data))
            if stop is not None and len(found) > 2 * stop + SORT_SLACK:
                found.sort()
                del found[stop:]
    found.sort()
    return [data for _, data in found]


def _matcher(query: Any, orders: list[Order]) -> Callable[[Any], SortKey | None]:
    """Return a function from a document to its sort key, or to None if the query excludes it."""
    predicate: Predicate = compile_filter(query.where) if query.HasField("where") else lambda _: True
    within = _cursor_test(query, orders)

    def match(document: Any) -> SortKey | None:
        if not predicate(document):
            return None
        keys = [order.key(document) for order in orders]
        if None in keys:
            return None
        key = tuple(order.wrap(key) for order, key in zip(orders, keys, strict=True))
        return key if within(key) else None

    return match


def _cursor_test(query: Any, orders: list[Order]) -> Callable[[SortKey], bool]:
    start, end = _cursor_key(query.start_at, orders), _cursor_key(query.end_at, orders)

    def within(key: SortKey) -> bool:
        from_start, from_end = key[: len(start)], key[: len(end)]
        return (from_start > start or (from_start == start and (not start or query.start_at.before))) and (
            from_end < end or (from_end == end and (not end or not query.end_at.before))
        )

    return within


def _cursor_key(cursor: Any, orders: list[Order]) -> SortKey:
    if len(cursor.values) > len(orders):
        raise invalid("A cursor has more values than the query has order_by fields.")
    return tuple(order.wrap(order_key(value)) for order, value in zip(orders, cursor.values, strict=False))


def _orders(query: Any) -> list[Order]:
    """Return the query's orders, then those that Firestore adds: inequality fields, then the name."""
    directions = {order.field.field_path: order.direction == DESCENDING for order in query.order_by}
    last = next(reversed(directions.values()), False)
    inequalities = inequality_fields(query.where) if query.HasField("where") else set()
    for path in [*sorted(inequalities - {NAME}), NAME]:
        directions.setdefault(path, last)
    return [Order(path, descending, field_getter(path)) for path, descending in directions.items()]


def _collections(store: Store, parent: str, query: Any, at: int) -> list[str]:
    """Return the paths of the collections that a query reads."""
    selector = _selector(query)
    if not selector.all_descendants and selector.collection_id:
        return [f"{parent}/{selector.collection_id}"]
    paths = store.collections_beneath(parent, at)
    if not selector.all_descendants:
        return [path for path in paths if split_name(path)[0] == parent]
    return [path for path in paths if selector.collection_id in ("", split_name(path)[1])]


def _selector(query: Any) -> Any:
    if len(query.from_) > 1:
        raise invalid("A query must read exactly one collection.")
    return query.from_[0] if query.from_ else StructuredQuery.CollectionSelector.pb()()
