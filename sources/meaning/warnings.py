"""Warnings of what is read but may be wrong: one function each, with the lines' numbers."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta

from sources.files.sql import literal
from sources.meaning.asking import quote_setting
from sources.meaning.currencies import NO_MINOR_UNITS, WITHOUT_CENTS
from sources.meaning.drafts import yaml_scalar
from sources.meaning.names import LINE_NUMBER, may_identify_person, may_number_orders, plain_name
from sources.meaning.sold import SoldLines
from sources.meaning.words import GUESTS, ZEROS

FEW = 20  # days or orders, up to which nothing counts as unusual
FAR_DAYS = 200
HIGH = 500  # for half of all sales, in units of any currency that has hundredths
OUTSIZED, MANY_ORDERS = 0.3, 5
LEAST_PEOPLE, MOST_PEOPLE = 0.02, 0.98  # of the orders; fewer are groups of customers
LEAST_FILLED = 0.5  # of the rows
LEFT_OUT = 0.05
FREE = 0.2
FEW_CREDITS = 0.5  # of the orders
ENOUGH = 100_000  # rows, to see what a column groups
DISCOUNT = (
    r"\b(discounts?|coupons?|vouchers?|promo(tions?)?"
    r"|rabatt|gutschein|remise|descuento|desconto|sconto|korting)\b"
)
ALIKE, GROUPED = 0.95, 0.1  # of the groups, and of the lines that are in one
FEW_SEVERAL = 0.01  # orders, of which one in a hundred may be of a couple or a company
HORIZON_DAYS = 90  # of the predictions, by default; training needs as many days before them

type WarningCheck = Callable[[SoldLines], Iterator[str]]


def far_dates(sold: SoldLines) -> Iterator[str]:
    """Warn of a first or last day that is far from all others."""
    days = [
        day
        for (day,) in sold.fetch_all(
            "select distinct sold_at::date as day from money where accepted order by day"
        )
    ]
    if len(days) <= FEW:
        return
    for edge, next_one, rest in (
        (days[0], days[1], days[-1] - days[1]),
        (days[-1], days[-2], days[-2] - days[0]),
    ):
        gap = abs(edge - next_one)
        if gap > max(timedelta(FAR_DAYS), rest) and edge <= sold.today:
            where = f"accepted and sold_at::date = date '{edge}'"
            yield f"{edge} is {gap.days:,} days away from all other sales ({sold.places(where)})"


def a_customer_for_each_order(sold: SoldLines) -> Iterator[str]:
    """Warn if every order has its own customer, and which other columns have fewer people."""
    orders, people = sold.fetch_one(
        "select count(distinct order_key), count(distinct customer) from money where accepted"
    )
    if orders <= FEW or people < orders:
        return
    first, *_ = sold.mapping.customer.fields
    candidates = (each for each in sold.layout.columns if each != first and may_identify_person(each))
    others = [(column, _count_people(sold, column)) for column in candidates]
    better = [
        f"each of {orders:,} orders has its own customer, but {column} has {persons:,} values: --set "
        f"{quote_setting(f'customer.fields=[{yaml_scalar(column)}]')}"
        for column, persons in others
        if people * LEAST_PEOPLE < persons < people * MOST_PEOPLE
    ]
    yield from better or [
        f"each of {orders:,} orders has its own customer, so nobody ever came back: is {first} new for "
        "each order? Otherwise --set 'customer.fields=[Column]'"
    ]


def _count_people(sold: SoldLines, column: str) -> int:
    """Return how many people a column has, or 0 if most of its cells are blank."""
    text = sold.layout.text(column)
    rows, filled, persons = sold.fetch_one(
        f"select count(*), count({text}), count(distinct lower({text})) from raw"
    )
    return int(persons) if filled >= LEAST_FILLED * rows else 0


def spellings(sold: SoldLines) -> Iterator[str]:
    """Warn of customers that differ only in upper and lower case."""
    (count,) = sold.fetch_one(
        "select count(distinct customer) - count(distinct lower(customer)) from money where accepted"
    )
    if count:
        where = (
            "accepted and lower(customer) in (select lower(customer) from money where accepted "
            "group by 1 having count(distinct customer) > 1)"
        )
        yield (
            f"{count:,} customers differ from others only in upper and lower case, and are kept separate "
            f"({sold.places(where)})"
        )


def leading_zeros(sold: SoldLines) -> Iterator[str]:
    """Warn of customers' numbers that differ only in zeros at the beginning, which a spreadsheet drops."""
    count, pair = sold.fetch_one(sold.read_sql("leading_zeros"))
    if count:
        where = f"accepted and customer in ({', '.join(map(literal, pair))})"
        yield (
            f"{count:,} customers are in several spellings with and without zeros at the beginning, and are "
            f"kept separate, like {' and '.join(pair)} ({sold.places(where)}): if they are the same, export "
            "the column as text in all files"
        )


