"""What exports of shop systems and payment services have that other files do not."""

import json
from pathlib import Path

import pytest

from tests.sources.conftest import Read, money

SHOPIFY = (
    "Name,Email,Phone,Financial Status,Paid at,Currency,Subtotal,Shipping,Taxes,Total,Discount Amount,"
    "Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Source,Refunded Amount\n"
)
CHECKOUTS = (
    "#900,a@b.de,,,,EUR,30.00,0.00,0.00,30.00,0.00,2026-01-05 10:00:00 +0100,1,Cup,10.00,CUP,web,\n"
    "#900,a@b.de,,,,,,,,,,2026-01-05 10:00:00 +0100,2,Ink,10.00,INK,,\n"
)
WAITING = "#1,a@b.de,,pending,,EUR,20.00,0,0,20.00,0.00,2026-01-05 10:00:00 +0100,2,Cup,10.00,CUP,web,0.00\n"
VOIDED = "#2,c@d.de,,voided,,EUR,9.00,0,0,9.00,0.00,2026-01-06 10:00:00 +0100,1,Pot,9.00,POT,web,0.00\n"


def test_checkouts_that_nobody_paid_are_not_taken_for_orders(read: Read) -> None:
    found, _ = read(SHOPIFY + CHECKOUTS)
    [question] = found.questions
    assert str(question).startswith("Financial Status is blank in all rows, which orders have filled")
    assert question.options == (("status.blank=cancelled",), ("status.blank=completed",))
    assert money(read(SHOPIFY + CHECKOUTS, settings=question.options[0])[0]) == {"EUR": ("0.00", "0.00")}
    assert money(read(SHOPIFY + CHECKOUTS, settings=question.options[1])[0]) == {"EUR": ("30.00", "0.00")}


def test_carts_with_a_link_to_complete_them_are_asked_about(read: Read) -> None:
    rows = "1,a,2026-01-05,10.00,https://x.de/r/1\n2,b,2026-01-06,20.00,https://x.de/r/2\n"
    found, _ = read(f"id,customer_id,created_at,total_price,abandoned_checkout_url\n{rows}")
    [question] = found.questions
    assert "abandoned_checkout_url is filled in 2 rows, and is not used: were these cancelled?" in str(
        question
    )


def test_sales_that_are_all_pending_are_asked_about(read: Read) -> None:
    found, _ = read(SHOPIFY + WAITING + VOIDED)
    [question] = found.questions
    assert str(question).startswith("no sale counts: 1 of 2 is pending (pending)")
    assert money(read(SHOPIFY + WAITING + VOIDED, settings=question.options[0])[0]) == {
        "EUR": ("20.00", "0.00")
    }
    assert money(read(SHOPIFY + WAITING + VOIDED, settings=question.options[1])[0]) == {
        "EUR": ("0.00", "0.00")
    }


def test_pending_sales_beside_others_are_not_asked_about(read: Read) -> None:
    found, _ = read(SHOPIFY + WAITING + WAITING.replace("#1", "#3").replace("pending", "paid"))
    assert (found.questions, money(found)) == ([], {"EUR": ("20.00", "0.00")})


PROCESSING = {
    "a plugin": (
        "order_number,order_date,status,payment_method,payment_method_title,order_total,billing_email\n"
        "1,2026-01-05,completed,stripe,Credit card,10.00,a@b.de\n"
        "2,2026-01-06,processing,bacs,Transfer,20.50,c@d.de\n"
        "3,2026-01-07,on-hold,bacs,Transfer,40.00,e@f.de\n"
        "4,2026-01-08,pending,stripe,Credit card,80.00,a@b.de\n"
    ),
    "the reports": (
        'Date,"Order #",Status,Customer,"Customer type","Items sold","N. Revenue"\n'
        "2026-01-05,1,completed,Ann,new,1,10.00\n"
        "2026-01-06,2,processing,Bob,new,1,20.50\n2026-01-07,3,on-hold,Cy,new,1,40.00\n"
    ),
    "the database": (
        "id,customer,date,total,state,status\n1,a,2026-01-05,10.00,x,wc-completed\n2,b,2026-01-06,20.50,x,wc-processing\n"
        "3,c,2026-01-07,40.00,x,wc-on-hold\n"
    ),
}


