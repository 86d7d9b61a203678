"""Sales that are in a map of each document."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.sources.conftest import Read, money

FIRST, SECOND, CHANGED = (
    {
        "id": order,
        "customer_id": customer,
        "created_at": f"2026-01-0{order}",
        "total": total,
        "currency": "USD",
    }
    for order, customer, total in (("5", "a", 10.5), ("6", "b", 20.0), ("6", "b", 21.0))
)
EVENT = {"id": "e", "source": "shop", "time": "2026-02-01T00:00:00Z"}
WRAPPED: dict[str, list[dict[str, Any]]] = {
    "an order": [{"order": FIRST}, {"order": SECOND}],
    "Kafka": [{"key": 1, "partition": 0, "value": FIRST}, {"key": 2, "partition": 0, "value": SECOND}],
    "CloudEvents": [EVENT | {"data": FIRST}, EVENT | {"data": SECOND}],
    "Debezium": [{"before": None, "after": each, "op": "c"} for each in (FIRST, SECOND)],
    "deeper": [{"payload": {"after": FIRST}}, {"payload": {"after": SECOND}}],
}


def lines(folder: Path, documents: list[dict[str, Any]]) -> Path:
    path = folder / "sales.jsonl"
    path.write_text("\n".join(map(json.dumps, documents)), encoding="utf-8")
    return path


@pytest.mark.parametrize("documents", WRAPPED.values(), ids=WRAPPED)
def test_the_only_map_with_a_sale_is_read(
    documents: list[dict[str, Any]], read: Read, tmp_path: Path
) -> None:
    found, sales = read(lines(tmp_path, documents))
    assert (found.questions, money(found)) == ([], {"USD": ("30.50", "0.00")})
    assert sorted(each["sale_timestamp"][:10] for each in sales) == ["2026-01-05", "2026-01-06"]


def test_a_page_of_results_may_have_maps_in_its_list(read: Read, tmp_path: Path) -> None:
    path = tmp_path / "page.json"
    path.write_text(json.dumps({"list": [{"invoice": FIRST}, {"invoice": SECOND}]}), encoding="utf-8")
    found, _ = read(path)
    assert (found.questions, money(found)) == ([], {"USD": ("30.50", "0.00")})


def test_changes_of_sales_are_asked_about(read: Read, tmp_path: Path) -> None:
    changes = [*WRAPPED["Debezium"], {"before": SECOND, "after": CHANGED, "op": "u"}]
    [question] = read(lines(tmp_path, [*changes, {"before": FIRST, "after": None, "op": "d"}]))[0].questions
    assert "op says c, d, u: are the rows changes of sales?" in str(question)


@pytest.mark.parametrize("lines_of_file", [1, 2])
def test_a_preset_reads_orders_that_are_each_in_a_map_of_its_own(
    lines_of_file: int, read: Read, tmp_path: Path
) -> None:
    """2 cups of 10.00 for each order, with 2.00 off them."""
    item = {"id": 1, "price": "10.00", "quantity": 2, "discount_allocations": [{"amount": "2.00"}]}
    order = {"created_at": "2026-03-01T10:00:00Z", "financial_status": "paid", "currency": "USD"} | {
        "admin_graphql_api_id": "x",
        "email": "a@example.org",
        "total_price": "23.00",
        "line_items": [item],
    }
    path = lines(tmp_path, [{"order": order | {"id": n}} for n in range(lines_of_file)])
    found, _ = read(path)
    assert found.how.startswith("as shopify_api")
    assert money(found) == {"USD": (f"{18 * lines_of_file}.00", "0.00")}


def test_what_stands_beside_a_map_later_is_noticed(read: Read, tmp_path: Path) -> None:
    orders = [{"order": FIRST}, {"order": SECOND}, {"order": CHANGED | {"id": "7"}, "cancelled": True}]
    [question] = read(lines(tmp_path, orders))[0].questions
    assert "cancelled is filled in 1 rows" in str(question)


def test_columns_are_found_by_name_in_the_only_map_of_each_member(read: Read, tmp_path: Path) -> None:
    """The amount is asked for, but the order's number and its currency are known."""
    notices = [
        {
            "merchantReference": str(number),
            "shopperReference": "s",
            "eventDate": "2026-01-05",
            "amount": {"currency": "USD", "value": value},
        }
        for number, value in ((1, 1050), (1, 2000))
    ]
    page = {"live": "true", "notificationItems": [{"NotificationRequestItem": each} for each in notices]}
    path = lines(tmp_path, [page])
    amount = "amount.field=NotificationRequestItem.amount.value"
    found, _ = read(path, settings=(amount, "amount.means=line_total", "amount.minor_units=true"))
    assert money(found) == {"USD": ("30.50", "0.00")}
    assert found.mapping and found.mapping.order == "NotificationRequestItem.merchantReference"


def test_two_maps_with_a_sale_are_asked_about(read: Read, tmp_path: Path) -> None:
    found, _ = read(lines(tmp_path, 2 * [{"quote": FIRST, "order": SECOND}]))
    assert found.questions
