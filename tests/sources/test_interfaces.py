"""Documents as databases and interfaces write them: typed values, cents, pages, changes, items."""

import json
from pathlib import Path
from typing import Any

import pytest

from sources.errors import UnreadableError
from tests.sources.conftest import Read, money

DAY = "2026-03-0{}T10:00:00Z"
SECONDS = 1_772_359_200


def written(folder: Path, *documents: Any) -> Path:
    """Return a file of JSON lines, or of one document."""
    path = folder / "own.json"
    path.write_text("\n".join(map(json.dumps, documents)), encoding="utf-8")
    return path


def order(n: int, **changes: Any) -> dict[str, Any]:
    """Return an order of 10.50 n."""
    fields = {"order_id": f"o{n}", "customer_id": f"c{n}", "created_at": DAY.format(n), "total": 10.5 * n}
    return fields | {"currency": "EUR"} | changes


def without(fields: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: fields[name] for name in fields if name not in names}


def firestore(n: int, total: dict[str, Any]) -> dict[str, Any]:
    """Return an order as Firestore's REST interface has it."""
    created = {"timestampValue": DAY.format(n)}
    return {"fields": {"userId": {"stringValue": f"u{n}"}, "total": total, "createdAt": created}}


TYPED: dict[str, list[dict[str, Any]]] = {
    "Firestore": [firestore(1, {"doubleValue": 10.5}), firestore(2, {"integerValue": "21"})],
    "MongoDB": [
        order(1, total={"$numberDecimal": "10.50"}, created_at={"$date": DAY.format(1)}),
        order(2, total=21, created_at={"$date": {"$numberLong": str(SECONDS * 1000)}}),
    ],
    "a timestamp in seconds": [
        without(order(n), "created_at") | {"createdAt": {"_seconds": SECONDS + n, "_nanoseconds": 5}}
        for n in (1, 2)
    ],
    "DynamoDB": [
        {"Item": {key: {"N" if key == "total" else "S": str(value)} for key, value in order(n).items()}}
        for n in (1, 2)
    ],
    "nanoseconds": [order(n, created_at=SECONDS * 10**9 + n) for n in (1, 2)],
    "a float": [order(n, created_at=float(f"{SECONDS + n}e3")) for n in (1, 2)],
}


@pytest.mark.parametrize("name", TYPED)
def test_values_of_several_types_are_one_column(read: Read, tmp_path: Path, name: str) -> None:
    found, sales = read(written(tmp_path, *TYPED[name]))
    assert (found.questions, len(sales), money(found)) == ([], 2, {"EUR": ("31.50", "0.00")})
    assert {sale["sale_timestamp"][:7] for sale in sales} == {"2026-03"}


def test_a_mark_of_such_a_type_is_asked_about(read: Read, tmp_path: Path) -> None:
    deleted = {"$date": {"$numberLong": str(SECONDS * 1000)}}
    found, _ = read(written(tmp_path, order(1, deletedAt=None), order(2, deletedAt=deleted)))
    [question] = found.questions
    assert question.text.startswith("deletedAt.$date.$numberLong is filled in 1 rows")


CENTS: dict[str, tuple[list[dict[str, Any]], str]] = {
    "lower case": ([order(n, total=1000 * n, currency="eur") for n in (1, 2)], "currency is in lower case"),
    "times": ([order(n, total=1000 * n, created_at=SECONDS + n) for n in (1, 2)], "times are numbers"),
    "a map": (
        [without(order(n), "currency") | {"total": {"value": 1000 * n, "currency": "EUR"}} for n in (1, 2)],
        "in a map with total.currency",
    ),
}


@pytest.mark.parametrize("name", CENTS)
def test_whole_amounts_of_an_interface_may_be_cents(read: Read, tmp_path: Path, name: str) -> None:
    orders, why = CENTS[name]
    path = written(tmp_path, *orders)
    field = ("amount.field=total.value",) if name == "a map" else ()
    found, _ = read(path, settings=field)
    [question] = found.questions
    assert f"{why}: are they cents?" in question.text
    for (setting,), revenue in zip(question.options, ("30.00", "3000.00"), strict=True):
        found, _ = read(path, settings=(*field, setting))
        assert money(found) == {"EUR": (revenue, "0.00")}


@pytest.mark.parametrize(
    "orders",
    [
        [order(n, total=1000 * n) for n in (1, 2)],
        [order(n, total=f"{1000 * n}.00", currency="eur") for n in (1, 2)],
        [order(n, total=1000 * n, currency="jpy") for n in (1, 2)],
    ],
)
def test_other_whole_amounts_are_no_cents(read: Read, tmp_path: Path, orders: list[dict[str, Any]]) -> None:
    found, sales = read(written(tmp_path, *orders))
    assert (found.questions, [sale["total_amount"] for sale in sales]) == ([], [1000, 2000])


