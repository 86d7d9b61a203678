"""Codes and words of a column of types: which rows are returns, and which are not sales, is asked."""

import pytest

from tests.sources.conftest import Read, money


@pytest.mark.parametrize(
    ("column", "sale", "undone", "other"),
    [
        *(("Billing Type", "F2", "RE", "F8"), ("FKART", "F2", "S1", "F8"), ("Type", "SI", "SC", "SR")),
        *(("type", "Sale", "RTN", "No sale"), ("Sale type", "Sale", "Return", "Training")),
    ],
)
def test_codes_of_programs_are_known(column: str, sale: str, undone: str, other: str, read: Read) -> None:
    rows = f"1,a,2026-01-13,100.00,{sale}\n2,b,2026-01-14,50.00,{sale}\n3,a,2026-01-20,30.00,{undone}\n"
    table = f"order,customer,date,amount,{column}\n{rows}"
    [question] = read(table)[0].questions
    answers = [money(read(table, settings=option)[0])["EUR"] for option in question.options]
    assert (answers[0], answers[-1]) == (("150.00", "30.00"), ("180.00", "0.00"))
    with_other = f"{table}4,b,2026-01-21,50.00,{other}\n"
    [question] = read(with_other)[0].questions
    assert f"{column} says " in str(question)
    if other != "F8":
        assert money(read(with_other, settings=question.options[0])[0])["EUR"] == ("150.00", "30.00")


@pytest.mark.parametrize(
    ("column", "line", "payment"),
    [("line type", "item", "payment"), ("Record", "ITEM", "TENDER"), ("type", "Artikel", "Zahlung")],
)
def test_payments_in_a_journal_are_asked_about(column: str, line: str, payment: str, read: Read) -> None:
    rows = (
        f"1,a,2026-01-13,10.00,{line}\n1,a,2026-01-13,20.00,{line}\n1,a,2026-01-13,30.00,{payment}\n"
        f"2,b,2026-01-14,5.00,{line}\n2,b,2026-01-14,6.00,{line}\n2,b,2026-01-14,11.00,{payment}\n"
    )
    table = f"order,customer,date,amount,{column}\n{rows}"
    [question] = read(table)[0].questions
    answers = [money(read(table, settings=option)[0])["EUR"] for option in question.options]
    assert answers == [("41.00", "0.00"), ("82.00", "0.00")]


def test_payments_of_a_card_machine_are_sales(read: Read) -> None:
    rows = "1,a,2026-01-13,10.00,Payment\n2,b,2026-01-14,5.00,Payment\n"
    found, _ = read(f"order,customer,date,amount,type\n{rows}")
    assert (found.questions, money(found)) == ([], {"EUR": ("15.00", "0.00")})
