"""A column saying that sales were cancelled or returned raises a question, and is never ignored."""

import json
from pathlib import Path

import pytest

from tests.sources.conftest import Read, money

HEAD = "order_id,customer_id,order_date,amount,"
SOLD = ("1,a,2026-01-01,10.00,", "2,b,2026-01-02,20.00,", "3,c,2026-01-03,40.00,")


def table(columns: str, *values: str) -> str:
    """Return a file of three sales with further columns."""
    return "\n".join((HEAD + columns, *(row + value for row, value in zip(SOLD, values, strict=True)))) + "\n"


# The file, its question, and revenue and refunds after the first answer; before it, all 70.00 is revenue.
ASKED = {
    "a word": (
        table("fulfillment", "shipped", "shipped", "cancelled"),
        "fulfillment says cancelled, shipped (1 rows): is it the status?",
        ("30.00", "0.00"),
    ),
    "a failure": (
        table("Result", "SUCCESS", "SUCCESS", "FAIL"),
        "Result says FAIL, SUCCESS (1 rows): is it the status?",
        ("30.00", "0.00"),
    ),
    "two words": (
        table("payment", "paid", "paid", "fully refunded"),
        "payment says fully refunded, paid (1 rows)",
        None,
    ),
    "a time": (
        table("cancelled_at", "", "2026-01-05 10:00:00", ""),
        "cancelled_at is filled in 1 rows, and is not used: were these cancelled?",
        ("50.00", "0.00"),
    ),
    "a flag": (
        table("Is Returned", "no", "yes", "no"),
        "Is Returned is filled in 1 rows, and is not used: were these refunded?",
        ("50.00", "20.00"),
    ),
    "a number that says yes": (
        table("voided", "0", "0", "1"),
        "voided is filled in 1 rows, and is not used: were these cancelled?",
        ("30.00", "0.00"),
    ),
    "an amount": (
        table("returned_amount", "0", "5.00", "0"),
        "returned_amount is not 0 in 1 rows, and is not used: is it what was refunded?",
        ("65.00", "0.00"),
    ),
    "an amount of a part": (
        table("Partial Refund ($)", "0", "5.00", "0"),
        "Partial Refund ($) is not 0 in 1 rows, and is not used: is it what was refunded?",
        ("65.00", "0.00"),
    ),
    "a flag of a test": (
        table("test_order", "no", "no", "yes"),
        "test_order says yes in 1 rows, and is not used: were these not sold?",
        ("30.00", "0.00"),
    ),
    "a soft deletion": (
        table("deleted_at", "", "", "2026-01-05 10:00:00"),
        "deleted_at is filled in 1 rows, and is not used: were these cancelled?",
        ("30.00", "0.00"),
    ),
    "a flag that it was paid": (
        table("is_paid", "True", "True", "False"),
        "is_paid says False in 1 rows, and is not used: were these not sold?",
        ("30.00", "0.00"),
    ),
}


@pytest.mark.parametrize("name", ASKED)
def test_it_is_asked_and_its_first_answer_deducts_it(read: Read, name: str) -> None:
    text, asked, figures = ASKED[name]
    found, sales = read(text)
    assert sales == []
    [question] = found.questions
    assert asked in str(question)
    if figures:
        settled, _ = read(text, settings=question.options[0])
        assert money(settled) == {"EUR": figures}


@pytest.mark.parametrize("name", ASKED)
def test_its_last_answer_leaves_the_sales_as_they_are(read: Read, name: str) -> None:
    text, _, _ = ASKED[name]
    found, _ = read(text)
    settled, sales = read(text, settings=found.questions[0].options[-1])
    assert money(settled) == {"EUR": ("70.00", "0.00")}
    assert len(sales) == 3


@pytest.mark.parametrize(
    "word", ["Rückerstattet", "Annulée", "Återbetald", "zrušeno", "VOID", "partly returned"]
)
def test_words_of_other_languages_and_cases_are_recognised(read: Read, word: str) -> None:
    found, _ = read(table("situation", "x", word, "x"))
    assert f"situation says {', '.join(sorted((word, 'x')))} (1 rows)" in str(found.questions[0])