def test_an_amount_has_the_currency_of_its_own_map(read: Read, tmp_path: Path) -> None:
    orders = [
        without(order(n), "total")
        | {
            "shopMoney": {"amount": "10.50", "currencyCode": "EUR"},
            "presentmentMoney": {"amount": "12.60", "currencyCode": "USD"},
        }
        for n in (1, 2)
    ]
    found, _ = read(written(tmp_path, *orders), settings=("amount.field=presentmentMoney.amount",))
    assert money(found) == {"USD": ("25.20", "0.00")}


PAGES: dict[str, Any] = {
    "Magento": {"items": [order(1), order(2)], "search_criteria": {"filter_groups": []}, "total_count": 2},
    "Salesforce": {"totalSize": 2, "done": True, "records": [order(1), order(2)]},
    "any": {"shopName": "x", "orders": [order(1), order(2)], "version_of_plugin": 7},
}


@pytest.mark.parametrize("name", PAGES)
def test_what_stands_beside_a_page_may_be_anything(read: Read, tmp_path: Path, name: str) -> None:
    found, _ = read(written(tmp_path, PAGES[name]))
    assert money(found) == {"EUR": ("31.50", "0.00")}


def test_rows_that_are_changes_are_asked_about(read: Read, tmp_path: Path) -> None:
    rows = [(None, order(1), "c"), (order(1), order(1, total=7), "u"), (order(1), None, "d")]
    path = written(tmp_path, *({"before": before, "after": after, "op": op} for before, after, op in rows))
    names = {"order": "order_id", "time.field": "created_at", "amount.field": "total"}
    settings = (
        *(f"{key}=after.{name}" for key, name in names.items()),
        "customer.fields=[after.customer_id]",
    )
    found, _ = read(path, settings=settings)
    assert found.questions[0].text.startswith("op says c, d, u: are the rows changes of sales?")


def test_states_are_asked_about_whoever_named_the_amount(read: Read, tmp_path: Path) -> None:
    orders = [order(1, status="paid"), order(1, status="shipped"), order(2, status="paid")]
    paid = [without(each, "total") | {"paid_sum": each["total"]} for each in orders]
    found, _ = read(written(tmp_path, *paid), settings=("amount.field=paid_sum",))
    [question] = found.questions
    assert "are they states?" in question.text


ITEM = {"sku": "A", "price": 5.0, "quantity": 2}
LINES = ("items=items", "row=line", "amount.field=items[].price", "amount.means=unit_price")


@pytest.mark.parametrize(
    ("more", "question"),
    [
        ({"refunded_quantity": 1}, "items[].refunded_quantity is not 0 in 1 rows"),
        ({"returned_value": 5}, None),
        ({"returned_amount": 5}, "items[].returned_amount is not 0 in 1 rows"),
        ({"cancelled": True}, "items[].cancelled is filled in 1 rows"),
        ({"discount": 1.5}, "items[].discount ("),
    ],
)
def test_what_the_lines_in_a_list_have_is_noticed(
    read: Read, tmp_path: Path, more: dict[str, Any], question: str | None
) -> None:
    orders = [without(order(n), "total") | {"items": [ITEM, ITEM | (more if n == 2 else {})]} for n in (1, 2)]
    found, _ = read(written(tmp_path, *orders), settings=(*LINES, "quantity=items[].quantity"))
    assert [each.text[: len(question or "")] for each in found.questions] == ([question] if question else [])


def test_a_price_in_a_map_of_an_item_is_offered(read: Read, tmp_path: Path) -> None:
    item = {"quantity": 2, "unitPrice": {"gross": {"amount": 5.25, "currency": "EUR"}}}
    path = written(tmp_path, *(without(order(n), "total") | {"items": [item]} for n in (1, 2)))
    found, _ = read(path)
    [question] = found.questions
    found, _ = read(path, settings=question.options[0])
    assert money(found) == {"EUR": ("21.00", "0.00")}


@pytest.mark.parametrize("items", [{"x": ITEM}, ITEM, json.dumps([ITEM])])
def test_items_that_are_no_list_are_asked_about(read: Read, tmp_path: Path, items: Any) -> None:
    orders = [without(order(n), "total") | {"items": [ITEM] if n == 1 else items} for n in (1, 2)]
    orders.append(without(order(3), "total") | {"items": {}})
    found, _ = read(written(tmp_path, *orders), settings=(*LINES, "quantity=items[].quantity"))
    [question] = found.questions
    assert question.text.startswith("1 documents have a map or a text in items, not a list (row 2)")


