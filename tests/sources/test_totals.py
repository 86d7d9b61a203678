"""Totals and other lines in and below a table, which are no sales, and the currencies named there."""

import pytest

from tests.sources.conftest import Read, money

HEAD = "order,customer,date,product,amount\n"
ROWS = "1,a,2026-01-05,cup,10.50\n2,b,2026-01-06,tea,20.00\n"
# Below the table: the currency in which its 30.50 are.
BELOW = {
    "Grand total,,,,30.50\nReport generated 2026-02-01\nAll amounts in USD\n* prices incl. VAT\n": "USD",
    "Gesamtbetrag,2,,,30.50\nErstellt am 01.02.2026\nAlle Beträge in CHF\n": "CHF",
    "Total (PLN),,,,30.50\n": "PLN",
    '"Generated 2026-02-01, by Ann"\n,,,Currency:,GBP\n': "GBP",
    "Total,2,2026-01-06,,30.50\nPage 1 of 1\n": "EUR",
    ",Grand total,2026-01-06,,30.50\nPage 1 of 1\n": "EUR",
    "Částky v CZK\nCelkem:,,,,30.50\n": "CZK",
}
NO_ORDER = "customer,date,amount\na,2026-01-05,10.50\nb,2026-01-06,20.00\n"


@pytest.mark.parametrize("below", BELOW)
def test_lines_below_a_table_are_no_sales_but_name_the_currency(below: str, read: Read) -> None:
    found, _ = read(f"{HEAD}{ROWS}{below}")
    assert (found.questions, money(found)) == ([], {BELOW[below]: ("30.50", "0.00")})


def test_a_row_of_units_names_the_currency(read: Read) -> None:
    found, _ = read(f"{HEAD},,YYYY-MM-DD,,USD\n{ROWS}")
    assert (found.questions, money(found)) == ([], {"USD": ("30.50", "0.00")})


def test_currencies_above_and_below_a_table_are_not_added_up(read: Read) -> None:
    [question] = read(f"Currency: CHF\n{HEAD}{ROWS}All amounts in USD\n")[0].questions
    assert "the amounts are in CHF and USD (above the header row of" in str(question)


def test_subtotals_of_orders_are_no_sales(read: Read) -> None:
    lines = "1,a,2026-01-05,cup,10.00\n1,a,2026-01-05,tea,5.00\n1,a,2026-01-05,Subtotal,15.00\n"
    more = "2,b,2026-01-06,cup,10.00\n2,b,2026-01-06,pot,26.00\n2,b,2026-01-06,Subtotal,36.00\n"
    found, _ = read(f"{HEAD}{lines}{more}")
    assert (found.questions, money(found)) == ([], {"EUR": ("51.00", "0.00")})


@pytest.mark.parametrize("column", ["item", "description", "Product name", "明細 商品"])
def test_totals_of_orders_are_no_sales_whatever_the_column_is_called(column: str, read: Read) -> None:
    head = HEAD.replace("product", column)
    lines = "1,a,2026-01-05,cup,10.00\n1,a,2026-01-05,VAT,2.00\n1,a,2026-01-05,Total:,12.00\n"
    more = "2,b,2026-01-06,pot,26.00\n2,b,2026-01-06,Total,26.00\n"
    found, _ = read(f"{head}{lines}{more}", settings=("amount.means=line_total",))
    assert (found.questions, money(found)) == ([], {"EUR": ("38.00", "0.00")})


def test_a_subtotal_that_does_not_add_up_is_asked_about(read: Read) -> None:
    given = f"{HEAD}{ROWS}2,b,2026-01-06,Subtotal,21.00\n"
    [question] = read(given)[0].questions
    assert "1 lines have the product Subtotal (line 4): are they totals?" in str(question)
    assert [money(read(given, settings=each)[0])["EUR"][0] for each in question.options] == ["30.50", "51.50"]


@pytest.mark.parametrize("customer", ["c1", ""])
@pytest.mark.parametrize("date", ["2026-01-06", ""])
def test_equal_subtotals_in_the_column_of_orders_are_no_order(customer: str, date: str, read: Read) -> None:
    days = (f"{n},c{n},2026-01-06,10.00\n{n + 5},c{n},2026-01-06,5.00\n" for n in range(1, 4))
    rows = (f"{day}Subtotal,{customer},{date},15.00\n" for day in days)
    found, _ = read(f"order,customer,date,amount\n{''.join(rows)}")
    assert (found.questions, money(found)) == ([], {"EUR": ("45.00", "0.00")})


def test_a_subtotal_above_the_shipping_is_one_of_its_order(read: Read) -> None:
    head = HEAD.replace("product", "description")
    lines = (("cup", "10.00"), ("tea", "5.00"), ("Subtotal", "15.00"), ("Shipping", "4.00"))
    rows = (f"{n},c{n},2026-01-06,{what},{cost}\n" for n in range(1, 4) for what, cost in lines)
    found, _ = read(f"{head}{''.join(rows)}")
    assert (found.questions, money(found)) == ([], {"EUR": ("57.00", "0.00")})


def test_a_subtotal_in_another_column_that_does_not_add_up_is_asked_about(read: Read) -> None:
    given = f"{HEAD.replace('product', 'description')}{ROWS}2,b,2026-01-06,Subtotal,21.00\n"
    [question] = read(given)[0].questions
    assert "1 lines have the description Subtotal (line 4): are they totals?" in str(question)
    assert [money(read(given, settings=each)[0])["EUR"][0] for each in question.options] == ["30.50", "51.50"]


@pytest.mark.parametrize("text", ["Opening balance", "Saldovortrag", "Balance b/f:"])
def test_a_balance_above_the_sales_is_no_sale(text: str, read: Read) -> None:
    rows = "".join(f"{n},a,2026-01-{n:02},1.00\n" for n in range(1, 15))
    found, _ = read(f"order,customer,date,amount\n,{text},2026-01-01,500.00\n{rows}")
    assert (found.questions, money(found)) == ([], {"EUR": ("14.00", "0.00")})


def test_a_total_is_net_of_returns(read: Read) -> None:
    found, _ = read(f"{NO_ORDER}b,2026-01-07,-5.00\nTotal for January,2026-01-31,25.50\n")
    assert (found.questions, money(found)) == ([], {"EUR": ("30.50", "5.00")})


def test_lines_below_with_a_date_and_a_number_are_asked_about(read: Read) -> None:
    given = f"{NO_ORDER}Balance,2026-02-01,99.00\nReport generated,2026-02-01,2\n"
    [question] = read(given)[0].questions
    assert "'Balance', 'Report generated' may be no customers" in str(question)
    assert [money(read(given, settings=each)[0])["EUR"][0] for each in question.options] == [
        "30.50",
        "131.50",
    ]


def test_a_customer_named_like_a_total_is_one_if_they_come_back(read: Read) -> None:
    found, _ = read(f"{NO_ORDER}Total Wine,2026-01-07,3.00\nTotal Wine,2026-01-08,4.00\n")
    assert (found.questions, money(found)) == ([], {"EUR": ("37.50", "0.00")})
