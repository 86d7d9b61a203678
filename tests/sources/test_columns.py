"""What a column means by its name and its values."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from sources.mapping import BadMappingError
from tests.sources.conftest import Read, money

HEAD = "order_id,customer_id,order_date,amount"


def table(columns: str, *values: str) -> str:
    """Return a file of sales of 10.00, one for each row of further columns."""
    rows = (f"{n},a,2026-01-0{n},10.00,{value}" for n, value in enumerate(values, start=1))
    return "\n".join((f"{HEAD},{columns}", *rows)) + "\n"


@pytest.mark.parametrize("values", [("GBP", "USD", "GBP"), ("gbp", "usd", "gbp")])
def test_a_column_of_currency_codes_is_the_currency(read: Read, values: tuple[str, ...]) -> None:
    found, sales = read(table("Settled in", *values))
    assert (found.questions, money(found)) == ([], {"GBP": ("20.00", "0.00"), "USD": ("10.00", "0.00")})
    assert [sale["currency"] for sale in sales] == ["GBP", "USD", "GBP"]
    assert any(note.startswith("Settled in is taken for the currency") for note in found.notes)


def test_it_is_asked_which_of_two_currencies_is_that_of_the_amount(read: Read) -> None:
    text = table("shop money,paid in", "EUR,GBP", "EUR,USD")
    found, _ = read(text)
    [question] = found.questions
    assert "shop money, paid in are currencies: which is that of amount?" in str(question)
    assert [each for (each,) in question.options] == ["currency.field=shop money", "currency.field=paid in"]
    settled, _ = read(text, settings=question.options[1])
    assert money(settled) == {"GBP": ("10.00", "0.00"), "USD": ("10.00", "0.00")}


@pytest.mark.parametrize(
    ("column", "values"), [("size", ("AAA", "ALL")), ("country", ("DEU", "CHE")), ("note", ("", ""))]
)
def test_other_words_of_three_letters_are_no_currency(
    read: Read, column: str, values: tuple[str, ...]
) -> None:
    found, _ = read(table(column, *values))
    assert (found.questions, list(money(found))) == ([], ["EUR"])


def test_a_given_currency_is_not_looked_for(read: Read) -> None:
    found, _ = read(table("paid in", "GBP"), settings=("currency.default=CHF",))
    assert list(money(found)) == ["CHF"]


@pytest.mark.parametrize(("first", "second"), [("09:05", "23:30"), ("9:05 AM", "11:30 PM")])
def test_a_time_of_day_belongs_to_a_column_of_days(read: Read, first: str, second: str) -> None:
    found, sales = read(table("Time", first, second))
    assert found.questions == []
    moments = [datetime.fromisoformat(str(sale["sale_timestamp"])) for sale in sales]
    assert [(each.day, each.hour, each.minute) for each in moments] == [(1, 9, 5), (2, 23, 30)]


def test_a_duration_is_no_time_of_day_of_a_full_time(read: Read) -> None:
    text = "order_id,customer_id,created_at,amount,time\n1,a,2026-01-01 10:00:00,10.00,00:45\n"
    _, [sale] = read(text)
    assert "T10:00:00" in str(sale["sale_timestamp"]).replace(" ", "T")


def test_words_beside_a_day_are_no_time_of_day(read: Read) -> None:
    found, [sale] = read(table("Time", "morning"))
    assert found.questions == []
    assert "T00:00:00" in str(sale["sale_timestamp"]).replace(" ", "T")


NAMES = {
    "abbreviated": "ORDER_NO,CUST_NO,TRANSACTION_DT,SALE_AMT",
    "in one word": "invoiceNo,customerId,orderDate,purchaseAmount",
    "with the currency": "Order,Customer,Date,Total Amount (EUR)",
    "of a marketplace": "Order Number,Buyer Username,Sale Date,Sale Price",
    "of a bill": "Bill No,Mobile,Bill Date,Bill Amount",
}


@pytest.mark.parametrize("head", NAMES.values(), ids=list(NAMES))
def test_a_column_is_known_by_its_usual_names(read: Read, head: str) -> None:
    found, [sale] = read(f"{head}\n7,491700,2026-01-31,10.50\n")
    assert found.questions == []
    assert (sale["order_id"], sale["customer_id"], sale["total_amount"]) == ("7", "491700", 10.5)


def test_the_only_columns_of_addresses_and_dates_are_customer_and_time(read: Read) -> None:
    found, sales = read("nr,who,when,amount\n1,a@b.com,31.01.2026,10.00\n2,c@d.org,01.02.2026,20.00\n")
    assert found.questions == []
    assert [str(sale["sale_timestamp"])[:10] for sale in sales] == ["2026-01-31", "2026-02-01"]
    assert len({sale["customer_id"] for sale in sales}) == 2
    ways = {each.field: (each.column, each.how) for each in found.shown}
    assert (ways["customer"], ways["time"]) == (("who", "values"), ("when", "values"))
    assert [note for note in found.notes if "is taken for" in note] == [
        "who is taken for the customer, since it holds only e-mail addresses",
        "when is taken for the time, since it holds only dates",
    ]


def test_it_is_asked_which_of_several_is_meant(read: Read) -> None:
    found, _ = read(
        "sent by,sent to,ordered,shipped,gross,net\na@b.de,c@d.de,2026-01-01,2026-01-02,1.19,1.00\n"
    )
    assert [[each for (each,) in question.options] for question in found.questions] == [
        ["customer.fields=[sent by]", "customer.fields=[sent to]"],
        ["time.field=ordered", "time.field=shipped"],
        ["amount.field=gross", "amount.field=net"],
    ]


@pytest.mark.parametrize("values", [("1.2.3", "1.10.4"), ("2026-01-01", "soon")])
def test_other_texts_are_no_dates(read: Read, values: tuple[str, str]) -> None:
    found, _ = read("customer,version,amount\n" + "".join(f"a,{value},10.00\n" for value in values))
    assert ["no column for time" in str(question) for question in found.questions] == [True]


@pytest.mark.parametrize(
    ("column", "code"),
    [
        ("Total (USD)", "USD"),
        ("Total ($)", "USD"),
        ("total_gbp", "GBP"),
        ("Total £", "GBP"),
        ("Total", "EUR"),
    ],
)
def test_the_name_of_the_amount_may_say_its_currency(read: Read, column: str, code: str) -> None:
    found, _ = read(f"order,customer,date,{column}\n1,a,2026-01-01,10.00\n")
    assert (found.questions, list(money(found))) == ([], [code])


def test_what_is_set_stays_beside_what_the_values_tell(read: Read) -> None:
    text = "order,who,when,amount\n1,a@b.de,2026-01-31 00:30:00,1.00\n2,c@d.de,2026-01-31 00:30:00,2.00\n"
    settings = ("time.zone=Europe/Berlin", "customer.nobody=[c@d.de]")
    found, [sale] = read(text, settings=settings)
    assert (found.questions, str(sale["sale_timestamp"])[:10]) == ([], "2026-01-30")


@pytest.mark.parametrize("currency", ["", ",currency"])
def test_it_is_asked_which_of_one_amount_in_two_units_counts(read: Read, currency: str) -> None:
    text = f"order,customer,date,Total,total_cents{currency}\n1,a,2026-01-01,1.00,100{currency and ',EUR'}\n"
    found, _ = read(text)
    [question] = found.questions
    assert "Total, total_cents differ in their unit: which is the amount?" in str(question)
    figures = [money(read(text, settings=each)[0]) for each in question.options]
    assert figures == [{"EUR": ("1.00", "0.00")}] * 2


def test_it_is_asked_which_of_one_amount_in_two_currencies_counts(read: Read) -> None:
    text = "order,customer,date,Total (USD),Total (EUR)\n1,a,2026-01-01,11.00,10.00\n"
    found, _ = read(text)
    [question] = found.questions
    assert [money(read(text, settings=each)[0]) for each in question.options] == [
        {"USD": ("11.00", "0.00")},
        {"EUR": ("10.00", "0.00")},
    ]


def test_a_sign_of_several_currencies_is_asked_about(read: Read) -> None:
    found, _ = read("order,customer,date,total\n1,a,2026-01-01,¥1000\n")
    [question] = found.questions
    assert [each for (each,) in question.options] == ["currency.default=JPY", "currency.default=CNY"]


@pytest.mark.parametrize(
    ("column", "amount", "revenue"),
    [("amount_cents", 1050, "10.50"), ("totalInCents", 1050, "10.50"), ("amount_cents", "10.50", "10.50")],
)
def test_whole_amounts_in_cents_are_read_as_such(
    read: Read, column: str, amount: int | str, revenue: str
) -> None:
    found, _ = read(f"order,customer,date,{column}\n1,a,2026-01-01,{amount}\n")
    assert (found.questions, money(found)) == ([], {"EUR": (revenue, "0.00")})
    assert any("is read as cents" in note for note in found.notes) == isinstance(amount, int)


def test_small_whole_amounts_beside_a_price_may_be_pieces(read: Read) -> None:
    text = "order,customer,date,AMOUNT,SALES_PRICE\n1,a,2026-01-01,3,30\n2,b,2026-01-02,1,10\n"
    found, _ = read(text)
    [question] = found.questions
    assert "AMOUNT has only whole numbers up to 3, beside SALES_PRICE: is it the quantity?" in str(question)
    figures = [money(read(text, settings=option)[0])["EUR"][0] for option in question.options]
    assert figures == ["40.00", "100.00", "4.00"]


def test_a_total_on_one_line_of_each_order_is_that_of_the_order(read: Read) -> None:
    found, sales = read(
        "order,customer,date,total\n1,a,2026-01-01,30.00\n1,a,2026-01-01,\n2,b,2026-01-02,5.00\n"
    )
    assert (found.questions, money(found)) == ([], {"EUR": ("35.00", "0.00")})
    assert [sale["total_amount"] for sale in sales] == [15, 15, 5]


def test_amounts_of_less_than_half_a_cent_are_told(read: Read) -> None:
    found, _ = read("customer,date,amount\na,2026-01-01,0.0043\nb,2026-01-01,0.0508\n")
    [told] = [warning for warning in found.warnings if "another unit" in warning]
    assert told.startswith("1 amounts are less than half a cent and count as 0 (line 2)")


@pytest.mark.parametrize(("other", "revenue"), [("view", "10.00"), ("refund", "10.00")])
def test_events_other_than_purchases_are_not_sales(read: Read, other: str, revenue: str) -> None:
    text = f"event_time,event_type,price,user_id\n2026-01-01,purchase,10.00,a\n2026-01-01,{other},3.00,b\n"
    found, _ = read(text)
    [question] = found.questions
    assert f"event_type says purchase, {other}: which are returns, and which are not sales?" in str(question)
    settled, sales = read(text, settings=question.options[0])
    assert money(settled)["EUR"] == (revenue, "3.00" if other == "refund" else "0.00")
    assert len(sales) == 1 + (other == "refund")


def test_an_address_identifies_a_customer_before_a_name(read: Read) -> None:
    head = "order,date,amount,customer,e-mail\n"
    found, sales = read(f"{head}1,2026-01-01,1.00,Ann Bow,a@b.de\n2,2026-01-02,1.00,Ann Bow,c@d.de\n")
    assert found.questions == []
    assert len({sale["customer_id"] for sale in sales}) == 2
    [warning] = [each for each in found.warnings if "customer holds names" in each]
    assert warning.endswith(
        "1 names have several addresses; if these are companies, --set customer.fields=[customer]"
    )
    found, _ = read(f"{head}1,2026-01-01,1.00,Ann Bow,a@b.de\n2,2026-01-02,1.00,Bob Coe,c@d.de\n")
    assert "customer holds names: customers are identified by e-mail first" in found.notes
    _, sales = read(f"{head}1,2026-01-01,1.00,K7,a@b.de\n2,2026-01-02,1.00,K7,c@d.de\n")
    assert {sale["customer_id"] for sale in sales} == {"K7"}


def test_it_is_asked_whether_mostly_negative_amounts_are_returns(read: Read) -> None:
    text = "order,customer,date,amount\n1,a,2026-01-01,-10.00\n2,b,2026-01-02,-5.00\n3,b,2026-01-02,2.00\n"
    found, _ = read(text)
    [question] = found.questions
    assert "2 of 3 amounts are negative, and count as returns: are they?" in str(question)
    figures = [money(read(text, settings=option)[0])["EUR"] for option in question.options]
    assert figures == [("17.00", "0.00"), ("2.00", "15.00")]


@pytest.mark.parametrize(("currency", "is_told"), [("USD", True), ("jpy", False)])
def test_high_whole_amounts_may_be_cents(read: Read, currency: str, is_told: bool) -> None:
    rows = "".join(f"{n},a,2026-01-01,{n}99,{currency}\n" for n in range(1, 31))
    found, _ = read(f"order,customer,date,amount,currency\n{rows}")
    told = "all 30 amounts are whole numbers, half of them over 1,649: are they cents?"
    assert (found.questions, any(told in each for each in found.warnings)) == ([], is_told)


def test_amounts_that_are_written_with_decimals_are_no_cents(read: Read) -> None:
    rows = "".join(f"{n},a,2026-01-01,{n}99.00\n" for n in range(1, 31))
    found, _ = read(f"order,customer,date,amount\n{rows}")
    assert not any("are they cents" in each for each in found.warnings)
    assert money(found) == {"EUR": ("49470.00", "0.00")}  # 100 times 465, and 30 times 99


def test_a_customer_named_guest_is_told(read: Read) -> None:
    rows = "".join(f"{n},{'Guest' if n % 9 == 0 else n},2026-01-01,1.00\n" for n in range(1, 31))
    found, _ = read(f"order,customer,date,amount\n{rows}")
    assert any(
        "customer 'Guest' has 3 orders: are they of several people?" in each for each in found.warnings
    )


@pytest.mark.parametrize("nobody", ["0", "0.0", "Guest"])
def test_guests_of_one_number_are_told_apart_by_their_addresses(read: Read, nobody: str) -> None:
    rows = "".join(
        f"{n},{nobody if n % 3 == 0 else n % 2 + 1},{n if n % 3 == 0 else n % 2}@x.org,2026-01-01,1.00\n"
        for n in range(1, 10)
    )
    found, sales = read(f"order,customer_id,email,date,amount\n{rows}")
    assert (found.questions, len({sale["customer_id"] for sale in sales})) == ([], 5)
    assert any(f"customer_id {nobody} has several values of email" in each for each in found.notes)
    _, sales = read(f"order,customer_id,email,date,amount\n{rows}", settings=("customer.nobody=[]",))
    assert len({sale["customer_id"] for sale in sales}) == 3


def test_a_customer_0_of_one_address_is_a_customer(read: Read) -> None:
    rows = "".join(f"{n},{n % 3},{n % 3}@x.org,2026-01-01,1.00\n" for n in range(1, 10))
    found, sales = read(f"order,customer_id,email,date,amount\n{rows}")
    assert (found.questions, found.warnings[1:]) == ([], [])
    assert {sale["customer_id"] for sale in sales} == {"0", "1", "2"}


@pytest.mark.parametrize(("orders_of_0", "is_told"), [(4, False), (5, True)])
def test_a_customer_0_who_orders_more_often_than_others_is_told(
    read: Read, orders_of_0: int, is_told: bool
) -> None:
    customers = [0] * orders_of_0 + [n % 5 + 1 for n in range(10)]
    rows = "".join(f"{n},{customer},2026-01-01,1.00\n" for n, customer in enumerate(customers))
    found, _ = read(f"order,customer,date,amount\n{rows}")
    told = f"customer '0' has {orders_of_0} orders: are they of several people? --set 'customer.nobody=[0]'"
    assert (found.questions, told in found.warnings) == ([], is_told)


DOCUMENTS: dict[str, dict[str, Any]] = {
    "of an interface": {
        "order": {"id": 7, "created": "2026-01-31T10:00:00Z"},
        "customer": {"email": "a@b.de", "tags": ["new"]},
        "total": {"amount": 10.5, "currency": "SEK"},
        "lines": [{"sku": "A"}],
    },
    "of MongoDB": {
        "_id": {"$oid": "7"},
        "createdAt": {"$date": "2026-01-31T10:00:00Z"},
        "customer": {"email": "a@b.de"},
        "total": {"$numberDecimal": "10.50"},
        "currency": "SEK",
    },
}


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=list(DOCUMENTS))
def test_maps_in_documents_are_columns(read: Read, tmp_path: Path, document: dict[str, Any]) -> None:
    path = tmp_path / "orders.json"
    path.write_text(json.dumps([document]), encoding="utf-8")
    found, [sale] = read(path)
    assert (found.questions, money(found)) == ([], {"SEK": ("10.50", "0.00")})
    assert (sale["order_id"], str(sale["sale_timestamp"])[:10]) == ("7", "2026-01-31")
    lists = "lists are not used, unless a mapping (--mapping FILE) describes them: customer.tags, lines"
    assert (lists in found.notes) == ("lines" in document)


def test_an_empty_list_says_nothing(read: Read, tmp_path: Path) -> None:
    orders = [
        {"id": n, "created": "2026-01-31", "email": "a@b.de", "total": 10, "status": "paid", "refunds": []}
        for n in range(9)
    ]
    path = tmp_path / "orders.json"
    path.write_text(json.dumps(orders), encoding="utf-8")
    found, _ = read(path)
    assert found.questions == []


STATES = """order,customer,status,at,total
1,a,created,2026-01-01 08:00:00,10.00
2,b,created,2026-01-02 08:00:00,20.00
1,a,delivered,2026-01-05 08:00:00,10.00
1,a,paid,2026-01-01 09:00:00,10.00
2,b,cancelled,2026-01-03 08:00:00,20.00
3,a,created,2026-01-04 08:00:00,40.00
2,b,paid,2026-01-02 09:00:00,20.00
"""


def test_rows_may_be_the_states_of_an_order(read: Read) -> None:
    found, _ = read(STATES)
    [question] = found.questions
    assert "total is the same in all rows of 2 orders, but not status: are they states?" in str(question)
    settled, sales = read(STATES, settings=question.options[0])
    assert (settled.questions, money(settled)) == ([], {"EUR": ("10.00", "0.00")})
    assert {(sale["order_id"], sale["status"], sale["sale_timestamp"][:16]) for sale in sales} == {
        ("1", "completed", "2026-01-01T08:00"),
        ("2", "cancelled", "2026-01-02T08:00"),
        ("3", "pending", "2026-01-04T08:00"),
    }
    assert any("left out: an earlier state 4" in each for each in settled.warnings)


def test_lines_that_were_cancelled_are_no_states(read: Read) -> None:
    rows = "".join(f"{n // 2},a,x{n},{('paid', 'cancelled')[n % 2]},2026-01-01,5.00\n" for n in range(8))
    found, _ = read(f"order,customer,product,status,date,total\n{rows}")
    [question] = found.questions
    assert "total is the same on every line of 4 orders: is it the order's total?" in str(question)


@pytest.mark.parametrize(("alike", "asks"), [(6, True), (4, True), (1, False)])
def test_a_total_on_each_line_of_some_orders_is_asked_about(alike: int, asks: bool, read: Read) -> None:
    """Of 10 orders with two lines each, some have one amount on both; the others differ by 1.00."""
    rows = "".join(
        f"{n},a,p{line},2026-01-{n:02},{20 + n + (line if n > alike else 0)}.00\n"
        for n in range(1, 11)
        for line in (0, 1)
    )
    found, _ = read(f"order,customer,product,date,total\n{rows}")
    text = f"total is the same on every line of {alike} orders: is it the order's total?"
    assert [each.text for each in found.questions] == ([text] if asks else [])


def test_amounts_of_lines_that_happen_to_be_alike_are_the_lines_own(read: Read) -> None:
    """Price times quantity is the line's: 2 orders of twice 2.00, and one of 2.00 and 6.00."""
    rows = "".join(
        f"{n},a,p{line},2026-01-0{n},2,{price},{2 * price}\n"
        for n, prices in ((1, (1, 1)), (2, (1, 1)), (3, (1, 3)))
        for line, price in enumerate(prices)
    )
    found, _ = read(f"order,customer,product,date,quantity,price,total\n{rows}")
    assert (found.questions, money(found)) == ([], {"EUR": ("16.00", "0.00")})


