"""Amounts in several columns, such as one for each way to pay, of which none alone is what was paid."""

import pytest

from tests.sources.conftest import Read, money

ASKED = (
    "no column is named like the amount: is it {}? If it is the sum of several, add a column with it; else"
)


def test_a_column_that_lacks_amounts_of_others_is_not_offered(read: Read) -> None:
    found, _ = read(
        "Receipt No,Customer,Date,Cash,Card,Voucher\n1,a,2026-01-05,10.00,0.00,\n2,b,2026-01-06,,20.00,5.00\n"
    )
    [question] = found.questions
    assert question.text == ASKED.format("one of Cash, Card, Voucher")
    assert question.options == (("amount.field=Column",),)


@pytest.mark.parametrize("takings", ["Takings", "Bar"])
def test_a_column_with_an_amount_wherever_others_have_one_is_offered(takings: str, read: Read) -> None:
    given = (
        f"Receipt No,Customer,Date,{takings},Card\n1,a,2026-01-05,10.00,0.00\n2,b,2026-01-06,25.00,20.00\n"
    )
    [question] = read(given)[0].questions
    assert question.text == ASKED.format(takings)
    [option] = question.options
    assert money(read(given, settings=option)[0]) == {"EUR": ("35.00", "0.00")}
