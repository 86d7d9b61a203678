import re
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.records import record_model
from generators.own_documents import BadValueError, Reading, content_of, id_of_content, id_of_order

ROW = {"customer": "17850", "time": "2009-12-14 08:34:00", "amount": "45.0"}


def document(reading: Reading | None = None, **values: Any) -> dict[str, Any]:
    sale = (reading or Reading()).document(ROW | values)
    assert sale is not None
    return sale


def test_a_row_with_the_required_values_is_a_completed_sale() -> None:
    assert document() == {
        "customer_id": "17850",
        "order_id": None,
        "sale_timestamp": "2009-12-14T08:34:00Z",
        "product_id": "unknown",
        "product_category": "unknown",
        "quantity": 1,
        "unit_price": 45.0,
        "total_amount": 45.0,
        "refunded_amount": None,
        "currency": "EUR",
        "status": "completed",
        "payment_method": "unknown",
        "channel": "unknown",
        "contact_email_hashed": None,
        "credit_card_last4": None,
        "source": None,
        "schema_version": "2.1.0",
    }


def test_optional_values_are_taken_over() -> None:
    sale = document(quantity="4", currency="gbp", product="85048", category="Gifts", channel="Store")
    assert (sale["quantity"], sale["unit_price"], sale["total_amount"]) == (4, 11.25, 45.0)
    assert (sale["currency"], sale["product_id"]) == ("GBP", "85048")
    assert (sale["product_category"], sale["channel"]) == ("Gifts", "store")
    assert document(channel="carrier pigeon")["channel"] == "unknown"


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [
        ("6", (6, 15.3, "completed")),
        ("-2", (2, 5.1, "refunded")),
        ("0", (1, 0.0, "cancelled")),
        ("", (1, 2.55, "completed")),
    ],
)
def test_a_price_is_of_one_piece(quantity: str, expected: tuple[int, float, str]) -> None:
    line = {"customer": "17850", "time": "2009-12-14", "price": "2.55", "quantity": quantity}
    sale = Reading().document(line)
    assert sale is not None
    assert (sale["quantity"], sale["total_amount"], sale["status"]) == expected


@pytest.mark.parametrize("customer", [None, "", "  ", float("nan")])
def test_a_row_without_a_customer_is_nobodys_sale(customer: object) -> None:
    assert Reading().document(ROW | {"customer": customer}) is None


def test_a_customer_number_that_became_a_float_is_whole_again() -> None:
    assert document(customer=12346.0)["customer_id"] == "12346"


@pytest.mark.parametrize(
    ("amount", "status", "expected"),
    [
        ("45", "completed", "completed"),
        ("45", "Canceled", "cancelled"),
        ("45", "on_hold", "pending"),
        ("45", "Refund", "refunded"),
        ("45", "", "completed"),
        ("-45", "cancelled", "cancelled"),
        ("-45", "completed", "refunded"),
        ("-45", "", "refunded"),
        ("0", "zero", "cancelled"),
        ("0", "", "cancelled"),
        ("0", "refunded", "refunded"),
    ],
)
def test_amount_and_status_decide_together(amount: str, status: str, expected: str) -> None:
    sale = document(amount=amount, status=status, quantity="-3")
    assert (sale["status"], sale["total_amount"], sale["quantity"]) == (expected, abs(float(amount)), 3)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("1997-01-12", "1997-01-12T00:00:00Z"),
        ("2026-11-23T23:30:00-02:00", "2026-11-24T01:30:00Z"),
        ("2026-11-23T10:00:00.250Z", "2026-11-23T10:00:00.250000Z"),
        (date(2026, 11, 23), "2026-11-23T00:00:00Z"),
        (datetime(2026, 11, 23, 10), "2026-11-23T10:00:00Z"),  # noqa: DTZ001
        (datetime(2026, 11, 23, 1, tzinfo=timezone(timedelta(hours=2))), "2026-11-22T23:00:00Z"),
    ],
)
def test_times_become_iso_strings_in_utc(moment: object, expected: str) -> None:
    assert document(time=moment)["sale_timestamp"] == expected


