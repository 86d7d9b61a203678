"""Where the documents are in a file of one document: a page of results, or an export keyed by their ids."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sources.errors import UnreadableError
from sources.meaning.names import match_columns, plain_name

# What stands beside the documents in a page of results, without case and punctuation.
_PAGE_KEYS = """
    object kind type url etag version odatacontext accountnumber took timedout shards count total
    totalcount totalitems totalpages totalresults odatacount maxscore page pages perpage pagesize
    pagenumber limit offset size pagination paging pageinfo next nextpage nextpagetoken nexturl
    odatanextlink previous prev hasmore hasnext cursor nextcursor links meta metadata success ok
    status code message errors warnings extensions startdate enddate generatedat exportedat
    lastrefresheddatetime searchcriteria totalsize done nextoffset nextrecordsurl live islast
    href pagecontext startposition maxresults
"""
PAGE_KEYS = frozenset(_PAGE_KEYS.split())
SALE = {"customer", "time", "total", "price", "order"}
OF_WHOM = {"customer", "total", "price"}  # of a customer or an order, which has a list of invoices
# Of collections, in the languages whose names of columns are known.
_SALES_NAMES = """
    orders order sales sale bestellungen verkäufe commandes ventes pedidos ventas vendas ordini vendite
    bestellingen zamówienia objednávky beställningar ordrer ordre 注文 订单 заказы замовлення siparişler
    παραγγελίες 주문 invoices invoice salesreceipts salesreceipt salesorders salesorder
"""
SALES_NAMES = frozenset(map(plain_name, _SALES_NAMES.split()))
ENVELOPE = "QueryResponse"  # of QuickBooks, beside the time of the answer
FEW = 20  # documents, by which it is told whether they are alike
ALIKE = 2  # keys that these must share


@dataclass(frozen=True)
class Place:
    """Where documents are: the keys of a list, or of a map from their ids, in a file's only document.

    `is_alone` says that each document is the only thing in another: {"order": {…}}.
    """

    keys: tuple[str, ...]
    by_id: bool
    is_alone: bool = False
    others: tuple[str, ...] = ()  # collections beside it, which are not read

    def __str__(self) -> str:
        """Return the place in words: 'the list "data"."orders"'."""
        named = ".".join(json.dumps(key, ensure_ascii=False) for key in self.keys)
        unread = f", not {', '.join(self.others)}" if self.others else ""
        kind = "map" if self.by_id or self.is_alone else "list"
        return f"the {kind} {named}{unread}" if named else "keyed by id"

    @property
    def path(self) -> str:
        """The path as JSON has it."""
        return _path(self.keys)

    @property
    def only_keys(self) -> dict[str, str]:
        """Each key on the way, as the only one at the path before it."""
        return {_path(self.keys[:depth]): key for depth, key in enumerate(self.keys)}


def _path(keys: tuple[str, ...]) -> str:
    return "$" + "".join(f".{json.dumps(key, ensure_ascii=False)}" for key in keys)


def find_documents(value: Any, name: str, keys: tuple[str, ...] = ()) -> Place | None:
    """Return where documents are inside a document, or None if it is one itself.

    Raises UnreadableError if they are in several places.
    """
    if _are_documents(value):
        return Place(keys, by_id=isinstance(value, dict))
    if not isinstance(value, dict):
        return None
    inner = {key: each for key, each in value.items() if isinstance(each, dict | list) and each}
    named = [key for key in inner if not _is_of_page(key)]
    kinds = [key for key in named if _are_documents(inner[key])]
    beside = [key for key in value if key not in inner and not _is_of_page(key)]
    has_more = bool(beside) and not (len(named) == 1 and _is_answer(named[0], inner[named[0]], beside))
    if len(kinds) > 1 and not has_more:
        return _of_sales({key: inner[key] for key in kinds}, name, keys)
    by_id = [key for key in kinds if isinstance(inner[key], dict)]
    chosen = by_id if len(named) > 1 else named
    if len(chosen) != 1 or has_more:
        return None
    within = (*keys, chosen[0])
    found = find_documents(inner[chosen[0]], name, within)
    is_alone = len(value) == 1 and isinstance(inner[chosen[0]], dict)
    return found or (Place(within, by_id=False, is_alone=True) if is_alone else None)


def _of_sales(kinds: dict[str, Any], name: str, keys: tuple[str, ...]) -> Place:
    """Return where the sales are among several collections: the only one with such a name, or such keys.

    Raises UnreadableError if that is none or several, such as orders and archived_orders.
    """
    named = [key for key in kinds if plain_name(key) in SALES_NAMES]
    like_sales = [key for key, documents in kinds.items() if _are_sales(documents, [])]
    found = named + [key for key in like_sales if key not in named and _speaks_of_sales(key)] or like_sales
    if len(found) != 1:
        raise UnreadableError(
            f"{name} has several kinds of documents, {', '.join(kinds)}: keep the sales only"
        )
    (key,) = found
    others = tuple(each for each in kinds if each != key)
    return Place((*keys, key), by_id=isinstance(kinds[key], dict), others=others)


def is_empty_page(value: Any) -> bool:
    """Return whether a document is a page of results whose only list has no members."""
    if not isinstance(value, dict):
        return False
    named = [key for key in value if not _is_of_page(key)]
    found = named or [key for key in value if isinstance(value[key], list | dict)]
    return len(found) == 1 and (value[found[0]] == [] or is_empty_page(value[found[0]]))


def _is_answer(key: str, value: Any, beside: list[str]) -> bool:
    """Return whether only a list of sales matters, not what stands beside it, such as the answer's id."""
    if key == ENVELOPE:
        return True
    if not _are_documents(value):
        return False
    is_named = plain_name(key) in SALES_NAMES and isinstance(value, list)
    return _are_sales(value, beside) or (is_named and not OF_WHOM & match_columns(beside).keys())


def _are_sales(documents: Any, beside: list[str]) -> bool:
    """Return whether documents have the times and amounts of sales, and what stands beside them has none."""
    first = documents[0] if isinstance(documents, list) else next(iter(documents.values()))
    found = match_columns(list(first))
    return {"time", "total"} <= found.keys() and not SALE & match_columns(beside).keys()


def _speaks_of_sales(key: str) -> bool:
    return any(name in plain_name(key) for name in SALES_NAMES)


def _is_of_page(key: str) -> bool:
    return re.sub("[^a-z]", "", key.lower()) in PAGE_KEYS


def _are_documents(value: Any) -> bool:
    """Return whether a value is a list of maps, or a map of several maps that are alike."""
    if isinstance(value, list):
        return bool(value) and isinstance(value[0], dict)
    return isinstance(value, dict) and len(value) > 1 and _are_alike(iter(value.values()))


def _are_alike(values: Iterator[Any]) -> bool:
    first = next(values)
    if not isinstance(first, dict):
        return False
    shared = set(first)
    for value, _ in zip(values, range(FEW), strict=False):
        if not isinstance(value, dict):
            return False
        shared.intersection_update(value)
    return len(shared) >= ALIKE
