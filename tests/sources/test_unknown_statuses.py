"""The options for unknown status values count no return or cancellation as a sale."""

import pytest

from tests.sources.conftest import Read, money

ROWS = (
    "1,a,2026-01-13,10.00,Awaiting Pickup\n2,b,2026-01-14,20.00,Back from customer (returned)\n"
    "3,c,2026-01-14,30.00,Cancelled by system\n4,d,2026-01-15,40.00,Disputed\n"
)
ASKED = f"order,customer,date,amount,status\n{ROWS}"


def test_the_first_option_sorts_words_by_what_they_say(read: Read) -> None:
    found, _ = read(ASKED)
    [question] = found.questions
    [option] = question.options
    assert option == (
        "status.words.completed=[Awaiting Pickup, Disputed]",
        "status.words.refunded=[Back from customer (returned)]",
        "status.words.cancelled=[Cancelled by system]",
    )
    settled, _ = read(ASKED, settings=option)
    assert money(settled) == {"EUR": ("50.00", "20.00")}


def test_what_amazon_says_of_shipments_is_known(read: Read) -> None:
    rows = (
        "1,a,2026-01-13,10.00,Shipped - Delivered to Buyer\n"
        "2,b,2026-01-14,20.00,Shipped - Returned to Seller\n"
        "3,c,2026-01-14,30.00,Shipped - Picked Up\n"
    )
    found, _ = read(f"order,customer,date,amount,status\n{rows}")
    assert found.questions == []
    assert money(found) == {"EUR": ("40.00", "20.00")}


@pytest.mark.parametrize("word", ["past_due", "Incomplete", "PendingAvailability", "Draft"])
def test_what_nobody_has_paid_yet_is_not_offered_as_a_sale(read: Read, word: str) -> None:
    found, _ = read(f"order,customer,date,amount,status\n1,a,2026-01-13,10.00,{word}\n")
    [question] = found.questions
    assert question.options == ((f"status.words.pending=[{word}]",),)


@pytest.mark.parametrize("word", ["Negado pelo banco", "Pago rechazado por el banco", "Odrzucone przez bank"])
def test_what_a_bank_refused_is_not_offered_as_a_sale(read: Read, word: str) -> None:
    found, _ = read(f"order,customer,date,amount,status\n1,a,2026-01-13,10.00,{word}\n")
    [question] = found.questions
    assert question.options == ((f"status.words.cancelled=[{word}]",),)


def test_numbers_are_not_offered_as_sales(read: Read) -> None:
    table = "order,customer,date,amount,status\n" + "".join(
        f"{n},a,2026-01-13,10.00,{code}\n" for n, code in enumerate((0, 1, 2, 1), start=1)
    )
    [question] = read(table)[0].questions
    assert question.text == "status values are numbers, 1 (2), 0 (1), 2 (1): which mean what?"
    meanings, none = question.options
    assert meanings == ("status.words={completed: [Codes], pending: [Codes], cancelled: [Codes]}",)
    told = "status.words={completed: [1], pending: [0], cancelled: [2]}"
    assert money(read(table, settings=(told,))[0]) == {"EUR": ("20.00", "0.00")}
    assert money(read(table, settings=none)[0]) == {"EUR": ("40.00", "0.00")}


def test_sales_that_may_all_be_pending_are_not_asked_about_beside_unknown_words(read: Read) -> None:
    found, _ = read(
        "order,customer,date,total,status\n1,a,2026-01-13,1.00,Pending\n2,b,2026-01-14,2.00,Sealed\n"
    )
    [question] = found.questions
    assert "unknown status values: Sealed (1)" in str(question)