def test_a_product_that_is_twice_in_an_order_is_no_repeated_order(read: Read) -> None:
    rows = "1,a,2026-01-01,x,1,2.00\n1,a,2026-01-01,x,1,2.00\n1,a,2026-01-01,y,1,3.00\n"
    found, _ = read(f"order,customer,date,product,quantity,price\n{rows}")
    assert not any("more than once" in each for each in found.warnings)


def test_rounded_order_numbers_are_asked_about(read: Read) -> None:
    found, _ = read("order,customer,date,amount\n1.2345E+12,a,2026-01-01,1.00\n7,b,2026-01-01,2.00\n")
    [question] = found.questions
    assert "1 order ids are rounded, like 1.2345E+12 (line 2): save the column as text" in str(question)


def test_columns_named_like_totals_are_offered_as_the_amount(read: Read) -> None:
    rows = "1,a,2026-01-01,4.90,10.0,12,7,8\n"
    found, _ = read(f"order,customer,date,shipping,net_amount,gross_amount,SalesPersonID,net code\n{rows}")
    [question] = found.questions
    assert [each for (each,) in question.options] == [
        "amount.field=net_amount",
        "amount.field=gross_amount",
        "amount.field=shipping",
    ]


def test_a_list_of_customers_is_not_taken_for_sales(read: Read) -> None:
    text = "customer_id,total_spent,last_order_date\n" + "".join(
        f"c{n},{n}.00,2026-01-{n:02}\n" for n in range(1, 22)
    )
    found, _ = read(text)
    [question] = found.questions
    assert "each of 21 rows has another customer_id" in str(question)
    settled, _ = read(text, settings=question.options[0])
    assert (settled.questions, money(settled)) == ([], {"EUR": ("231.00", "0.00")})
    one_twice, _ = read(text + "c1,1.00,2026-01-01\n")
    assert one_twice.questions == []