@pytest.mark.parametrize("text", PROCESSING.values(), ids=list(PROCESSING))
def test_what_woocommerce_processes_is_paid(text: str, read: Read) -> None:
    found, _ = read(text)
    assert (found.questions, money(found)) == ([], {"EUR": ("30.50", "0.00")})
    assert any("processing counts as paid, as in WooCommerce" in each for each in found.notes)
    told = read(text, settings=("status.words.pending=[processing, on-hold, pending]",))[0]
    assert money(told) == {"EUR": ("10.00", "0.00")}


def test_what_a_word_means_is_told_beside_what_others_do(read: Read) -> None:
    rows = (
        "1,a,2026-01-13,10.00,Completed\n2,b,2026-01-14,20.00,Incomplete\n3,c,2026-01-15,40.00,Declined\n"
        "4,d,2026-01-15,80.00,Processing\n"
    )
    text = f"order,customer,date,amount,status\n{rows}"
    [question] = read(text)[0].questions
    assert "unknown status values: Incomplete (1)" in str(question)
    told, _ = read(
        text, settings=("status.words.cancelled=[Incomplete]", "status.words.completed=[Processing]")
    )
    assert (told.questions, money(told)) == ([], {"EUR": ("90.00", "0.00")})


def test_what_others_process_is_pending(read: Read) -> None:
    rows = "1,a,2026-01-05,10.00,completed\n2,b,2026-01-06,20.50,processing\n"
    assert money(read(f"order,customer,date,total,status\n{rows}")[0]) == {"EUR": ("10.00", "0.00")}


def test_an_order_number_is_preferred_to_that_of_its_payment(read: Read) -> None:
    rows = "T1,101,ann,2026-01-05,10.00\nT2,101,ann,2026-01-05,5.00\nT3,102,bob,2026-01-06,20.00\n"
    found, _ = read(f"Transaction ID,Order Number,Buyer Username,Sale Date,Line Total\n{rows}")
    assert found.figures is not None
    assert (found.questions, found.figures.orders, money(found)) == ([], 2, {"EUR": ("35.00", "0.00")})


GUESTS = (
    "Sale Date,Order ID,Buyer User ID,Full Name,Order Total\n01/13/2026,1,k7,Ann Lee,10.00\n"
    "01/14/2026,2,,Bob May,20.00\n01/15/2026,3,,Cy Dow,5.00\n"
)


def test_guests_of_whom_another_column_has_the_names_are_not_said_to_mean_as_above(read: Read) -> None:
    found, _ = read(GUESTS)
    [warning] = [each for each in found.warnings if "is blank in" in each]
    assert "Buyer User ID is blank in 2 of 3 rows" in warning and "fill_down" not in warning
    setting = "customer.fields=[Buyer User ID, Full Name]"
    assert setting in warning
    told = read(GUESTS, settings=(setting,))[0]
    assert told.figures is not None and told.figures.customers == 3
    assert money(told) == {"EUR": ("35.00", "0.00")}


def test_payments_of_their_own_time_do_not_mean_as_above(read: Read) -> None:
    rows = (
        "2026-01-05 10:00:01,10.00,eur,Paid,c1,I1\n2026-01-05 11:00:01,20.00,eur,Paid,,\n"
        "2026-01-06 10:00:01,40.00,eur,Paid,c2,I2\n2026-01-07 10:00:01,80.00,eur,Paid,,\n"
    )
    found, _ = read(f"Created date (UTC),Amount,Currency,Status,Customer ID,Invoice Number\n{rows}")
    assert (found.questions, money(found)) == ([], {"EUR": ("50.00", "0.00")})
    assert any("Customer ID is blank in 2 of 4 rows" in each for each in found.warnings)