def test_a_time_format_may_be_told() -> None:
    reading = Reading(time_format="%d/%m/%Y %H:%M")
    assert document(reading, time="3/12/2009 08:26")["sale_timestamp"] == "2009-12-03T08:26:00Z"
    with pytest.raises(BadValueError, match="'2009-12-03' is not a timestamp like %d/%m/%Y %H:%M"):
        document(reading, time="2009-12-03")


@pytest.mark.parametrize(
    ("values", "field", "message"),
    [
        ({"amount": "12,50"}, "amount", "'12,50' is not a number like 12.50"),
        ({"amount": ""}, "amount", "'' is not a number"),
        ({"amount": "nan"}, "amount", "not a number"),
        ({"amount": "1_000"}, "amount", "not a number"),
        ({"amount": "1e300"}, "amount", "not a number below"),
        ({"amount": float("inf")}, "amount", "not a number"),
        ({"amount": True}, "amount", "not a number"),
        ({"time": "2009-13-01"}, "time", "'2009-13-01' is not a timestamp like"),
        ({"time": None}, "time", "'' is not a timestamp"),
        ({"time": "0001-01-01T00:00:00+05:00"}, "time", "of the years 1 to 9999"),
        ({"quantity": "1.5"}, "quantity", "'1.5' is not a whole number"),
        ({"currency": "euro"}, "currency", "'EURO' is not a currency code"),
        ({"status": "teleported"}, "status", "'teleported' is not one of completed"),
        ({"customer": "caf\udce9"}, "customer", r"b'caf\\xe9' is not text in UTF-8"),
    ],
)
def test_a_value_that_cannot_be_read_is_named(values: dict[str, Any], field: str, message: str) -> None:
    with pytest.raises(BadValueError, match=message) as caught:
        Reading().document(ROW | values)
    assert caught.value.field == field


@given(
    amount=st.floats(-1e9, 1e9),
    quantity=st.integers(-100_000, 100_000),
    moment=st.datetimes(timezones=st.just(UTC)),
    status=st.sampled_from(["completed", "cancelled", "refunded", "pending"]),
)
def test_every_sale_that_can_be_read_keeps_the_contract(
    amount: float, quantity: int, moment: datetime, status: str
) -> None:
    sale = document(amount=amount, quantity=quantity, time=moment, status=status)
    checked = record_model("sale").model_validate({"sale_id": "1"} | sale)
    assert checked.total_amount == round(abs(amount), 2)
    assert round(checked.quantity * checked.unit_price, 2) == pytest.approx(checked.total_amount)
    assert datetime.fromisoformat(sale["sale_timestamp"]) == moment
    assert checked.status != "completed" or amount > 0


def test_an_order_number_is_the_id_without_what_firestore_refuses() -> None:
    assert id_of_order("C489449") == "C489449"
    assert id_of_order(489449.0) == "489449"
    assert id_of_order("INV/2026/7") == "INV%2F2026%2F7"
    for wrong in ("", None, "..", "__all__", "x" * 1501):
        with pytest.raises(BadValueError, match="not an order number that can name a document"):
            id_of_order(wrong)


@given(st.text(min_size=1, max_size=6), st.text(min_size=1, max_size=6))
def test_different_orders_have_different_ids(left: str, right: str) -> None:
    try:
        same = id_of_order(left) == id_of_order(right)
    except BadValueError:
        return
    assert same == (left.strip() == right.strip())


def test_an_id_of_content_follows_from_the_content_and_the_occurrence() -> None:
    content, other = content_of(document()), content_of(document(amount="46"))
    first = id_of_content(content, 1)
    assert re.fullmatch("I[0-9a-f]{24}", first)
    assert first == id_of_content(content_of(document()), 1)
    assert len({first, id_of_content(content, 2), id_of_content(other, 1)}) == 3
