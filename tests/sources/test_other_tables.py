"""Other tables below that of the sales, in one file: their rows would count as sales."""

import pytest

from tests.sources.conftest import Read, money

SALES = "Invoice No,Customer,Date,Total\n1,ann,2026-01-05,10.00\n2,bob,2026-01-06,20.00\n"
EXPENSES = "77,Paper Ltd,2026-01-06,200.00\n78,Ink Ltd,2026-01-08,300.00\n"


@pytest.mark.parametrize(
    "header",
    ["Invoice No,Supplier,Date,Total", "INVOICE NO,Supplier,Date,Total", "Bill No,Paid to,Date,Amount"],
)
def test_a_table_with_other_names_is_asked_about(header: str, read: Read) -> None:
    question, *_ = read(f"{SALES}\nExpenses\n{header}\n{EXPENSES}")[0].questions
    assert f"names other columns than its header row (line 6: {header.replace(',', ', ')})" in question.text


@pytest.mark.parametrize(
    "header", ["Invoice No,Customer,Date,Total", " Invoice No ,Customer,Date,Total", ",,Date,Total"]
)
def test_a_header_row_that_comes_again_is_of_the_same_table(header: str, read: Read) -> None:
    found, _ = read(f"{SALES}\n{header}\n3,ann,2026-01-07,5.50\n")
    assert (found.questions, money(found)) == ([], {"EUR": ("35.50", "0.00")})


def test_a_header_row_that_comes_again_may_have_a_name_twice(read: Read) -> None:
    header = "Invoice No,Customer,Date,Total,Note,Note\n"
    found, _ = read(f"{header}1,ann,2026-01-05,10.00,x,y\n{header}2,bob,2026-01-06,20.00,x,y\n")
    assert (found.questions, money(found)) == ([], {"EUR": ("30.00", "0.00")})


@pytest.mark.parametrize("title", ["Refunds", "Expenses 2026", "Gutschriften", "Dépenses"])
def test_a_table_below_a_title_of_what_was_not_sold_is_asked_about(title: str, read: Read) -> None:
    header, _, _ = SALES.partition("\n")
    [question] = read(f"{SALES}\n{title}\n{header}\n{EXPENSES}")[0].questions
    assert f"a table within the file has a title of what was not sold (line 5: {title})" in question.text


def test_a_table_below_another_title_has_sales_too(read: Read) -> None:
    header, _, _ = SALES.partition("\n")
    found, _ = read(f"{SALES}\nShop B\n{header}\n3,ann,2026-01-07,5.50\n")
    assert (found.questions, money(found)) == ([], {"EUR": ("35.50", "0.00")})