SIGNS = [
    "A$12.50 AUD",
    "12.50 C$ CAD",
    "HK$12.50 HKD",
    "12,50 Kč CZK",
    "₺12,50 TRY",
    "12,50 TL TRY",
    "₩12 KRW",
]
SIGNS += ["RM12.50 MYR", "S/ 12.50 PEN", "12,50 Ft HUF", "12,50 лв BGN", "₪12.50 ILS", "Rp 1.250,00 IDR"]


@pytest.mark.parametrize("text", SIGNS)
def test_signs_of_money_tell_the_currency(read: Read, text: str) -> None:
    amount, _, currency = text.rpartition(" ")
    found, _ = read(f"order;customer;date;amount\n1;a;2026-01-13;{amount}\n")
    assert (found.questions, list(money(found))) == ([], [currency])


@pytest.mark.parametrize("amount", ["J$12.50", "Rs. 12.50", "12,50 kr", "Kr. 12,50", "12.50 PCS"])
def test_other_signs_of_money_are_asked_about(read: Read, amount: str) -> None:
    found, _ = read(f"order;customer;date;amount\n1;a;2026-01-13;{amount}\n")
    [question] = found.questions
    assert "which currency is it?" in str(question)


def test_letters_in_a_name_are_no_sign_of_money(read: Read) -> None:
    found, _ = read(
        "order;customer;date;NORMAL_AMOUNT\n1;a;2026-01-13;1.00\n", settings=("amount.field=NORMAL_AMOUNT",)
    )
    assert list(money(found)) == ["EUR"]
    found, _ = read("order;customer;date;Amount (₺)\n1;a;2026-01-13;1.00\n")
    assert list(money(found)) == ["TRY"]


