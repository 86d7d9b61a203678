"""Documents inside a file's only document: pages of results, and exports keyed by id."""

import json
from pathlib import Path
from typing import Any

import pytest

from sources.errors import UnreadableError
from tests.sources.conftest import Read

ORDER = {"created": "2026-01-31T10:00:00Z", "email": "a@b.de", "total_inc_tax": "10.5000"}
OTHER = ORDER | {"email": "c@d.de"}
KEYED = {"-N1": ORDER, "-N2": OTHER}
WRAPPED: dict[str, tuple[Any, str]] = {
    "a page": ({"cursor": "x", "orders": [ORDER, OTHER]}, 'the list "orders"'),
    "a page with counts": (
        {"nextPageToken": "y", "total_items": 2, "errors": [], "orders": [ORDER, OTHER]},
        'the list "orders"',
    ),
    "a page in a page": ({"data": {"orders": {"edges": [{"node": ORDER}, {"node": OTHER}]}}}, '"edges"'),
    "hits": (
        {"took": 1, "hits": {"total": 2, "hits": [{"_source": ORDER}, {"_source": OTHER}]}},
        '"hits"."hits"',
    ),
    "records with fields": ({"records": [{"fields": ORDER}, {"fields": OTHER}]}, 'the list "records"'),
    "by id": (KEYED, "keyed by id"),
    "a map by id": ({"orders": KEYED}, 'the map "orders"'),
    "a map by id in a map": ({"__collections__": {"orders": KEYED}}, '"__collections__"."orders"'),
    "a map by id beside another kind": (
        {"orders": KEYED, "users": {"u1": {"name": "x"}, "u2": {"name": "y"}}},
        'the map "orders"',
    ),
}


INVOICE = {"Contact": {"ContactID": "c1"}, "DateString": "2026-01-31T00:00:00", "Total": 10.5}
TOTAL = {"CustomerRef": {"value": "24"}, "TxnDate": "2026-01-31", "TotalAmt": 10.5}
WRAPPED |= {
    "Xero": (
        {"Id": "e9", "Status": "OK", "ProviderName": "x", "DateTimeUTC": "y", "Invoices": [INVOICE, INVOICE]},
        'the list "Invoices"',
    ),
    "QuickBooks": (
        {
            "QueryResponse": {"Invoice": [TOTAL, TOTAL], "startPosition": 1, "maxResults": 2},
            "time": "2026-02-01",
        },
        'the list "QueryResponse"."Invoice"',
    ),
    "QuickBooks's receipts": (
        {"QueryResponse": {"SalesReceipt": [TOTAL, TOTAL], "totalCount": 2}, "time": "2026-02-01"},
        'the list "QueryResponse"."SalesReceipt"',
    ),
}


def written(folder: Path, content: Any) -> Path:
    path = folder / "own.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


@pytest.mark.parametrize("name", WRAPPED)
def test_documents_are_found(read: Read, tmp_path: Path, name: str) -> None:
    content, place = WRAPPED[name]
    found, sales = read(written(tmp_path, content))
    assert (found.questions, [sale["total_amount"] for sale in sales]) == ([], [10.5, 10.5])
    [note] = [each for each in found.notes if "the documents are" in each]
    assert note.endswith(place)


def test_the_key_of_a_document_without_an_id_is_its_id(read: Read, tmp_path: Path) -> None:
    _, sales = read(written(tmp_path, {"orders": KEYED}))
    assert {sale["order_id"] for sale in sales} == {"-N1", "-N2"}
    _, sales = read(written(tmp_path, {"orders": {"a": ORDER | {"id": 7}, "b": OTHER | {"id": 8}}}))
    assert {sale["order_id"] for sale in sales} == {"7", "8"}