def test_an_expected_arrival_is_not_the_time_of_the_sale(read: Read) -> None:
    rows = "1,a,20.50,2026-01-13 10:00\n2,b,30.25,2026-01-14 11:00\n"
    [question] = read(f"order_id,customer_id,amount,eta\n{rows}")[0].questions
    assert str(question).startswith("no column is named like the time: is it eta?")
    assert question.options == (("time.field=eta",),)


def test_amounts_that_are_alike_in_two_columns_are_one(read: Read) -> None:
    rows = "1,a,2026-01-13,20.50,20.50\n2,b,2026-01-14,30.25,30.25\n"
    text = f"order,customer,date,total_price,total_price_usd\n{rows}"
    found, _ = read(text)
    assert (found.questions, money(found)) == ([], {"EUR": ("50.75", "0.00")})
    [question] = read(text.replace("0.25,3", "0.25,4"))[0].questions
    assert "which is the amount?" in str(question)


def test_whole_amounts_beside_codes_in_lower_case_may_be_cents(read: Read) -> None:
    rows = "pi_1,c1,2026-01-13,1050,usd\npi_2,c2,2026-01-14,2000,usd\n"
    text = f"id,customer_id,created,amount,currency\n{rows}"
    [question] = read(text)[0].questions
    assert "are they cents?" in str(question)
    assert money(read(text, settings=question.options[0])[0]) == {"USD": ("30.50", "0.00")}
    decimals = text.replace("1050", "10.00").replace("2000", "20.00")
    assert (read(decimals)[0].questions, money(read(decimals)[0])) == ([], {"USD": ("30.00", "0.00")})


def test_refunds_of_nothing_are_not_asked_about(read: Read) -> None:
    rows = "1,a,2026-01-13,$10.00,$0.00\n2,b,2026-01-14,$20.00,$0.00\n"
    text = f"order,customer,date,total,Refunds\n{rows}"
    assert (read(text)[0].questions, money(read(text)[0])) == ([], {"USD": ("30.00", "0.00")})
    [question] = read(text.replace("$20.00,$0.00", "$20.00,$5.00"))[0].questions
    assert "Refunds is not 0 in 1 rows" in str(question)


USERS = [
    {"id": 1, "email": "ann@x.org", "createdAt": "2025-01-01"},
    {"id": 2, "email": "b@x.org", "createdAt": "2025-01-02"},
]
ORDERS = [
    {"id": 7, "userId": 1, "total": 40.5, "createdAt": "2026-01-13T10:00:00Z"},
    {"id": 8, "userId": 2, "total": 10.25, "createdAt": "2026-01-14T10:00:00Z"},
]
PAYMENTS = [{"id": 9, "orderId": 7, "userId": 1, "amount": 40.5, "createdAt": "2026-01-13T10:00:01Z"}]


@pytest.mark.parametrize("name", ["orders", "ventas"])
def test_of_a_database_the_collection_of_orders_is_read(name: str, read: Read, tmp_path: Path) -> None:
    path = tmp_path / "shop.json"
    path.write_text(json.dumps({"users": USERS, name: ORDERS, "payments": PAYMENTS}), encoding="utf-8")
    found, _ = read(path)
    assert (found.questions, money(found)) == ([], {"EUR": ("50.75", "0.00")})
    assert f'shop.json: the documents are the list "{name}", not users, payments' in found.notes


def test_what_magento_processes_is_paid(read: Read) -> None:
    rows = "1,a,2026-01-05,10.00,complete\n2,b,2026-01-06,20.50,processing\n3,c,2026-01-07,40.00,pending\n"
    found, _ = read(f"increment_id,customer,created_at,grand_total,status\n{rows}")
    assert (found.questions, money(found)) == ([], {"EUR": ("30.50", "0.00")})
    assert any("processing counts as paid, as in Magento" in each for each in found.notes)