def phone_numbers(sold: SoldLines) -> Iterator[str]:
    """Warn of customers that are one phone number in several spellings."""
    count, pair = sold.fetch_one(sold.read_sql("phone_numbers"))
    if count:
        where = f"accepted and customer in ({', '.join(map(literal, pair))})"
        yield (
            f"{count:,} phone numbers are in several spellings, and are kept separate as customers, like "
            f"{' and '.join(pair)} ({sold.places(where)}): write each in one form"
        )


def a_customer_of_many(sold: SoldLines) -> Iterator[str]:
    """Warn of a customer with an outsized share of the orders, most likely a word for nobody."""
    found = sold.fetch_all(sold.read_sql("outsized"))
    for customer, orders, share, second in found:
        is_outsized = orders >= MANY_ORDERS and share >= OUTSIZED and second < 0.5
        if is_outsized and customer.lower() not in (*GUESTS, *ZEROS):  # of whom `guests` warns
            yield (
                f"customer {customer!r} has {share:.0%} of the orders: does it mean no customer? --set "
                f"'customer.nobody=[{customer}]'"
            )


def guests(sold: SoldLines) -> Iterator[str]:
    """Warn of a customer called Guest, and of a customer 0 who orders more than twice as often as others."""
    guest_words, zeros = (", ".join(map(literal, words)) for words in (GUESTS, ZEROS))
    sql = sold.read_sql("guests").replace("the_guests", guest_words).replace("the_zeros", zeros)
    for customer, orders in sold.fetch_all(sql):
        yield (
            f"customer {customer!r} has {orders:,} orders: are they of several people? --set "
            f"'customer.nobody=[{customer}]'"
        )


def negative_lines(sold: SoldLines) -> Iterator[str]:
    """Warn of negative amounts within orders of the same time: change or a deposit is no return."""
    where = (
        "accepted and amount < 0 and quantity > 0 "
        f"and not coalesce(regexp_matches(product, {literal(DISCOUNT)}, 'i'), false) "
        "and (order_key, sold_at) in (select (order_key, sold_at) from money where accepted and amount > 0)"
    )
    if not sold.is_preset and (count := sold.count(where)):
        yield (
            f"{count:,} lines are negative in an order of the same time ({sold.places(where)}), which makes "
            "them returns: if they are change, a deposit or a discount, take them off the other lines"
        )


def discount_lines(sold: SoldLines) -> Iterator[str]:
    """Warn of negative lines whose product is a discount: the other lines of the order count in full."""
    where = (
        f"accepted and came_back and regexp_matches(product, {literal(DISCOUNT)}, 'i') and order_key in "
        "(select order_key from money where accepted and not came_back)"
    )
    if count := sold.count(where):
        yield (
            f"{count:,} lines are discounts by their product, and count as returns ({sold.places(where)}): "
            "take them off the other lines of their orders, which count in full"
        )


