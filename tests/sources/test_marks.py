"""Marks of sales that did not come about are asked about in presets' files too, each, and beside a status."""

import json
from pathlib import Path
from typing import Any

import pytest

from sources.mapping import BadMappingError, parse
from tests.sources.conftest import Read, money


def written(folder: Path, *documents: Any) -> Path:
    """Return a file of JSON lines."""
    path = folder / "own.jsonl"
    path.write_text("\n".join(map(json.dumps, documents)), encoding="utf-8")
    return path


def charge(n: int, **changes: Any) -> dict[str, Any]:
    """Return a charge as Stripe's API has it."""
    fields = {"id": f"ch_{n}", "customer": "cus_1", "created": 1_767_600_000 + n, "amount": 1000}
    more = {
        "currency": "eur",
        "status": "succeeded",
        "captured": True,
        "livemode": True,
        "amount_refunded": 0,
    }
    return fields | more | changes


def shopify(n: int, **changes: Any) -> dict[str, Any]:
    """Return an order as Shopify's API has it."""
    item = {"id": n, "sku": "A", "price": "10.00", "quantity": 1}
    fields = {"id": n, "created_at": "2026-03-01T10:00:00Z", "financial_status": "paid", "currency": "EUR"}
    return fields | {"email": "a@b.de", "line_items": [item], "total_price": "10.00", "refunds": []} | changes


def own(n: int, **changes: Any) -> dict[str, Any]:
    """Return an order of a shop that no preset knows."""
    fields = {"order_id": n, "customer_id": "c", "created_at": "2026-03-01T10:00:00Z", "total": 10}
    return fields | {"status": "paid", "currency": "EUR"} | changes


# Orders of 10.00 each; the questions about them; what is sold once all are answered by their first option.
MARKED: dict[str, tuple[list[dict[str, Any]], list[str], tuple[str, str]]] = {
    "a preset's flags": (
        [charge(1), charge(2, captured=False), charge(3, livemode=False)],
        ["captured says false in 1 rows", "livemode says false in 1 rows"],
        ("10.00", "0.00"),
    ),
    "a preset whose filter stays": (
        [shopify(1), shopify(2, cancelled_at="2026-03-02T10:00:00Z"), shopify(3, test=True)],
        ["cancelled_at is filled in 1 rows"],
        ("10.00", "0.00"),
    ),
    "a flag beside a status": (
        [own(1), own(2, is_deleted=True), own(3, is_deleted=False, status="failed")],
        ["is_deleted is filled in 1 rows"],
        ("10.00", "0.00"),
    ),
    "several": (
        [own(1), own(2, deletedAt="2026-03-02"), own(3, voided=True), own(4, returned_at="2026-03-02")],
        ["deletedAt is filled in 1 rows", "voided is filled in 1 rows", "returned_at is filled in 1 rows"],
        ("10.00", "10.00"),
    ),
    "a status that says it": (
        [own(1), own(2, status="cancelled", cancelled_at="2026-03-02"), own(3, paid=True)],
        [],
        ("20.00", "0.00"),
    ),
}


@pytest.mark.parametrize("name", MARKED)
def test_each_mark_is_asked_about_and_the_answers_add_up(read: Read, tmp_path: Path, name: str) -> None:
    orders, texts, sold = MARKED[name]
    path = written(tmp_path, *orders)
    found, _ = read(path)
    assert [question.text.partition(",")[0] for question in found.questions] == texts
    answers = tuple(setting for question in found.questions for setting in question.options[0])
    found, _ = read(path, settings=answers)
    assert money(found) == {"EUR": sold}


@pytest.mark.parametrize(
    ("more", "question"),
    [
        ({"fulfillment": {"cancelled_at": "2026-03-02"}}, "fulfillment.cancelled_at is filled in 1 rows"),
        ({"meta": {"flags": {"isTest": True}}}, "meta.flags.isTest says true in 1 rows"),
        ({"payment": {"amount_refunded": 5}}, "payment.amount_refunded is not 0 in 1 rows"),
        ({"customer": {"deleted_at": "2026-03-02"}}, None),
        ({"product": {"deleted_at": "2026-03-02"}}, None),
    ],
)
def test_a_mark_inside_a_map_is_asked_about(
    read: Read, tmp_path: Path, more: dict[str, Any], question: str | None
) -> None:
    orders = [own(n) | (more if n else {}) for n in range(2)]
    found, _ = read(written(tmp_path, *orders))
    assert [each.text.partition(",")[0] for each in found.questions] == ([question] if question else [])


def test_a_preset_s_key_that_no_document_has_is_noted(read: Read, tmp_path: Path) -> None:
    intents = [{key: value for key, value in charge(n).items() if key != "amount_refunded"} for n in (1, 2)]
    found, _ = read(written(tmp_path, *intents))
    assert found.notes == ["no column amount_refunded, which stripe_api may have"]


def test_what_is_kept_needs_words() -> None:
    data = {"name": "x", "row": "order", "amount": {"field": "a", "means": "order_total"}}
    more = {"customer": {"fields": ["c"]}, "time": {"field": "t"}, "keep": [{"field": "kind"}]}
    with pytest.raises(BadMappingError, match="words: name the values of sales"):
        parse(data | more, "own")
