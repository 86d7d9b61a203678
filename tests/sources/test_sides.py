"""Debits and credits: which are sales is asked, and every answer adds up."""

import pytest

from tests.sources.conftest import Read, money

WORDS = [
    ("S/H", "S", "H"),
    ("Soll-Haben-Kennz.", "S", "H"),
    ("D/C", "D", "C"),
    ("Debit/Credit", "Debit", "Credit"),
    ("Dr/Cr", "Dr.", "Cr."),
    ("+/-", "-", "+"),
    ("Type", "Debit", "Credit"),
    ("Buchung", "Lastschrift", "Gutschrift"),
    ("Strona", "Wn", "Ma"),
    ("Category", "Expense", "Income"),
    ("Kategorie", "Ausgabe", "Einnahme"),
    ("Type", "Dépense", "Recette"),
]
PAIRS = [("Debit", "Credit"), ("Soll", "Haben"), ("Débit", "Crédit"), ("Umsatz Soll", "Umsatz Haben")]


@pytest.mark.parametrize(("column", "debit", "credit"), WORDS)
def test_a_column_of_debits_and_credits_is_asked_about(
    column: str, debit: str, credit: str, read: Read
) -> None:
    rows = f"1,a,2026-01-01,100.00,{debit}\n2,b,2026-01-02,50.00,{debit}\n3,a,2026-01-03,30.00,{credit}\n"
    text = f"order,customer,date,amount,{column}\n{rows}"
    found, _ = read(text)
    [question] = found.questions
    assert f"{column} says {debit} or {credit} beside amounts without a sign" in str(question)
    answers = [money(read(text, settings=option)[0])["EUR"] for option in question.options]
    sales, others = ("150.00", "30.00"), ("30.00", "150.00")
    assert answers == [sales, others, ("150.00", "0.00"), ("30.00", "0.00"), ("180.00", "0.00")]


@pytest.mark.parametrize("blank", ["", "0.00"])
@pytest.mark.parametrize(("debit", "credit"), PAIRS)
def test_a_column_each_of_debits_and_credits_is_asked_about(
    debit: str, credit: str, blank: str, read: Read
) -> None:
    rows = f"1,a,2026-01-01,100.00,{blank}\n2,b,2026-01-02,50.00,{blank}\n3,a,2026-01-03,{blank},30.00\n"
    text = f"order,customer,date,{debit},{credit}\n{rows}"
    found, _ = read(text)
    [question] = found.questions
    assert f"{debit} and {credit} are two sides" in str(question)
    answers = [read(text, settings=option)[0] for option in question.options]
    assert [money(each)["EUR"] for each in answers] == [
        *(("150.00", "30.00"), ("30.00", "150.00")),
        *(("150.00", "0.00"), ("30.00", "0.00")),
    ]
    assert all(each.figures and each.figures.rows == 3 for each in answers)


def test_an_amount_beside_debits_and_credits_is_one_of_the_answers(read: Read) -> None:
    text = (
        "order,customer,date,amount,Soll,Haben\n1,a,2026-01-01,100.00,100.00,\n2,b,2026-01-02,30.00,,30.00\n"
    )
    [question] = read(text)[0].questions
    answers = [money(read(text, settings=option)[0])["EUR"] for option in question.options]
    assert (answers[0], answers[-1]) == (("100.00", "30.00"), ("130.00", "0.00"))


@pytest.mark.parametrize(
    ("column", "amounts", "words"),
    [("D/C", ("10.00", "-5.00"), "DC"), ("size", ("10.00", "5.00"), "SM"), ("D/C", ("10.00", "5.00"), "DD")],
)
def test_other_columns_are_not_asked_about(
    column: str, amounts: tuple[str, str], words: str, read: Read
) -> None:
    rows = (f"{n},a,2026-01-0{n},{amounts[n - 1]},{words[n - 1]}" for n in (1, 2))
    found, _ = read("\n".join((f"order,customer,date,amount,{column}", *rows)) + "\n")
    assert found.questions == []


def test_a_kind_of_card_is_no_side(read: Read) -> None:
    rows = "1,a,2026-01-01,10.00,Credit\n2,b,2026-01-02,5.00,Debit\n"
    found, _ = read(f"order,customer,date,amount,payment method\n{rows}")
    assert (found.questions, money(found)) == ([], {"EUR": ("15.00", "0.00")})


@pytest.mark.parametrize(
    ("column", "sale", "undone"),
    [
        *(
            ("Txn", "S", "R"),
            ("Document", "INV", "CRN"),
            ("Transaction code", "SALE", "RTN"),
            ("Kind", "SI", "SC"),
        ),
        *(("Vorgang", "Verkauf", "Rückgabe"), ("direction", "in", "out"), ("sign", "1", "-1")),
    ],
)
def test_two_codes_of_sales_and_returns_are_asked_about(
    column: str, sale: str, undone: str, read: Read
) -> None:
    rows = f"1,a,2026-01-01,100.00,{sale}\n2,b,2026-01-02,50.00,{sale}\n3,a,2026-01-03,30.00,{undone}\n"
    text = f"receipt,customer,date,amount,{column}\n{rows}"
    [question] = read(text)[0].questions
    answers = [money(read(text, settings=option)[0])["EUR"] for option in question.options]
    assert (answers[0], answers[-1]) == (("150.00", "30.00"), ("180.00", "0.00"))
    assert f"{column} says {sale} or {undone} beside amounts without a sign" in str(question)


@pytest.mark.parametrize("column", ["size", "Country"])
def test_sizes_and_countries_are_no_codes_of_sales_and_returns(column: str, read: Read) -> None:
    rows = "1,a,2026-01-01,100.00,S\n2,b,2026-01-02,50.00,R\n"
    found, _ = read(f"receipt,customer,date,amount,{column}\n{rows}")
    assert (found.questions, money(found)) == ([], {"EUR": ("150.00", "0.00")})