def credit_notes(sold: SoldLines) -> Iterator[str]:
    """Warn of orders numbered as credit notes, such as C536365 beside 536366, that count as sales."""
    if sold.mapping.order is None or sold.mapping.returns.rows:
        return
    orders, first, example, share = sold.fetch_one(sold.read_sql("credit_notes"))
    if orders and share <= FEW_CREDITS:
        yield (
            f"{orders:,} orders are numbered unlike the others, like {example!r} ({sold.raw.place(first)}), "
            "and count as sales: are they credit notes? Then make their amounts negative"
        )


def orders_of_several(sold: SoldLines) -> Iterator[str]:
    """Warn if orders have several customers: their number may be that of a day or a shop."""
    if sold.mapping.row == "order":
        return
    orders, several, example = sold.fetch_one(
        "select count(*), count(*) filter (is_of_several), min_by(order_key, n) filter (is_of_several) "
        "from (select order_key, min(n) as n, min(customer) != max(customer) as is_of_several from money "
        "where accepted and order_text is not null group by all)"
    )
    if several > FEW_SEVERAL * orders:
        yield (
            f"{several:,} of {orders:,} orders have several customers, like {example!r}: is "
            f"{sold.mapping.order} the order's number? Otherwise --set order=null"
        )


def order_number_elsewhere(sold: SoldLines) -> Iterator[str]:
    """Warn if each order has one line, while a column groups lines of one customer and day, as orders do."""
    orders, lines = sold.fetch_one("select count(distinct order_key), count(*) from money where accepted")
    if lines <= FEW or orders < lines or sold.mapping.items or "order" in sold.decided:
        return
    read = sold.mapping.fields()
    for column in (each for each in sold.layout.columns if each not in read and may_number_orders(each)):
        sql = sold.read_sql("several_lines").replace("the_column", sold.layout.text(column))
        sql = sql.replace("the_most", str(ENOUGH))
        groups, alike, grouped = sold.fetch_one(sql)
        if groups and alike >= ALIKE * groups and grouped >= GROUPED * min(lines, ENOUGH):
            setting = quote_setting(f"order={yaml_scalar(column)}")
            yield (
                f"each of {lines:,} lines is an order of its own, but {column} has {groups:,} values of "
                f"several lines, of one customer and day: --set {setting}"
            )


def all_lines_again(sold: SoldLines) -> Iterator[str]:
    """Warn of orders whose lines are all there twice; a product may be twice in an order, but not each."""
    if sold.mapping.row == "order" or sold.mapping.amount.means == "order_total_repeated":
        return  # the lines of a repeated total may have nothing of their own
    numbers = [each for each in sold.layout.columns if LINE_NUMBER.fullmatch(plain_name(each))]
    number = f"concat_ws(' ', {', '.join(map(sold.layout.text, numbers))})" if numbers else "null"
    orders, again = sold.fetch_one(sold.read_sql("all_lines_again").replace("the_number", number))
    if orders:
        yield (
            f"{orders:,} orders have each of their lines more than once ({sold.raw.place(again)}): was the "
            "file put together from exports that overlap? Each line counts: remove those that come again"
        )


def whole_amounts(sold: SoldLines) -> Iterator[str]:
    """Warn if all amounts are whole and high: they may be cents."""
    if sold.mapping.amount.minor_units:
        return
    rows, is_whole, median = sold.fetch_one(
        "select count(*), bool_and(amount = floor(amount)), median(abs(amount)) from money "
        f"where accepted and currency not in ({', '.join(map(literal, (*NO_MINOR_UNITS, *WITHOUT_CENTS)))})"
    )
    if rows > FEW and is_whole and median >= HIGH and not _have_decimals(sold):
        yield (
            f"all {rows:,} amounts are whole numbers, half of them over {median:,.0f}: are they cents? --set "
            "amount.minor_units=true"
        )


def _have_decimals(sold: SoldLines) -> bool:
    """Return whether all amounts are written with two decimals, as in 1050.00, which cents are not."""
    (are_decimal,) = sold.fetch_one(
        r"select bool_and(regexp_matches(amount_text, '[.,]\d\d\D*$')) from lines"
    )
    return bool(are_decimal)


