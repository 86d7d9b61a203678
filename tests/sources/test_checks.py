"""Each question and each warning, with its own small file."""

import pytest

from components.shared import defaults
from sources.meaning import warnings
from tests.sources.conftest import Read, money

HEAD = "order_id,customer_id,date,amount\n"
LINES = "order_id,customer_id,date,product,quantity,"


def days(count: int, *, start: int = 1) -> str:
    """Return one sale a day, by nine customers in turn."""
    rows = [
        f"{n},c{n % 9},2026-{1 + n // 28:02}-{1 + n % 28:02},{10 + n}.00" for n in range(start, start + count)
    ]
    return "\n".join(rows) + "\n"


ASKED = [
    ("day and month", HEAD + "1,a,03/04/2026,10.00\n2,b,05/06/2026,1.00\n", "time.formats=[%d/%m/%Y]"),
    (
        "decimal sign",
        HEAD.replace(",", ";") + "1;a;2026-01-01;1.250\n",
        "--set decimal=., or --set 'decimal=,'",
    ),
    (
        "both signs",
        HEAD.replace(",", ";") + "1;a;2026-01-01;1.50\n2;a;2026-01-01;1,50\n",
        "decimal point and 1 a",
    ),
    (
        "a total of the order",
        LINES + "total\n1,a,2026-01-01,x,1,30.00\n1,a,2026-01-01,y,2,30.00\n2,b,2026-01-01,x,1,5.00\n",
        "amount.means=order_total_repeated",
    ),
    (
        "a price that grows",
        LINES + "item price\n1,a,2026-01-01,x,1,5.00\n2,a,2026-01-02,x,3,15.00\n",
        "item price grows with quantity for 1 products",
    ),
    (
        "an amount that stays",
        LINES + "amount\n1,a,2026-01-01,x,1,5.00\n2,a,2026-01-02,x,3,5.00\n",
        "is it the unit price?",
    ),
    (
        "a price that cannot be told",
        LINES + "item price\n1,a,2026-01-01,x,1,5.00\n2,a,2026-01-02,y,3,15.00\n",
        "may be the line total or the unit price",
    ),
    (
        "a blank status",
        HEAD[:-1] + ",status\n1,a,2026-01-01,1.00,paid\n2,a,2026-01-01,1.00,\n",
        "status.blank=",
    ),
    (
        "an unknown currency",
        HEAD[:-1] + ",currency\n1,a,2026-01-01,1.00,XYZ\n",
        "XYZ: not a currency in use (line 2)",
    ),
    (
        "a blank currency",
        HEAD[:-1] + ",currency\n1,a,2026-01-01,1.00,EUR\n2,a,2026-01-01,1.00,\n",
        "currency.default",
    ),
    ("crowns of three lands", HEAD + "1,a,2026-01-01,10.00 kr\n", "which currency is it?"),
    ("a zone that is several", HEAD + "1,a,2026-01-01 10:00:00 IST,10.00\n", "no readable time"),
    (
        "an amount that is none",
        HEAD + "1,a,2026-01-01,10.00\n2,a,2026-01-01,ten\n",
        "no readable amount ('ten'",
    ),
    (
        "a surplus",
        HEAD + "1,a,2026-01-01,1,250.50\n2,b,2026-01-01,7.10\n",
        "more values than columns (line 2)",
    ),
    ("the future", HEAD + days(3) + "9,a,2062-01-01,1.00\n", "time.until=2026-11-27"),
    ("a discount", LINES + "price,discount\n1,a,2026-01-01,x,1,5.00,10%\n", "amount.discount.means=percent"),
    ("no customer", "order_id,date,amount\n1,2026-01-01,1.00\n", "no column identifies the customer"),
    ("no sale", HEAD + "1,NULL,2026-01-01,1.00\n", "no sale remains (nobody 1)"),
]
WARNED = [
    (
        "far",
        HEAD + "0,a,2001-01-01,1.00\n" + days(40),
        "2001-01-01 is 9,132 days away from all other sales (line 2)",
    ),
    (
        "in capitals",
        HEAD + "1,Ann,2026-01-01,1.00\n2,ann,2026-01-02,2.50\n",
        "differ from others only in upper and lower case",
    ),
    (
        "outsized",
        HEAD + "".join(f"{n},x,2026-01-{n:02},{n}.00\n" for n in range(1, 9)) + "9,a,2026-01-09,7.00\n",
        "customer 'x' has 89% of the orders: does it mean no customer?",
    ),
    (
        "of each order",
        "order_id,customer_id,email_hash,date,amount\n"
        + "".join(f"{n},k{n},p{n % 7},2026-01-{1 + n % 28:02},{n}.00\n" for n in range(1, 40)),
        "--set 'customer.fields=[email_hash]'",
    ),
    (
        "left out",
        HEAD + "1,a,2026-01-01,1.00\n2,,2026-01-01,2.00\n",
        "50% of the rows are left out: nobody 1",
    ),
    ("short", HEAD + days(30), "32 days of history; predictions over 90 days need 180"),
    (
        "partly refunded",
        HEAD[:-1] + ",status\n1,a,2026-01-01,1.00,paid\n2,a,2026-01-01,2.00,partially refunded\n",
        "1 orders are partly refunded, but no column says how much (line 3)",
    ),
    (
        "a discount of a total",
        HEAD[:-1] + ",discount\n1,a,2026-01-01,1.00,0.50\n",
        "discount (1 rows) is not used: amount is assumed to be what was paid",
    ),
    (
        "a total",
        HEAD + "1,a,2026-01-01,1.00\n2,b,2026-01-02,2.50\n3,c,2026-01-03,3.50\n",
        "is it a total line?",
    ),
    (
        "long ago",
        HEAD + "1,a,2026-01-01,1.00\n2,b,0001-01-01,2.00\n",
        "1 rows rejected: dated before 1990-01-01 (line 3)",
    ),
    (
        "exported twice",
        "order,customer,date,product,quantity,price\n"
        + 2 * "1,a,2026-01-01,x,1,2.00\n1,a,2026-01-01,y,1,3.00\n",
        "1 orders have each of their lines more than once (line 5): was the file put together",
    ),
    (
        "the number of a shop",
        "order,customer,date,product,price\n"
        + "".join(f"{n % 3},{n},2026-01-0{n},x,{n}.00\n" for n in range(1, 7)),
        "3 of 3 orders have several customers, like '1': is order the order's number?",
    ),
    (
        "a discount as a line",
        "order,customer,date,product,price\n1,a,2026-01-01,mug,9.00\n1,a,2026-01-01,Discount 10%,-0.90\n",
        "1 lines are discounts by their product, and count as returns (line 3): take them off",
    ),
    (
        "the number of the order",
        "id,reference,customer,date,product,price\n"
        + "".join(f"{n},R{n // 2},{n // 4},2026-01-{1 + n // 2 % 28:02},x,{n}.00\n" for n in range(40)),
        "each of 40 lines is an order of its own, but reference has 20 values of several lines",
    ),
    ("dollars", HEAD + "1,a,2026-01-01,$1.00\n", "written with $: USD is assumed"),
]


