"""A discount beside a price is asked about, whatever the language and the words around it."""

import pytest

from tests.sources.conftest import Read, money

SOLD = "1,a,2026-01-13,T,2,10,{}\n2,b,2026-01-14,T,1,20,0\n"
HEAD = "order,customer,date,sku,qty,unit_price,"
# The column, its value in a row of 20.00, the first answer and the revenue after it; before, it was 40.00.
BESIDE_A_PRICE = [
    ("disc", "0.1", "fraction", "38.00"),
    ("discount_pct", "10", "percent", "38.00"),
    ("Rabatt %", "10", "percent", "38.00"),
    ("promo_discount", "5", "line_amount", "35.00"),
    ("coupon_amount", "5", "line_amount", "35.00"),
    ("Скидка", "5", "line_amount", "35.00"),
    ("割引", "5", "line_amount", "35.00"),
    ("할인금액", "5", "line_amount", "35.00"),
    ("İndirim", "5", "line_amount", "35.00"),
]


@pytest.mark.parametrize(("column", "value", "means", "revenue"), BESIDE_A_PRICE)
def test_a_discount_beside_a_price_is_asked_about(
    read: Read, column: str, value: str, means: str, revenue: str
) -> None:
    text = f"{HEAD}{column}\n{SOLD.format(value)}"
    found, _ = read(text)
    [question] = found.questions
    assert question.options[0] == (f"amount.discount.means={means}",)
    settled, _ = read(text, settings=question.options[0])
    assert money(settled) == {"EUR": (revenue, "0.00")}


@pytest.mark.parametrize(
    ("column", "value"),
    [("discount_code", "10"), ("Discount Applied", "Yes"), ("has_discount", "1"), ("disc", "1")],
)
def test_a_code_or_flag_is_no_discount(read: Read, column: str, value: str) -> None:
    found, _ = read(f"{HEAD}{column}\n{SOLD.format(value)}")
    assert found.questions == []
    assert money(found) == {"EUR": ("40.00", "0.00")}


@pytest.mark.parametrize("name", ["total before discount", "gross sum", "Listenpreis"])
def test_a_discount_beside_an_amount_before_it_is_asked_about(name: str, read: Read) -> None:
    table = f"order,customer,date,{name},discount\n1,a,2026-01-13,100.00,10.00\n2,b,2026-01-14,50.00,0.00\n"
    amount = f"amount.field={name}"
    [question] = read(table, settings=(amount,))[0].questions
    assert f"discount (0 to 10, 1 rows) is separate from {name}" in str(question)
    assert money(read(table, settings=(amount, *question.options[0]))[0]) == {"EUR": ("140.00", "0.00")}