@pytest.mark.parametrize("numbers", ["a shop", "a card"])
def test_what_is_not_of_one_customer_and_day_numbers_no_orders(read: Read, numbers: str) -> None:
    shops = (f"{n},{n % 3},{n // 4},2026-01-05" for n in range(40))
    cards = (f"{n},{n // 4},{n // 4},2026-01-{1 + n // 2:02}" for n in range(40))
    rows = "".join(f"{row},x,9.00\n" for row in (shops if numbers == "a shop" else cards))
    found, _ = read(f"id,its_no,customer,date,product,price\n{rows}")
    assert not any("order of its own" in each for each in found.warnings)


def test_a_list_with_prices_may_be_the_lines(read: Read, tmp_path: Path) -> None:
    orders = [
        {
            "orderId": n,
            "customerId": n,
            "placedAt": "2026-01-31T10:00:00Z",
            "shipping": "4.90",
            "tags": ["new"],
            "cart": {
                "lines": [{"sku": "A", "qty": 2, "unitPrice": 1.5}, {"sku": "B", "qty": n, "unitPrice": 7}]
            },
        }
        for n in (1, 2)
    ]
    path = tmp_path / "orders.json"
    path.write_text(json.dumps(orders), encoding="utf-8")
    found, _ = read(path)
    [question] = found.questions
    assert "no column for amount, but the list cart.lines has one: are its members the lines?" in str(
        question
    )
    settled, sales = read(path, settings=question.options[0])
    assert (settled.questions, money(settled)) == ([], {"EUR": ("27.00", "0.00")})
    assert {(sale["order_id"], sale["product_id"], sale["quantity"]) for sale in sales} == {
        ("1", "A", 2),
        ("1", "B", 1),
        ("2", "A", 2),
        ("2", "B", 2),
    }
    assert any(each.endswith("describes them: tags") for each in settled.notes)