@pytest.mark.parametrize(("name", "text", "asked"), ASKED, ids=[each[0] for each in ASKED])
def test_it_is_asked(name: str, text: str, asked: str, read: Read) -> None:
    found, _ = read(text)
    assert any(asked in str(question) for question in found.questions), [
        str(each) for each in found.questions
    ]


@pytest.mark.parametrize(("name", "text", "warned"), WARNED, ids=[each[0] for each in WARNED])
def test_it_raises_a_warning(name: str, text: str, warned: str, read: Read) -> None:
    found, _ = read(text)
    assert found.questions == []
    assert any(warned in warning for warning in found.warnings), found.warnings


def test_a_plain_year_raises_no_warning(read: Read) -> None:
    found, _ = read(HEAD + days(250))
    assert (found.warnings, found.questions) == ([], [])


DISCOUNTS = {
    "fraction": ("0.1", "27.00"),
    "percent": ("10", "27.00"),
    "line_amount": ("1.01", "28.99"),
    "unit_amount": ("1.01", "26.97"),
    "none": ("9", "30.00"),
}


@pytest.mark.parametrize("means", DISCOUNTS)
def test_a_discount_is_deducted_by_its_meaning(means: str, read: Read) -> None:
    written, kept = DISCOUNTS[means]
    text = LINES + f"unit price,discount\n1,a,2026-01-01,x,3,10.00,{written}\n"
    found, _ = read(text, settings=(f"amount.discount.means={means}",))
    assert money(found) == {"EUR": (kept, "0.00")}