def test_cancelled_and_returned_are_asked_at_once(read: Read) -> None:
    found, _ = read(table("is_cancelled,returned_amount", "0,0", "1,0", "0,5.00"))
    assert [str(question).split()[0] for question in found.questions] == ["returned_amount", "is_cancelled"]
    settled, _ = read(
        table("is_cancelled,returned_amount", "0,0", "1,0", "0,5.00"),
        settings=tuple(question.options[0][0] for question in found.questions),
    )
    assert money(settled) == {"EUR": ("45.00", "0.00")}


def test_flat_documents_are_checked_as_well(read: Read, tmp_path: Path) -> None:
    said: tuple[dict[str, str | None], ...] = (
        {},
        {"cancelled_at": "2026-02-05T10:00:00Z"},
        {"cancelled_at": None},
    )
    (file := tmp_path / "sales.jsonl").write_text(
        "\n".join(
            json.dumps(
                {"order_id": n, "customer_id": "a", "order_date": "2026-02-01", "amount": 10 * n} | more
            )
            for n, more in enumerate(said, start=1)
        )
    )
    found, _ = read(file)
    [question] = found.questions
    settled, _ = read(file, settings=question.options[0])
    assert money(settled) == {"EUR": ("40.00", "0.00")}


def test_a_column_that_disagrees_with_the_status_is_asked_about(read: Read) -> None:
    text = table("status,delivery", "paid,delivered", "paid,returned", "cancelled,returned")
    found, _ = read(text)
    [question] = found.questions
    assert "delivery says delivered, returned (1 rows; status says that they were sold)" in str(question)
    settled, _ = read(text, settings=question.options[1])
    assert question.options[1] == ("status.field=status",)
    assert money(settled) == {"EUR": ("30.00", "0.00")}


@pytest.mark.parametrize(
    "text",
    [
        table("status,cancelled_at", "paid,", "cancelled,2026-01-05", "paid,"),
        table("is_cancelled", "0", "false", ""),
        table("returned_amount", "0", "0.00", ""),
        table("returning_customer", "yes", "no", "yes"),
        table("refundable", "yes", "no", "yes"),
        table("kind of customer", "new", "returning", "new"),
        table("fare", "refundable", "non-refundable", "refundable"),
        table("ticket", "resolved", "open", "resolved"),
        table("coupon", "", "CANCEL", "").replace("CANCEL", "SAVE10"),
        table("return_policy", "30 days", "30 days", "none"),
    ],
)
def test_nothing_is_asked_if_no_counted_sale_was_undone(read: Read, text: str) -> None:
    found, sales = read(text)
    assert found.questions == []
    assert len(sales) == 3


def test_a_column_that_the_user_has_set_is_read(read: Read) -> None:
    text = table("return", "5.00", "6.00", "7.00")
    found, _ = read(text, settings=("amount.field=return",))
    assert found.questions == []
    assert money(found) == {"EUR": ("18.00", "0.00")}


def test_remarks_are_not_a_status(read: Read) -> None:
    rows = "\n".join(f"{n},c{n},2026-01-01,1.00,return label {n} enclosed" for n in range(20))
    found, sales = read(f"{HEAD}remark\n{rows}\n")
    assert (found.questions, len(sales)) == ([], 20)


def test_pieces_that_went_back_are_not_taken_for_money(read: Read) -> None:
    found, _ = read(table("Quantity refunded", "0", "1", "0"))
    [question] = found.questions
    assert "Quantity refunded is not 0 in 1 rows, but pieces cannot be deducted from an amount" in str(
        question
    )
    assert question.options == (("returns.refunded.field=Column",), ("returns=null",))


def test_it_is_asked_about_a_test_also_if_the_statuses_are_the_shops_own(read: Read) -> None:
    text = table("status,is_test", "1,false", "1,false", "1,true")
    found, _ = read(text, settings=("status.words.completed=[1]",))
    [question] = found.questions
    assert "is_test says true in 1 rows, and is not used: were these not sold?" in str(question)