def test_a_map_whose_keys_are_values_is_no_columns(read: Read, tmp_path: Path) -> None:
    path = tmp_path / "orders.json"
    days = {f"2026-01-{day}": 1 for day in range(100, 151)}
    path.write_text(json.dumps({"id": 1, "days": days, "x": {"a.b": 1}, "y": {}}), encoding="utf-8")
    found, _ = read(path)
    assert "the columns are id, days, x, y; and lists" in str(found.questions[-1])


@pytest.mark.parametrize("key", ["Total ", " Total", "Total\u00a0", "Total\t"])
def test_a_key_with_blanks_around_it_is_read(read: Read, tmp_path: Path, key: str) -> None:
    path = tmp_path / "orders.json"
    orders = [
        {"id": n, "buyer ": {"Email": f"a{n}@b.com"}, "date": "2026-01-01", key: f"{n}.50"} for n in (1, 2)
    ]
    path.write_text(json.dumps(orders), encoding="utf-8")
    found, sales = read(path)
    assert (found.questions, money(found)) == ([], {"EUR": ("4.00", "0.00")})
    assert len({sale["customer_id"] for sale in sales}) == 2


@pytest.mark.parametrize("who", ["(not set)", "No Customer", "-1", "00000000-0000-0000-0000-000000000000"])
def test_nobody_has_many_names(read: Read, who: str) -> None:
    found, [sale] = read(f"order,customer,date,amount\n1,a,2026-01-01,1.00\n2,{who},2026-01-01,2.00\n")
    assert (found.questions, sale["customer_id"]) == ([], "a")