def test_an_order_s_discount_is_shared_to_the_cent(read: Read) -> None:
    rows = "1,a,2026-01-01,x,1,10.00,1.00\n1,a,2026-01-01,y,1,10.00,1.00\n1,a,2026-01-01,z,1,10.00,1.00\n"
    found, sales = read(
        LINES + "unit price,discount\n" + rows, settings=("amount.discount.means=order_amount",)
    )
    assert money(found) == {"EUR": ("29.00", "0.00")}
    assert sorted(sale["total_amount"] for sale in sales) == [9.66, 9.67, 9.67]


def test_an_order_s_discount_is_what_its_lines_cost_more_than_its_net(read: Read) -> None:
    rows = "1,a,2026-01-01,x,2,10.00,24.99\n1,a,2026-01-01,y,1,10.00,\n2,b,2026-01-01,x,1,9.00,0.00\n"
    more = "3,c,2026-01-01,x,1,8.00,\n4,d,2026-01-01,x,1,7.00,7.50\n"
    text = LINES + "unit price,subtotal\n" + rows + more
    net = ("amount.discount.field=subtotal", "amount.discount.means=order_net")
    found, sales = read(text, settings=net)
    assert money(found) == {"EUR": ("39.99", "0.00")}  # 24.99 + 0.00 + 8.00 + 7.00
    assert sorted(sale["total_amount"] for sale in sales) == [0.0, 7.0, 8.0, 8.33, 16.66]


def test_a_repeated_total_counts_once_to_the_cent(read: Read) -> None:
    rows = "".join(f"1,a,2026-01-01,{product},1,10.00\n" for product in "xyz") + "2,b,2026-01-01,x,1,5.00\n"
    found, sales = read(LINES + "total\n" + rows, settings=("amount.means=order_total_repeated",))
    assert money(found) == {"EUR": ("15.00", "0.00")}
    assert sum(round(sale["total_amount"] * 100) for sale in sales) == 1500


def test_half_a_cent_is_rounded_away_from_zero(read: Read) -> None:
    text = (
        LINES
        + "unit price\n1,a,2026-01-01,x,3,0.335\n2,b,2026-01-01,y,1,0.00125\n3,c,2026-01-01,y,1000,0.00125\n"
    )
    _, sales = read(text)
    assert [sale["total_amount"] for sale in sales] == [1.01, 0.0, 1.25]
    assert sales[1]["status"] == "cancelled"


def test_overlapping_files_count_once_and_keep_their_ids(read: Read) -> None:
    one, both = HEAD + days(20), HEAD + days(20, start=11)
    found, sales = read(one, both)
    _, first = read(one)
    assert found.figures is not None
    assert (found.figures.lines, found.figures.left_out) == (30, {"in a later file too": 10})
    assert {sale["sale_id"] for sale in first} < {sale["sale_id"] for sale in sales}


def test_ids_stay_when_an_export_grows_and_statuses_change(read: Read) -> None:
    head = HEAD[:-1] + ",status\n"
    old = "1,a,2026-01-01,1.00,paid\n1,a,2026-01-01,1.00,paid\n2,b,2026-01-02,2.00,paid\n"
    new = "3,c,2026-01-03,3.00,paid\n2,b,2026-01-02,2.00,refunded\n" + "1,a,2026-01-01,1.00,paid\n" * 2
    told = ("amount.means=line_total",)
    before, after = (read(head + rows, settings=told)[1] for rows in (old, new))
    assert len({sale["sale_id"] for sale in before}) == 3
    assert {sale["sale_id"] for sale in before} < {sale["sale_id"] for sale in after}


def test_a_column_that_was_found_can_be_declined(read: Read) -> None:
    text = LINES + "unit price\n1,a,2026-01-01,x,3,10.00\n"
    assert money(read(text)[0]) == {"EUR": ("30.00", "0.00")}
    declined, _ = read(text, settings=("quantity=null", "amount.means=line_total"))
    assert money(declined) == {"EUR": ("10.00", "0.00")}


def test_a_preset_s_currency_is_noted_and_questioned_if_signs_differ(read: Read) -> None:
    head = "ID,Purchase Point,Purchase Date,Bill-to Name,Grand Total (Purchased),Status\n"
    row = '1,Main,"Jan 5, 2026, 10:12:33",Ann,{}10.00,Complete\n'
    euros, _ = read(head + row.format("€"))
    assert any("EUR is assumed" in note for note in euros.notes)
    dollars, _ = read(head + row.format("$"))
    assert any("--set currency.default=USD" in str(question) for question in dollars.questions)


