"""Amounts in thousands or millions are not read as they are written."""

import pytest

from tests.sources.conftest import Read, money

ROWS = "1,a,2026-01-13,12.5\n2,b,2026-01-14,3.25\n"


@pytest.mark.parametrize(
    "name",
    [
        "revenue (k€)",
        "Umsatz TEUR",
        "Amount (in thousands)",
        "Sales USD '000",
        "Umsatz in Mio. EUR",
        "売上 千円",
    ],
)
def test_amounts_named_in_thousands_are_refused(name: str, read: Read) -> None:
    table = f"order,customer,date,{name}\n{ROWS}"
    [question] = read(table, settings=(f'amount.field="{name}"',))[0].questions
    assert f"{name} is in thousands or millions" in str(question)


@pytest.mark.parametrize("name", ["amount", "mileage amount", "total 1"])
def test_other_amounts_are_not(name: str, read: Read) -> None:
    found, _ = read(f"order,customer,date,{name}\n{ROWS}", settings=(f"amount.field={name}",))
    assert (found.questions, money(found)) == ([], {"EUR": ("15.75", "0.00")})


@pytest.mark.parametrize("line", ["Sales in thousands of EUR", "Alle Angaben in TEUR", "(000)"])
def test_a_line_above_the_table_that_says_thousands_is_asked_about(line: str, read: Read) -> None:
    table = f"{line}\norder,customer,date,amount\n{ROWS}"
    [question] = read(table)[0].questions
    assert f"a line above the header row says {line!r}: are the amounts in thousands?" in str(question)
    found, _ = read(table, settings=question.options[0])
    assert (found.questions, money(found)) == ([], {"EUR": ("15.75", "0.00")})


def test_a_line_above_that_has_a_number_is_not_asked_about(read: Read) -> None:
    found, _ = read(f"Shop 1 000\norder,customer,date,amount\n{ROWS}")
    assert (found.questions, money(found)) == ([], {"EUR": ("15.75", "0.00")})
