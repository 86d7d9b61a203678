"""Documents are sales, rejects with a reason, or left out; a batch gives the same as each alone."""

import json
from typing import Any

import pytest

from sources.documents import DocumentReader
from sources.mapping import BadMappingError, parse, preset
from tests.sources.conftest import SAMPLES, Read

ORDER: dict[str, Any] = {
    "userId": "u1",
    "createdAt": "2026-03-28T23:30:00.5+01:00",
    "total": 25.5,
    "currency": "EUR",
    "status": "paid",
    "customer": {"email": "A@Example.org"},
    "items": [{"sku": "M", "qty": 2, "price": 10.0}, {"sku": "P", "qty": 1, "price": 5.5}],
}
FLAT = {
    "name": "flat",
    "row": "order",
    "amount": {"field": "total", "means": "order_total"},
    "customer": {"fields": ["who.id"]},
    "time": {"field": "at", "zone": "Europe/Berlin"},
    "currency": {"default": "EUR"},
}


def document(**changes: Any) -> tuple[str, str]:
    """Return the id and JSON of a document of the shop, with changes."""
    return "doc1", json.dumps(ORDER | changes)


def test_items_are_lines_of_the_document() -> None:
    with DocumentReader(preset("firebase"), source="shop") as reader:
        (found,) = reader.read([document()])
    assert [(each["sale_id"], each["total_amount"], each["order_id"]) for each in found.sales] == [
        ("doc1/1", 20.0, "doc1"),
        ("doc1/2", 5.5, "doc1"),
    ]
    first = found.sales[0]
    assert (first["sale_timestamp"], first["source"]) == ("2026-03-28T22:30:00.500000Z", "shop")
    assert first["quantity"] == 2


def test_a_single_sale_keeps_its_id_and_local_times_use_the_zone() -> None:
    with DocumentReader(parse(FLAT, "flat")) as reader:
        (found,) = reader.read([("x", '{"total": 0.1, "who": {"id": 7}, "at": "2026-07-01T01:00:00"}')])
    (sale,) = found.sales
    assert (sale["sale_id"], sale["customer_id"], sale["total_amount"]) == ("x", "7", 0.1)
    assert sale["sale_timestamp"] == "2026-06-30T23:00:00Z"


LISTS = {
    **FLAT,
    "amount": {
        "field": "total",
        "means": "order_total",
        "discount": {"field": "coupons[].off", "means": "order_amount"},
    },
    "returns": {"refunded": {"field": "refunds[].parts[].amount"}},
}


@pytest.mark.parametrize(
    ("refunds", "outcome"),
    [
        ([{"parts": [{"amount": "-1.25"}, {"amount": 2}]}, {"parts": [{"amount": "0.1"}]}], 3.35),
        ([{"parts": []}], None),
        ([], None),
        ([{"parts": [{"amount": "all"}, {"amount": 1}]}], "refunded amount is 'all 1': not a number"),
    ],
)
def test_amounts_in_a_list_are_summed(refunds: Any, outcome: Any) -> None:
    order = {
        "total": 20,
        "who": {"id": 7},
        "at": "2026-07-01",
        "refunds": refunds,
        "coupons": [{"off": 1}, {"off": "2.5"}],
    }
    with DocumentReader(parse(LISTS, "lists")) as reader:
        (found,) = reader.read([("x", json.dumps(order))])
    if isinstance(outcome, str):
        assert (found.sales, found.reason) == ([], outcome)
    else:
        (sale,) = found.sales
        paid = round(20 - 1 - 2.5 - (outcome or 0), 2)
        assert (sale["total_amount"], sale["refunded_amount"]) == (paid, outcome)


REJECTS = [
    ({"createdAt": "03/04/2026"}, "time is '03/04/2026'"),
    ({"createdAt": None}, "time is missing"),
    ({"status": "mystery"}, "status is 'mystery'"),
    ({"status": None}, "status is missing"),
    ({"currency": "XYZ"}, "currency is 'XYZ'"),
    ({"items": [{"sku": "M", "qty": 1, "price": "12,50"}]}, "amount is '12,50'"),
    ({"items": [{"sku": "M", "qty": "two", "price": 1}]}, "quantity is 'two'"),
    ({"items": {"sku": "M", "qty": 1, "price": 1}}, 'items is \'{"sku":"M"'),
    ({"items": "[]x"}, "items is '[]x': not a list, whose members are the lines"),
    ({"createdAt": "1900-01-01T00:00:00Z"}, "it is dated before 1990-01-01"),
]


@pytest.mark.parametrize(("changes", "reason"), REJECTS)
def test_what_cannot_be_read_is_a_reject_with_its_reason(changes: dict[str, Any], reason: str) -> None:
    with DocumentReader(preset("firebase")) as reader:
        good, bad = reader.read([document(), document(**changes)])
    assert len(good.sales) == 2
    assert bad.reason is not None and bad.reason.startswith(reason)
    assert (bad.sales, bad.left_out) == ([], None)


def test_one_bad_line_rejects_the_whole_document() -> None:
    items = [{"sku": "M", "qty": 1, "price": 1}, {"sku": "P", "qty": 1, "price": "?"}]
    with DocumentReader(preset("firebase")) as reader:
        (found,) = reader.read([document(items=items)])
    assert (found.reason, found.sales) == ("amount is '?': not a number", [])


def test_documents_without_a_sale_are_left_out() -> None:
    with DocumentReader(preset("firebase")) as reader:
        nobody, empty, broken, listed = reader.read(
            [document(userId=None, customer={}), document(items=[]), ("a", "{"), ("b", "[1]")]
        )
    assert (nobody.left_out, empty.left_out) == ("nobody", "without an item")
    assert broken.reason == listed.reason == "it is not a JSON document"


def test_a_purchase_that_is_sent_again_has_the_same_ids() -> None:
    first, second, *_ = (SAMPLES / "ga4.jsonl").read_text(encoding="utf-8").splitlines()
    with DocumentReader(preset("ga4")) as reader:
        (one,), (other,) = reader.read([("e1", first)]), reader.read([("e2", second)])
    assert [sale["sale_id"] for sale in one.sales] == ["T1/1", "T1/2"]
    assert [sale["sale_id"] for sale in other.sales] == ["T1/1", "T1/2"]


def test_a_batch_gives_the_same_as_each_alone() -> None:
    batch = [
        (f"d{n}", json.dumps(ORDER | {"total": n, "status": "refunded" if n % 3 else "paid"}))
        for n in range(50)
    ]
    with DocumentReader(preset("firebase")) as reader:
        together = reader.read(batch)
        alone = [reader.read([each])[0] for each in batch[:5]]
    assert together[:5] == alone
    assert all(len(each.sales) == 2 for each in together)


def test_documents_read_the_same_as_from_a_file(read: Read) -> None:
    path = SAMPLES / "firebase.jsonl"
    _, sales = read(path, preset="firebase", source="x")
    with DocumentReader(preset("firebase"), source="x") as reader:
        documents = [(str(n), line) for n, line in enumerate(path.read_text(encoding="utf-8").splitlines())]
        mine = [sale for each in reader.read(documents) for sale in each.sales]
    without = [{key: sale[key] for key in sale if key not in ("n", "sale_id")} for sale in sales]
    assert [{key: sale[key] for key in sale if key != "sale_id"} for sale in mine] == without


def test_a_total_on_each_line_needs_all_lines() -> None:
    data = FLAT | {"row": "line", "order": "o", "amount": {"field": "total", "means": "order_total_repeated"}}
    with pytest.raises(BadMappingError, match="take each order's total once"):
        DocumentReader(parse(data, "flat"))
