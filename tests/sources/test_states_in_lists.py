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
