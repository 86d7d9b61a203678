"""Columns are told of that say better whose orders they are, and which lines are of one order."""

import json

import pytest

from tests.sources.conftest import Read

MANY = 40


def sales(customer: str, *, city: bool = False) -> str:
    """Return orders that have a customer_id each, and ten values of another column."""
    values = [f"x{n % (1 if city else 10)}" for n in range(MANY)]
    rows = "".join(f"o{n},c{n},{value},2026-01-{n % 28 + 1:02},10.00\n" for n, value in enumerate(values))
    return f"order_id,customer_id,{customer},date,total\n{rows}"


@pytest.mark.parametrize("column", ["person_id", "phone", "email", "buyer_name", "会员卡"])
def test_a_column_with_fewer_people_is_told(read: Read, column: str) -> None:
    found, _ = read(sales(column))
    assert f"each of {MANY} orders has its own customer, but {column} has 10 values" in str(found.warnings)


def test_a_column_that_is_mostly_blank_is_not_told(read: Read) -> None:
    rows = "".join(
        f"o{n},c{n},{'' if n % 10 else f'+4{n % 4}'},2026-01-{n % 28 + 1:02},10.00\n" for n in range(MANY)
    )
    found, _ = read(f"order_id,customer_id,phone,date,total\n{rows}")
    [told] = [each for each in found.warnings if "has its own customer" in each]
    assert "is customer_id new for each order?" in told


def test_a_customer_for_each_order_is_told_without_another_column(read: Read) -> None:
    found, _ = read(sales("customer_city", city=True))
    [told] = [each for each in found.warnings if "has its own customer" in each]
    assert "is customer_id new for each order?" in told


@pytest.mark.parametrize("column", ["Kassenbeleg", "Quittung", "Накладная", "流水", "voucher"])
def test_a_column_that_groups_lines_is_told(read: Read, column: str) -> None:
    rows = "".join(f"c{n // 3 % 7};{n // 3 % 28 + 1}.01.2026;t{n // 3};{n + 1},00\n" for n in range(60))
    found, _ = read(f"Kunde;Datum;{column};Umsatz\n{rows}")
    assert f"each of 60 lines is an order of its own, but {column} has 20 values" in str(found.warnings)


def test_a_column_that_groups_documents_is_told(read: Read) -> None:
    rows = (
        {"voucher": n // 3, "customer": {"id": n // 3 % 7}, "date": "2026-01-13", "amount": n}
        for n in range(1, 61)
    )
    found, _ = read("\n".join(map(json.dumps, rows)))
    assert "each of 60 lines is an order of its own, but voucher has" in str(found.warnings)


@pytest.mark.parametrize("column", ["Bonnummer", "Nota fiscal", "№ чека", "小票号"])
def test_the_number_of_a_receipt_is_the_order(read: Read, column: str) -> None:
    found, _ = read(f"{column};Kunde;Datum;Umsatz\n1;a;13.01.2026;1,00\n1;a;13.01.2026;2,00\n")
    assert found.figures is not None
    assert found.figures.orders == 1


def test_pieces_with_numbers_of_their_own_are_no_repeated_order(read: Read) -> None:
    rows = "o1,a,2026-01-13,1,p,29.99\no1,a,2026-01-13,{},p,29.99\no2,b,2026-01-14,1,q,5.00\n"
    head = "order_id,customer_id,date,order_item_id,product_id,price\n"
    found, _ = read(head + rows.format(2))
    assert not any("more than once" in each for each in found.warnings)
    found, _ = read(head + rows.format(1))
    assert any("1 orders have each of their lines more than once" in each for each in found.warnings)


def test_cancelled_rows_without_an_amount_are_no_formulas(read: Read) -> None:
    rows = "1,a,2026-01-13,,cancelled\n2,b,2026-01-14,20.00,paid\n3,b,2026-01-14,0,cancelled\n"
    found, _ = read(f"order,customer,date,amount,status\n{rows}")
    assert not any("formula" in each for each in found.warnings)


@pytest.mark.parametrize(
    ("numbers", "is_told"),
    [
        (("536365", "536366", "C536367"), True),
        (("INV-1", "INV-2", "CN-3"), True),
        (("C1", "C2", "C3"), False),
        (("CA-2026-1", "US-2026-1", "US-2026-2"), False),
    ],
)
def test_credit_notes_that_count_as_sales_are_told(
    read: Read, numbers: tuple[str, ...], *, is_told: bool
) -> None:
    rows = "".join(f"{number},a,2026-01-13,10.00\n" for number in numbers)
    found, _ = read(f"order,customer,date,amount\n{rows}")
    assert any("are they credit notes?" in each for each in found.warnings) == is_told
    *sales, _ = rows.splitlines(keepends=True)
    found, _ = read(f"order,customer,date,amount\n{''.join(sales)}{numbers[-1]},a,2026-01-13,-10.00\n")
    assert not any("are they credit notes?" in each for each in found.warnings)


def test_a_short_list_of_customers_is_asked_about(read: Read) -> None:
    head = "customer,orders,total spent,last order date\n"
    [question] = read(f"{head}a,2,50.00,2026-01-05\nb,1,20.00,2026-01-06\n")[0].questions
    assert "is this a list of customers?" in str(question)