def test_columns_may_have_any_name(read: Read) -> None:
    header = "text_0,text_1,order_id,customer_id,order_date,amount"
    found, sales = read(header + "\n9,8,A1,ann,2026-01-05,5.00\n7,6,A2,bob,2026-01-06,7.00\n")
    assert money(found) == {"EUR": ("12.00", "0.00")}
    assert [sale["order_id"] for sale in sales] == ["A1", "A2"]


def test_a_file_without_order_numbers_says_what_counts_as_an_order(read: Read) -> None:
    text = "customer_id,date,amount,bon\na,2026-01-01,1.00,7\na,2026-01-01,2.00,7\n"
    told = "no column has order numbers: each row counts as an order; otherwise --set order=COLUMN"
    found, _ = read(text)
    assert told in found.notes
    found, sales = read(text, settings=("order=bon",))
    assert told not in found.notes
    assert {sale["order_id"] for sale in sales} == {"7"}


def test_order_numbers_of_another_file_are_asked_about(read: Read) -> None:
    """Two shops, or two years, each of which begins with number 1."""
    north = HEAD + "1,ann,2026-01-01,10.00\n2,bob,2026-01-02,20.00\n3,cy,2026-01-03,40.00\n"
    south = HEAD + "1,dan,2026-02-01,1.00\n2,eve,2026-02-02,2.00\n"
    asked, _ = read(north, south)
    [question] = asked.questions
    assert str(question).startswith(
        "2 of 2 orders that are in a later file too have another customer, and another day or sum"
    )
    answered, _ = read(north, south, settings=question.options[0])
    assert money(answered) == {"EUR": ("43.00", "0.00")}


def test_order_numbers_of_another_till_are_asked_about(read: Read) -> None:
    """Both tills begin with number 1 on the same day."""
    till = HEAD + "1,ann,2026-01-01,10.00\n2,bob,2026-01-01,20.00\n"
    other = HEAD + "1,dan,2026-01-01,1.00\n2,eve,2026-01-01,2.00\n"
    [question] = read(till, other)[0].questions
    assert "another customer, and another day or sum, there" in str(question)


def test_a_corrected_order_of_a_later_file_is_not_asked_about(read: Read) -> None:
    first = HEAD + "1,ann,2026-01-01,10.00\n2,bob,2026-01-02,20.00\n"
    corrected = HEAD + "1,ann,2026-01-04,11.00\n2,bo,2026-01-02,20.00\n"
    found, _ = read(first, corrected)
    assert (found.questions, money(found)) == ([], {"EUR": ("31.00", "0.00")})


def test_a_preset_s_orders_of_several_lines_are_asked_about(read: Read) -> None:
    head = "order_id,order_date,status,customer_id,customer_email,order_total,sku\n"
    rows = (
        "1,2025-05-02 17:00:36,completed,7,a@x.org,197.85,LMP",
        "1,2025-05-02 17:00:36,completed,7,a@x.org,197.85,CUP",
        "2,2025-05-03 18:11:27,completed,8,b@x.org,64.00,LMP",
    )
    text = head + "\n".join(rows) + "\n"
    asked, _ = read(text)
    [question] = asked.questions
    assert "order_total is the same on every row of 1 orders (line 2)" in str(question)
    answers = [money(read(text, settings=option)[0]) for option in question.options]
    assert answers == [{"EUR": ("261.85", "0.00")}, {"EUR": ("459.70", "0.00")}]


def test_days_that_a_spreadsheet_took_for_months_are_asked_about(read: Read) -> None:
    """Of dates written day first, those up to the twelfth became dates, with day and month exchanged."""
    dates = [(day, month) for month in (1, 2, 3) for day in range(1, 29)]
    texts = [f"2026-{day:02}-{month:02}" if day <= 12 else f"{day}/{month:02}/2026" for day, month in dates]
    found, _ = read(HEAD + "".join(f"{n},c{n % 9},{text},10.50\n" for n, text in enumerate(texts)))
    assert any("a spreadsheet has taken days for months" in str(each) for each in found.questions)
    kept = [f"2026-{month:02}-{day:02}" if day % 2 else f"{day:02}/{month:02}/2026" for day, month in dates]
    found, _ = read(HEAD + "".join(f"{n},c{n % 9},{text},10.50\n" for n, text in enumerate(kept)))
    assert found.questions == []