@pytest.mark.parametrize("never", ["0000-00-00", "0000-00-00 00:00:00"])
def test_the_zero_date_of_mysql_is_rejected(read: Read, never: str) -> None:
    found, [sale] = read(f"order,customer,date,amount\n1,a,2026-01-01,1.00\n2,b,{never},2.00\n")
    assert (found.questions, sale["customer_id"]) == ([], "a")
    assert any("1 rows rejected: dated before 1990-01-01 (line 3)" in each for each in found.warnings)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("quantity=Qty", "there is no column Qty; the columns are order, customer, date, amount"),
        ("product=amont", "there is no column amont; did you mean amount?"),
        ("keep=[{field: kind, words: [sale]}]", "there is no column kind; the columns are"),
        ("customer.fields=[who, customer]", "there is no column who; the columns are"),
    ],
)
def test_a_setting_that_names_no_column_is_asked_about(read: Read, setting: str, message: str) -> None:
    found, _ = read("order,customer,date,amount\n1,a,2026-01-01,1.00\n", settings=(setting,))
    [question] = found.questions
    assert message in str(question)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("time.formats=['%d/%Q']", "'%d/%Q' is not a format of times; examples: '%d/%m/%Y %H:%M', epoch_s"),
        ("currency.default=euro", "write the code of a currency, such as EUR, not 'euro'"),
        ("time.zone=Berlin", "time.zone: 'Berlin' is not a time zone"),
    ],
)
def test_a_wrong_setting_is_refused(read: Read, setting: str, message: str) -> None:
    with pytest.raises(BadMappingError) as refused:
        read("order,customer,date,amount\n1,a,2026-01-01,1.00\n", settings=(setting,))
    assert message in str(refused.value)


