"""Amounts that have a state of their own count only if they went through."""

import json
from pathlib import Path
from typing import Any

import pytest

from sources.documents import DocumentReader
from sources.mapping import BadMappingError, parse, preset
from tests.sources.conftest import SAMPLES, Read, money
from tests.sources.test_interfaces import order, written


def shopify_order(transactions: list[dict[str, Any]]) -> dict[str, Any]:
    """Return an order of 26.00 with refunds."""
    orders = json.loads((SAMPLES / "shopify_api.json").read_text(encoding="utf-8"))["orders"]
    found: dict[str, Any] = next(each for each in orders if each["id"] == 502)
    return found | {"refunds": [{"transactions": transactions}, {"transactions": []}]}


REFUNDS = [
    {"amount": "4.00", "status": "success"},
    {"amount": "3.00", "status": "failure"},
    {"amount": "2.00", "status": "PENDING"},
    {"amount": "1.00", "status": "error"},
    {"amount": "0.50", "status": None},
]


def test_a_refund_that_failed_is_not_deducted(read: Read, tmp_path: Path) -> None:
    found, _ = read(written(tmp_path, shopify_order(REFUNDS)))
    assert (found.how, money(found)) == ("as shopify_api, by its columns", {"EUR": ("21.50", "0.00")})


def test_a_document_of_the_cloud_deducts_none_either() -> None:
    with DocumentReader(preset("shopify_api")) as reader:
        [outcome] = reader.read([("502", json.dumps(shopify_order(REFUNDS)))])
    assert [sale["refunded_amount"] for sale in outcome.sales] == [4.5]


def test_only_a_sum_may_except_members() -> None:
    data = {
        "name": "own",
        "row": "order",
        "amount": {"field": "parts[status!=failed].amount", "means": "order_total"},
        "customer": {"fields": ["who"]},
        "time": {"field": "at"},
    }
    with pytest.raises(BadMappingError, match="its list is not `items`"):
        parse(data, "own")


def test_amounts_in_a_presets_list_that_did_not_go_through_are_asked_about(
    read: Read, tmp_path: Path
) -> None:
    orders = json.loads((SAMPLES / "woocommerce_api.json").read_text(encoding="utf-8"))
    assert isinstance(orders, list)
    [first, *others] = [each for each in orders if each["refunds"]]
    states = [{"total": "-1.00", "status": "failed"}, {"total": "-2.00", "status": "completed"}]
    path = written(tmp_path, *others, first | {"status": "completed", "refunds": states})
    found, _ = read(path)
    [question] = found.questions
    assert question.options == (
        ('returns.refunded.field="refunds[status!=failed].total"',),
        ('returns.refunded.field="refunds[].total"',),
    )
    revenues = []
    for option in question.options:
        found, _ = read(path, settings=option)
        assert found.figures is not None
        revenues.append(found.figures.money["EUR"].revenue)
    assert revenues[0] - revenues[1] == 1


def test_a_list_of_refunds_is_offered_without_those_that_failed(read: Read, tmp_path: Path) -> None:
    refunds = [{"amount": 5, "status": "REJECTED"}, {"amount": 1, "status": "COMPLETED"}]
    path = written(tmp_path, order(1, refunds=[]), order(2, refunds=refunds))
    found, _ = read(path)
    [question] = found.questions
    assert "is refunds[status!=REJECTED].amount what was refunded?" in question.text
    found, _ = read(path, settings=question.options[0])
    assert money(found) == {"EUR": ("30.50", "0.00")}


CAPTURED: dict[str, tuple[dict[str, Any], str, tuple[str, str]]] = {
    "Mollie": (
        {"amountCaptured": {"value": "6.00", "currency": "EUR"}},
        "amountCaptured.value",
        ("6.00", "10.50"),
    ),
    "a payment intent": ({"amount_received": 6}, "amount_received", ("6.00", "10.50")),
    "beside a refund": ({"amount_captured": 6, "amount_refunded": 2}, "amount_captured", ("4.00", "8.50")),
}


@pytest.mark.parametrize("name", CAPTURED)
def test_a_part_that_was_captured_is_asked_about(read: Read, tmp_path: Path, name: str) -> None:
    more, column, revenues = CAPTURED[name]
    path = written(tmp_path, order(1, **more))
    found, _ = read(path)
    [question] = found.questions
    assert question.text == f"{column} is less than total in 1 rows, and is not used: which was paid?"
    for (setting,), revenue in zip(question.options, revenues, strict=True):
        found, _ = read(path, settings=(setting,))
        assert money(found) == {"EUR": (revenue, "0.00")}


def test_what_was_not_captured_and_is_refunded_is_deducted_once(read: Read, tmp_path: Path) -> None:
    found, _ = read(written(tmp_path, order(1, amount_captured=6, amount_refunded=4.5)))
    assert money(found) == {"EUR": ("6.00", "0.00")}


def test_a_charge_of_a_preset_that_was_captured_in_part_is_asked_about(read: Read, tmp_path: Path) -> None:
    charge = {
        "id": "ch_1",
        "customer": "c",
        "created": 1_767_261_600,
        "currency": "eur",
        "status": "succeeded",
    }
    path = written(tmp_path, charge | {"amount": 1000, "amount_captured": 600, "amount_refunded": 0})
    found, _ = read(path)
    assert found.how == "as stripe_api, by its columns"
    [question] = found.questions
    found, _ = read(path, settings=question.options[0])
    assert money(found) == {"EUR": ("6.00", "0.00")}


@pytest.mark.parametrize(
    ("name", "key", "word"),
    [("transactions", "status", "failed"), ("events", "type", "cancelled"), ("history", "to", "voided")],
)
def test_a_state_in_a_list_that_is_not_read_is_asked_about(
    read: Read, tmp_path: Path, name: str, key: str, word: str
) -> None:
    lists = [[{key: "created"}], [{key: "created"}, {key: word}]]
    path = written(tmp_path, *(order(n, **{name: each}) for n, each in enumerate(lists, start=1)))
    found, _ = read(path)
    [question] = found.questions
    assert (
        question.text == f"{name}[].{key} says {word} in 1 documents, and is not used: were these not sold?"
    )
    for option, revenue in zip(question.options, ("10.50", "31.50"), strict=True):
        found, _ = read(path, settings=option)
        assert money(found) == {"EUR": (revenue, "0.00")}


def test_a_state_in_a_list_that_the_status_says_too_is_not(read: Read, tmp_path: Path) -> None:
    path = written(
        tmp_path, order(1, status="cancelled", events=[{"type": "cancelled"}]), order(2, status="paid")
    )
    found, _ = read(path)
    assert money(found) == {"EUR": ("21.00", "0.00")}