def test_many_amounts_of_nothing_are_warned_of(read: Read) -> None:
    def warned(free: int) -> bool:
        rows = (f"{n},c{n % 9},2026-01-{1 + n % 28:02},{0 if n < free else 10}.00\n" for n in range(20))
        found, _ = read(HEAD + "".join(rows))
        return any("is the amount a formula?" in each for each in found.warnings)

    assert (warned(4), warned(5)) == (False, True)


@pytest.mark.parametrize(
    "address", ["noemail@shop.org", "no-reply@shop.org", "none@none.com", "unknown@shop.org"]
)
def test_an_address_of_nobody_is_warned_of(read: Read, address: str) -> None:
    rows = f"1,{address},2026-01-01,1.00\n2,{address},2026-01-02,1.00\n3,nora@shop.org,2026-01-03,1.00\n"
    found, _ = read(HEAD + rows + "4,nora@shop.org,2026-01-03,2.00\n")
    assert [each for each in found.warnings if "are they of several people?" in each] == [
        f"customer '{address}' has 2 orders: are they of several people? --set 'customer.nobody=[{address}]'"
    ]


@pytest.mark.parametrize("text", ["-", "n/a", "00/00/0000", "NULL", "#N/A"])
def test_a_word_for_no_date_is_rejected(read: Read, text: str) -> None:
    found, _ = read(HEAD + f"1,a,2026-01-01,1.00\n2,b,{text},2.00\n3,c,2026-01-03,4.00\n")
    assert (found.questions, money(found)) == ([], {"EUR": ("5.00", "0.00")})
    assert "1 rows rejected: dated before 1990-01-01 (line 3)" in found.warnings


def test_the_horizon_is_the_pipelines_default() -> None:
    assert warnings.HORIZON_DAYS == defaults.HORIZON_DAYS


@pytest.mark.parametrize(("second", "is_told"), [("2026-01-05", True), ("2026-01-09", False)])
def test_change_within_an_order_is_warned_of(second: str, is_told: bool, read: Read) -> None:
    text = f"{HEAD.replace('amount', 'tender,amount')}1,a,2026-01-05,Cash,15.00\n1,a,{second},Change,-5.00\n"
    found, _ = read(text)
    told = "1 lines are negative in an order of the same time (line 3)"
    assert any(warning.startswith(told) for warning in found.warnings) is is_told


@pytest.mark.parametrize(
    ("paid", "asked"), [(("30.00", "4.00"), True), (("1", "0"), False), (("30.00", "9.00"), False)]
)
def test_what_was_paid_of_an_amount_is_asked_about(paid: tuple[str, str], asked: bool, read: Read) -> None:
    rows = f"1,a,2026-01-05,30.00,{paid[0]}\n2,b,2026-01-06,9.00,{paid[1]}\n"
    found, _ = read(
        f"{HEAD.replace('amount', 'total,Paid')}{rows}", settings=() if asked else ("status=null",)
    )
    text = "Paid is less than total in 1 rows, and is not used: which was paid?"
    assert any(question.text == text for question in found.questions) is asked


@pytest.mark.parametrize(
    ("columns", "value", "advice", "options"),
    [
        (
            "amount",
            "10.00 CR",
            ": CR is debit or credit: write it into a column of its own, which is asked about",
            (),
        ),
        ("amount", "10.00 net.", ": write net into a column of its own, beside the number", ()),
        ("amount", "ten", "", ()),
        ("unit price,qty", "10.00,2 kg", ": write kg into a column of its own, beside the number", ()),
        (
            "amount,qty",
            "10.00,2 kg",
            ": write kg into a column of its own, beside the number",
            (("quantity=null",),),
        ),
    ],
)
def test_a_number_with_a_word_is_asked_about_with_advice(
    columns: str, value: str, advice: str, options: tuple[tuple[str, ...], ...], read: Read
) -> None:
    found, _ = read(f"order_id,customer_id,date,{columns}\n1,a,2026-01-01,{value}\n")
    [question] = found.questions
    assert question.text.endswith(f"; line 2){advice}")
    assert question.options == options