# Headers of exports in other languages, with the values of three sales, the last of which was not kept.
IN_LANGUAGES = [
    ("Auftrag storniert", "N", "N", "J", "cancelled"),
    ("Storniert am", "", "", "2026-01-05", "cancelled"),
    ("Stornodatum", "", "", "2026-01-05", "cancelled"),
    ("storno", "ne", "ne", "ano", "cancelled"),
    ("Annulée", "Non", "Non", "Oui", "cancelled"),
    ("Fecha de cancelación", "", "", "2026-01-05", "cancelled"),
    ("Data cancelamento", "", "", "2026-01-05", "cancelled"),
    ("annullato", "no", "no", "sì", "cancelled"),
    ("geannuleerd", "nee", "nee", "ja", "cancelled"),
    ("anulowane", "nie", "nie", "tak", "cancelled"),
    ("Makulerad", "Nej", "Nej", "Ja", "cancelled"),
    ("キャンセル日", "", "", "2026-01-05", "cancelled"),
    ("取消时间", "", "", "2026-01-05", "cancelled"),
    ("Rückerstattet", "nein", "nein", "ja", "refunded"),
    ("Rücksendung", "nein", "nein", "ja", "refunded"),
    ("Erstattung am", "", "", "2026-01-05", "refunded"),
    ("Remboursée", "non", "non", "oui", "refunded"),
    ("Reso", "", "", "sì", "refunded"),
]


@pytest.mark.parametrize("case", IN_LANGUAGES, ids=lambda case: case[0])
def test_flags_are_noticed_in_other_languages(read: Read, case: tuple[str, str, str, str, str]) -> None:
    column, *values, meant = case
    asked, _ = read(table(column, *values))
    [question] = asked.questions
    assert f"{column} is filled in 1 rows, and is not used: were these {meant}?" in str(question)
    answered, sales = read(table(column, *values), settings=question.options[0])
    assert money(answered)["EUR"][0] == "30.00"
    assert [each["status"] for each in sales] == ["completed", "completed", meant]


REFUNDS = ["Montant remboursé", "Erstattungsbetrag", "Gutschrift", "Importe reembolsado", "Valor estornado"]
REFUNDS += ["Rimborso", "Terugbetaald bedrag", "Kwota zwrotu", "Återbetalt belopp", "返金額", "退款金额"]


@pytest.mark.parametrize("column", REFUNDS)
def test_refunds_are_noticed_in_other_languages(read: Read, column: str) -> None:
    asked, _ = read(table(column, "0", "0", "15.00"))
    [question] = asked.questions
    assert f"{column} is not 0 in 1 rows, and is not used: is it what was refunded?" in str(question)
    answered, _ = read(table(column, "0", "0", "15.00"), settings=question.options[0])
    assert money(answered) == {"EUR": ("55.00", "0.00")}


@pytest.mark.parametrize(
    "flag", [("bezahlt", "ja", "nein"), ("Payé", "oui", "non"), ("Opłacone", "tak", "nie")]
)
def test_unpaid_sales_are_noticed_in_other_languages(read: Read, flag: tuple[str, str, str]) -> None:
    column, yes, no = flag
    asked, _ = read(table(column, yes, yes, no))
    [question] = asked.questions
    assert f"{column} says {no} in 1 rows" in str(question)


@pytest.mark.parametrize("column", ["Type", "Typ", "Tipo"])
def test_a_type_that_is_a_status_is_asked_about(read: Read, column: str) -> None:
    asked, _ = read(table(column, "Authorised", "Authorised", "Refused"))
    [question] = asked.questions
    assert f"{column} says Authorised, Refused (1 rows): is it the status?" in str(question)


def test_kinds_of_documents_are_asked_about_in_other_languages(read: Read) -> None:
    for column, sale, back in (
        ("Typ", "Verkauf", "Rückzahlung"),
        ("Tipo documento", "Fattura", "Nota di credito"),
        ("Type de pièce", "Facture", "Avoir"),
        ("Transaction Type", "Invoice", "Credit Memo"),
    ):
        asked, _ = read(table(column, sale, sale, back))
        [question] = asked.questions
        answered, _ = read(table(column, sale, sale, back), settings=question.options[0])
        assert money(answered) == {"EUR": ("30.00", "40.00")}, column