def test_a_list_of_refunds_is_offered_as_amounts(read: Read, tmp_path: Path) -> None:
    path = written(tmp_path, order(1, refunds=[]), order(2, refunds=[{"id": 1, "amount": 5}, {"amount": 1}]))
    found, _ = read(path)
    [question] = found.questions
    assert "is refunds[].amount what was refunded?" in question.text
    found, _ = read(path, settings=question.options[0])
    assert money(found) == {"EUR": ("25.50", "0.00")}


@pytest.mark.parametrize("page", [{"orders": [], "count": 0}, {"data": {"orders": {"edges": []}}}])
def test_an_empty_page_is_said_to_be_empty(read: Read, tmp_path: Path, page: Any) -> None:
    with pytest.raises(UnreadableError, match="a page of results with nothing in it"):
        read(written(tmp_path, page))


def test_lost_deals_are_asked_about(read: Read, tmp_path: Path) -> None:
    found, _ = read(written(tmp_path, order(1, dealstage="closedwon"), order(2, dealstage="closedlost")))
    [question] = found.questions
    assert question.text.startswith("dealstage says closedlost, closedwon (1 rows): is it the status?")


def test_a_test_mode_is_asked_about(read: Read, tmp_path: Path) -> None:
    found, _ = read(written(tmp_path, order(1, mode="live"), order(2, mode="test")))
    [question] = found.questions
    assert question.text.startswith("mode says test in 1 rows")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("move_type", ("out_invoice", "out_refund", "in_invoice")),
        ("Type", ("ACCREC", "ACCRECCREDIT", "ACCPAY")),
    ],
)
def test_what_the_shop_bought_itself_is_asked_about(
    read: Read, tmp_path: Path, name: str, words: tuple[str, str, str]
) -> None:
    """Sales of 10.50, of which 21.00 in another document came back, beside a bill of 31.50."""
    path = written(tmp_path, *(order(n, **{name: word}) for n, word in enumerate(words, start=1)))
    found, _ = read(path)
    [question] = found.questions
    assert question.text.startswith(f"{name} says ")
    found, _ = read(path, settings=question.options[0])
    assert money(found) == {"EUR": ("10.50", "21.00")}


@pytest.mark.parametrize(
    ("name", "values", "question"),
    [
        ("state", ("sale", "draft"), "state says draft, sale (1 rows): is it the status?"),
        ("docstatus", (1, 2), "status values are numbers, 1 (1), 2 (1): which mean what?"),
    ],
)
def test_documents_that_are_no_sales_yet_are_asked_about(
    read: Read, tmp_path: Path, name: str, values: tuple[Any, Any], question: str
) -> None:
    orders = (order(n, **{name: value}) for n, value in enumerate(values, start=1))
    assert [each.text for each in read(written(tmp_path, *orders))[0].questions] == [question]


def test_a_quotation_is_offered_as_pending(read: Read, tmp_path: Path) -> None:
    orders = (order(n, status=status) for n, status in enumerate(("paid", "Quotation Sent"), start=1))
    [question] = read(written(tmp_path, *orders))[0].questions
    assert question.options == (("status.words.pending=[Quotation Sent]",),)


def test_whole_amounts_beside_what_was_captured_may_be_cents(read: Read, tmp_path: Path) -> None:
    path = written(tmp_path, *(order(n, total=1050 * n, captured_amount=1050 * n) for n in (1, 2)))
    [question] = read(path)[0].questions
    assert "beside captured_amount: are they cents?" in question.text
    assert money(read(path, settings=question.options[0])[0]) == {"EUR": ("31.50", "0.00")}


def test_a_list_with_an_address_in_it_is_no_customer(read: Read, tmp_path: Path) -> None:
    orders = (without(order(n), "customer_id") | {"checks": [{"email": f"a{n}@example.org"}]} for n in (1, 2))
    [question] = read(written(tmp_path, *orders))[0].questions
    assert "no column identifies the customer" in question.text


def test_the_type_of_a_value_is_no_sign_of_money(read: Read, tmp_path: Path) -> None:
    path = tmp_path / "own.json"
    rows = (
        {"order": n, "customer": "a", "date": "2026-01-13", "total": {"$numberDecimal": "1.50"}}
        for n in (1, 2)
    )
    path.write_text(json.dumps([*rows]), encoding="utf-8")
    found, _ = read(path)
    assert (found.questions, money(found)) == ([], {"EUR": ("3.00", "0.00")})