def partly_refunded(sold: SoldLines) -> Iterator[str]:
    """Warn of partly refunded orders if nothing says how much was refunded."""
    where = "accepted and status_told = 'partly_refunded' and back_cents = 0"
    (count,) = sold.fetch_one(f"select count(distinct order_key) from money where {where}")
    refunded = sold.mapping.returns.refunded
    if count and (refunded is None or not sold.layout.has(refunded.field)):
        yield (
            f"{count:,} orders are partly refunded, but no column says how much ({sold.places(where)}): "
            "they count in full; --set returns.refunded.field=COLUMN"
        )


def not_the_total(sold: SoldLines) -> Iterator[str]:
    """Warn if the lines of more than 5% of the orders cost more than the order's total."""
    if sold.mapping.amount.control is None or sold.mapping.row == "order":
        return
    orders, over, places = sold.fetch_one(sold.read_sql("over_the_total"))
    if orders and over > 0.05 * orders:
        where = ", ".join(sold.raw.place(n) for n in places)
        yield (
            f"the lines of {over:,} of {orders:,} orders cost more than {sold.mapping.amount.control} "
            f"({where}): "
            "is a discount missing from the mapping?"
        )


def less_than_a_cent(sold: SoldLines) -> Iterator[str]:
    """Warn of amounts that are rounded to nothing, as if they were in another unit."""
    where = "accepted and amount != 0 and abs(amount) < 0.005 and gross_cents = 0"
    if count := sold.count(where):
        yield (
            f"{count:,} amounts are less than half a cent and count as 0 ({sold.places(where)}): "
            "are they in another unit?"
        )


def free_of_charge(sold: SoldLines) -> Iterator[str]:
    """Warn if many rows cost nothing, as formulas do that a program wrote and no spreadsheet has computed."""
    where = "accepted and amount = 0 and status_told != 'cancelled'"
    rows, free = sold.fetch_one(f"select count(*), count(*) filter ({where}) from money where accepted")
    if free > FREE * rows:
        yield (
            f"{free:,} of {rows:,} rows cost 0, and count as cancelled ({sold.places(where)}): is the amount "
            "a formula? Then open the file in a spreadsheet and save it"
        )


def set_aside(sold: SoldLines) -> Iterator[str]:
    """Warn of rows that are rejected because the warehouse would not take them."""
    for reason, count in sold.fetch_all(
        "select set_aside, count(*) from money where left_out is null and set_aside is not null "
        "group by 1 order by 1"
    ):
        where = f"left_out is null and set_aside = '{reason}'"
        yield f"{count:,} rows rejected: {reason} ({sold.places(where)})"


def many_left_out(sold: SoldLines) -> Iterator[str]:
    """Warn if more than 5% of the rows are left out as not being sales."""
    rows, out = sold.fetch_one("select count(*), count(left_out) from money")
    if out > LEFT_OUT * rows:
        found = sold.fetch_all(
            "select left_out, count(*) from money where left_out is not null group by 1 order by 2 desc"
        )
        yield f"{out / rows:.0%} of the rows are left out: " + ", ".join(
            f"{why} {count:,}" for why, count in found
        )


def short_history(sold: SoldLines) -> Iterator[str]:
    """Warn if there is less history than training needs."""
    first, last = sold.fetch_one("select min(sold_at)::date, max(sold_at)::date from money where accepted")
    if isinstance(first, date) and (span := (last - first).days) < 2 * HORIZON_DAYS:
        yield (
            f"{span:,} days of history; predictions over {HORIZON_DAYS} days need {2 * HORIZON_DAYS} or more"
        )


CHECKS: tuple[WarningCheck, ...] = (
    far_dates,
    a_customer_for_each_order,
    spellings,
    leading_zeros,
    phone_numbers,
    a_customer_of_many,
    guests,
    discount_lines,
    negative_lines,
    credit_notes,
    orders_of_several,
    order_number_elsewhere,
    all_lines_again,
    whole_amounts,
    partly_refunded,
    not_the_total,
    less_than_a_cent,
    free_of_charge,
    set_aside,
    many_left_out,
    short_history,
)