def test_the_unit_that_is_set_holds_for_a_price_that_adds_up_to_the_total(read: Read) -> None:
    rows = "1,a,2026-01-01,3000,1000,1\n1,a,2026-01-01,3000,2000,1\n2,b,2026-01-02,500,500,1\n"
    found, _ = read(
        f"order,customer,date,total,price,quantity\n{rows}", settings=("amount.minor_units=true",)
    )
    assert (found.questions, money(found)) == ([], {"EUR": ("35.00", "0.00")})


@pytest.mark.parametrize(
    ("amount", "is_read_as"),
    [
        ("12,-", "12.00"),
        ("CHF 12.-", "12.00"),
        ("12.\u2013 CHF", "12.00"),
        ("12,-- €", "12.00"),
        ("₹ 1,200.00/-", "1200.00"),
        ("\u201312.50", "-12.50"),
        ("12.50-", "-12.50"),
        ('="12.50"', "12.50"),
        ("1\u2009200.00", "1200.00"),
    ],
)
def test_a_dash_for_no_cents_is_no_minus(read: Read, amount: str, is_read_as: str) -> None:
    settings = ("currency.default=CHF", "decimal=.")
    quoted = '"' + amount.replace('"', '""') + '"'
    found, _ = read(f"order;customer;date;amount\n1;a;2026-01-13;{quoted}\n", settings=settings)
    whole = is_read_as.removeprefix("-")
    assert money(found) == {"CHF": ("0.00", whole) if is_read_as.startswith("-") else (whole, "0.00")}


TOTALS = [
    "2026-01-02,1,Ann,10\n2026-01-02,2,Bob,20\n2026-01-02,,Total,30\n2026-01-03,3,Ann,12\n2026-01-03,,Total,12\n",
    "2026-01-02,1,Ann,10\n2026-01-02,2,Ann,20\n,,Ann Total,30\n2026-01-03,3,Bob,12\n,,Bob Total,12\n",
    "2026-01-02,1,Ann,10\n2026-01-02,2,Bob,20\n2026-01-03,3,Ann,12\n2026-01-03,,Average,14\n",
    "2026-01-02,1,Ann,10\n2026-01-02,2,Bob,20\n2026-01-03,3,Ann,12\nSumme,,3,42\n",
]


@pytest.mark.parametrize("rows", TOTALS)
def test_lines_of_totals_are_left_out(read: Read, rows: str) -> None:
    found, sales = read(f"date,invoice,customer,amount\n{rows}")
    assert (money(found), {each["customer_id"] for each in sales}) == (
        {"EUR": ("42.00", "0.00")},
        {"Ann", "Bob"},
    )


def test_a_numbered_sale_to_a_customer_called_total_counts(read: Read) -> None:
    found, _ = read("date,invoice,customer,amount\n2026-01-02,1,Total,10\n2026-01-02,2,Bob,20\n")
    assert money(found) == {"EUR": ("30.00", "0.00")}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ann  Lee", "Ann Lee"),
        ("Ann\u00a0Lee", "Ann Lee"),
        ("Mu\u0308ller", "Müller"),
        ("Ann Lee <Ann@Example.org>", "ann@example.org"),
        ("mailto:ann@example.org", "ann@example.org"),
    ],
)
def test_a_customer_in_two_spellings_is_one(read: Read, one: str, other: str) -> None:
    _, sales = read(f"order,customer,date,amount\n1,{one},2026-01-02,1.00\n2,{other},2026-01-03,2.00\n")
    _, again = read(f"order,customer,date,amount\n1,{other},2026-01-02,1.00\n")
    assert {each["customer_id"] for each in sales} == {each["customer_id"] for each in again}