def test_receipts_are_sales_beside_invoices(read: Read) -> None:
    """As in QuickBooks, whose invoices would be left out if only receipts were sales."""
    text = table("Transaction Type", "Invoice", "Sales Receipt", "Credit Memo")
    asked, _ = read(text)
    answered, _ = read(text, settings=asked.questions[0].options[0])
    assert money(answered) == {"EUR": ("30.00", "40.00")}


def test_a_flag_that_says_more_than_yes_and_no_is_asked_about(read: Read) -> None:
    [question] = read(table("Paid", "Yes", "No", "part"))[0].questions
    assert str(question).startswith("Paid says No in 1 rows, and is not used: were these not sold?")
    left_out, _ = read(table("Paid", "Yes", "No", "part"), settings=question.options[0])
    assert money(left_out) == {"EUR": ("50.00", "0.00")}


@pytest.mark.parametrize(
    ("column", "filled", "refunded"),
    [
        *(("credit_for", "1", "30.00"), ("credit note no", "17", "30.00"), ("RMA number", "R17", "30.00")),
        *(("reversed_entry_id", "1", "30.00"), ("reason for return", "too small", "30.00")),
        *(("Original receipt", "1", "30.00"), ("Rückgabegrund", "zu klein", "30.00")),
        *(("voided by", "Ann", "0.00"), ("cancelled by", "Ann", "0.00"), ("Storniert mit", "17", "0.00")),
        *(("replaced by", "3", "0.00"), ("superseded", "yes", "0.00"), ("written off", "yes", "0.00")),
    ],
)
def test_what_refers_to_an_undone_sale_is_asked_about(
    column: str, filled: str, refunded: str, read: Read
) -> None:
    rows = f"1,a,2026-01-13,100.00,\n2,a,2026-01-14,30.00,{filled}\n3,b,2026-01-15,50.00,\n"
    table = f"order,customer,date,amount,{column}\n{rows}"
    [question] = read(table)[0].questions
    assert f"{column} is filled in 1 rows, and is not used" in str(question)
    answers = [money(read(table, settings=option)[0]) for option in question.options]
    assert answers == [{"EUR": ("150.00", refunded)}, {"EUR": ("180.00", "0.00")}]


def test_an_original_order_that_every_sale_has_is_not_asked_about(read: Read) -> None:
    found, _ = read("order,customer,date,amount,original order\n1,a,2026-01-13,100.00,17\n")
    assert (found.questions, money(found)) == ([], {"EUR": ("100.00", "0.00")})


@pytest.mark.parametrize(
    ("column", "bad", "good"),
    [
        *(("training", "yes", "no"), ("is_demo", "true", "false"), ("Sandbox", "1", "0")),
        *(("fraud", "true", "false"), ("Comped", "Y", "N"), ("internal order", "1", "0")),
        *(("is_current", "false", "true"), ("accepted", "no", "yes")),
    ],
)
def test_a_flag_of_what_is_no_sale_is_asked_about(column: str, bad: str, good: str, read: Read) -> None:
    rows = f"1,a,2026-01-13,100.00,{good}\n2,a,2026-01-14,30.00,{bad}\n3,b,2026-01-15,50.00,{good}\n"
    table = f"order,customer,date,amount,{column}\n{rows}"
    [question] = read(table)[0].questions
    assert f"{column} says {bad} in 1 rows, and is not used: were these not sold?" in str(question)
    answers = [money(read(table, settings=option)[0]) for option in question.options]
    assert answers == [{"EUR": ("150.00", "0.00")}, {"EUR": ("180.00", "0.00")}]


def test_pieces_that_were_cancelled_are_not_taken_for_whole_cancellations(read: Read) -> None:
    rows = "1,a,2026-01-13,x,2,10.50,1\n2,b,2026-01-14,y,1,1.00,0\n3,b,2026-01-14,z,3,1.00,2\n"
    [question] = read(f"order,customer,date,sku,qty,price,qty_cancelled\n{rows}")[0].questions
    assert "qty_cancelled is not 0 in 2 rows, but pieces cannot be deducted from an amount" in str(question)