@pytest.mark.parametrize(
    "more",
    [
        {"lines": [{"n": 1}, {"n": 2}]},
        {"customer": {"name": "x", "city": "y"}, "shop": {"name": "z", "city": "y"}},
        {"meta": {"source": "web"}, "payments": [{"n": 1}]},
        {"invoices": [{"n": 1}, {"n": 2}]},
    ],
)
def test_an_order_is_no_page(read: Read, tmp_path: Path, more: dict[str, Any]) -> None:
    found, [sale] = read(written(tmp_path, ORDER | {"id": 7} | more))
    assert (found.questions, sale["order_id"]) == ([], "7")


def test_an_order_of_maps_is_no_page(read: Read, tmp_path: Path) -> None:
    order = {
        "order": {"id": 7, "created": "2026-01-31"},
        "customer": {"email": "a@b.de", "tags": ["new"]},
        "total": {"amount": 10.5, "currency": "SEK"},
        "lines": [{"sku": "A"}],
    }
    found, [sale] = read(written(tmp_path, order))
    assert (found.questions, sale["order_id"]) == ([], "7")


@pytest.mark.parametrize("users", [[{"name": "x"}], {"u1": {"a": 1, "b": 2}, "u2": {"a": 1, "b": 2}}])
def test_of_several_kinds_of_documents_the_orders_are_read(read: Read, tmp_path: Path, users: Any) -> None:
    found, sales = read(written(tmp_path, {"orders": [ORDER], "users": users}))
    assert (found.questions, len(sales)) == ([], 1)
    assert 'own.json: the documents are the list "orders", not users' in found.notes


@pytest.mark.parametrize("names", [("orders", "archived_orders"), ("berlin", "rome"), ("orders", "sales")])
def test_several_kinds_of_documents_that_may_be_sales_are_refused(
    read: Read, tmp_path: Path, names: tuple[str, str]
) -> None:
    listed = ", ".join(names)
    with pytest.raises(UnreadableError, match=rf"own\.json has several kinds of documents, {listed}: keep"):
        read(written(tmp_path, {name: [ORDER] for name in names}))


def test_pages_may_be_lines_and_nothing_else_is_lost(read: Read, tmp_path: Path) -> None:
    pages: list[Any] = [{"orders": [ORDER], "cursor": 1}, {"orders": [OTHER, ORDER]}, {"error": "late"}]
    path = tmp_path / "own.json"
    path.write_text("\n".join(map(json.dumps, pages)), encoding="utf-8")
    found, sales = read(path)
    assert (found.questions, len(sales)) == ([], 3)
    assert found.figures is not None and found.figures.rows == 4


def test_documents_of_maps_as_lines_are_no_pages(read: Read, tmp_path: Path) -> None:
    maps = {"sale": {"id": 1, "at": "2026-01-31"}, "paid": {"id": 2, "at": "2026-02-01"}}
    path = tmp_path / "own.json"
    path.write_text(f"{json.dumps(maps)}\n{json.dumps(maps)}", encoding="utf-8")
    found, _ = read(path)
    assert not any("the documents are" in each for each in found.notes)


def test_a_comma_at_the_end_does_no_harm(read: Read, tmp_path: Path) -> None:
    path = tmp_path / "own.json"
    path.write_text(json.dumps({"orders": [ORDER]}).removesuffix("]}") + ",],}", encoding="utf-8")
    _, [sale] = read(path)
    assert sale["total_amount"] == 10.5


def test_a_document_without_end_is_refused(read: Read, tmp_path: Path) -> None:
    path = tmp_path / "own.json"
    path.write_text('{"a":' * 20_000 + "1" + "}" * 20_000, encoding="utf-8")
    with pytest.raises(UnreadableError, match=r"own\.json is nested too deeply to hold sales"):
        read(path)


def test_a_large_document_is_refused_with_what_to_do(read: Read, tmp_path: Path) -> None:
    with pytest.raises(
        UnreadableError, match=r"own\.json is one document of over 16 MB: write its records as"
    ):
        read(written(tmp_path, {"orders": [ORDER | {"note": "x" * 2**20}] * 17}))