@pytest.mark.parametrize(
    "column", ["name", "document", "order_key", "rowid", "item_at", "word", "customer", "lines"]
)
def test_columns_may_have_any_name(read: Read, column: str) -> None:
    rows = "".join(
        f"{n},c{n % 7},c{n % 7}@x.org,2026-01-{1 + n // 3:02},{10 + n}.50,v{n // 3}\n" for n in range(60)
    )
    found, sales = read(f"invoice,customer_id,email,date,total,{column}\n{rows}")
    assert (found.questions, len(sales)) == ([], 60)
    found, sales = read(
        f"email,date,total,{column}\n" + "".join(row.split(",", 2)[2] + "\n" for row in rows.split())
    )
    assert (found.questions, len(sales)) == ([], 60)


def test_a_column_of_time_zones_is_used(read: Read) -> None:
    rows = "01/06/2025,00:30:00,CEST,a@x.org,10.00\n25/12/2025,00:30:00,CET,b@x.org,12.00\n"
    _, sales = read(f"Date,Time,TimeZone,Email,Amount\n{rows}")
    told = [each["sale_timestamp"] for each in sales]
    assert told == ["2025-05-31T22:30:00Z", "2025-12-24T23:30:00Z"]


NAMES = "order,date,First name,Last name,amount\n1,2026-01-02,Ann,Lee,1.00\n2,2026-01-03,Ann,Kay,2.00\n"


def test_first_and_last_names_identify_the_customer_where_nothing_else_does(read: Read) -> None:
    found, sales = read(NAMES)
    assert (found.questions, [each["customer_id"] for each in sales]) == ([], ["Ann Lee", "Ann Kay"])


def test_a_last_name_beside_the_customer_is_asked_about(read: Read) -> None:
    text = NAMES.replace("First name", "customer").replace("Last name", "Surname")
    asked, _ = read(text)
    [question] = asked.questions
    assert "customer has 1 values, with Surname 2: are these the customers?" in str(question)
    customers = [
        {each["customer_id"] for each in read(text, settings=option)[1]} for option in question.options
    ]
    assert customers == [{"Ann Lee", "Ann Kay"}, {"Ann"}]
    numbered, _ = read(text.replace("Ann,Lee", "7,Lee").replace("Ann,Kay", "8,Kay"))
    assert numbered.questions == []


def test_a_last_name_beside_the_customers_number_is_not_asked_about(read: Read) -> None:
    text = NAMES.replace("First name", "Buyer User ID").replace("Ann,", "x7,")  # as when one sends a present
    found, _ = read(text + "3,2026-01-04,,Poe,4.00\n")
    assert found.questions == []
    assert found.figures is not None
    assert (found.figures.customers, money(found)) == (1, {"EUR": ("3.00", "0.00")})


def test_a_year_may_come_first_with_two_digits(read: Read) -> None:
    rows = "".join(f"{n},c,26-01-0{n},1.00\n" for n in range(1, 9))
    asked, _ = read(f"order,customer,date,amount\n{rows}")
    options = [option for [option] in asked.questions[0].options]
    assert options == [f"time.formats=[{form}]" for form in ("%d-%m-%y", "%m-%d-%y", "%y-%m-%d")]
    _, sales = read(f"order,customer,date,amount\n{rows}", settings=(options[-1],))
    assert [each["sale_timestamp"][:10] for each in sales] == [f"2026-01-0{n}" for n in range(1, 9)]


def test_codes_of_credit_notes_are_returns(read: Read) -> None:
    text = "order,customer,date,Belegart,amount\n1,a,2026-01-02,RE,5.00\n2,b,2026-01-03,GS,2.00\n"
    asked, _ = read(text)
    answered, _ = read(text, settings=asked.questions[0].options[0])
    assert money(answered) == {"EUR": ("5.00", "2.00")}


@pytest.mark.parametrize(
    ("second", "notes"),
    [
        ("2026-01-31", ["Invoice Date is taken for the time, not Order Date; to change it"]),
        ("2026-01-05", []),
    ],
)
def test_a_second_day_by_its_name_is_noted_if_it_differs(second: str, notes: list[str], read: Read) -> None:
    head = "Invoice No,Customer,Invoice Date,Order Date,Total"
    text = f"{head}\n1,a,2026-01-05,2026-01-05,10.00\n2,b,2026-01-06,2026-01-06,5.00\n"
    found, _ = read(text.replace("2026-01-05,10.00", f"{second},10.00"))
    noted = [note.partition(", --set")[0] for note in found.notes if "taken for the time" in note]
    assert (found.questions, noted) == ([], notes)
    if notes:
        assert any(note.endswith("--set 'time.field=Order Date'") for note in found.notes)
