"""Keys of JSON documents: any spelling, and those that only some documents have."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.sources.conftest import Read, money

ORDER = {"order_id": "o", "customer_id": "c", "created_at": "2026-03-01T10:00:00Z", "total": 10.5}


def written(folder: Path, *documents: Any) -> Path:
    """Return a file of JSON lines."""
    path = folder / "own.jsonl"
    path.write_text("\n".join(map(json.dumps, documents)), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "key", ["order.id", "order[id]", 'order "id"', "order\\id", "order id", "order 💶 id"]
)
def test_a_key_may_contain_any_character(read: Read, tmp_path: Path, key: str) -> None:
    orders = [{key: f"o{n}"} | {name: ORDER[name] for name in ORDER if name != "order_id"} for n in range(3)]
    settings = () if key == "order.id" else (f"order={json.dumps(key, ensure_ascii=False)}",)
    found, sales = read(written(tmp_path, *orders), settings=settings)
    assert [sale["order_id"] for sale in sales] == ["o0", "o1", "o2"], found.questions


def test_keys_with_dots_may_stand_beside_the_map_that_they_came_from(read: Read, tmp_path: Path) -> None:
    orders = [
        ORDER | {"order_id": n, "customer.id": f"c{n}", "customer": {"id": 0, "name": "x"}} for n in range(2)
    ]
    maps = [ORDER | {"order_id": n, "customer": {"id": f"c{n}"}} for n in range(2, 4)]
    _, sales = read(written(tmp_path, *orders, *maps), settings=("customer.fields=[customer.id]",))
    assert [sale["customer_id"] for sale in sales] == ["c0", "c1", "c2", "c3"]


def test_a_key_that_only_late_documents_have_is_seen(read: Read, tmp_path: Path) -> None:
    orders: list[dict[str, Any]] = [ORDER | {"order_id": n} for n in range(1_500)]
    orders[-1]["cancelled_at"] = "2026-03-02"
    found, _ = read(written(tmp_path, *orders))
    [question] = found.questions
    assert question.text.startswith("cancelled_at is filled in 1 rows")


def test_sales_of_documents_with_such_keys_are_those_of_plain_ones(read: Read, tmp_path: Path) -> None:
    found, _ = read(written(tmp_path, *({f"Total [{n % 1}]": 1, **ORDER, "order_id": n} for n in range(3))))
    assert money(found) == {"EUR": ("31.50", "0.00")}


@pytest.mark.parametrize("settings", [(), ("items=items", "row=line", "amount.field=items[].price")])
def test_keys_of_lines_with_blanks_around_them_are_refused(
    read: Read, tmp_path: Path, settings: tuple[str, ...]
) -> None:
    own = {name: ORDER[name] for name in ORDER if name != "total"}
    found, _ = read(written(tmp_path, own | {"items": [{"sku": "x", "price ": 10.5}]}), settings=settings)
    assert "the members of items have keys with blanks around them, like 'price '" in found.questions[0].text
