"""Each third-party file ends as it should: with the right figures, or with a question."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.sources.conftest import Read, money

pytestmark = pytest.mark.long

Case = Callable[[str], Path]
LINES = ("324088.19", "0.00")


# (file, settings, revenue and refunded by currency, orders, customers)
READ = [
    ("amazon_item_price_is_a_line_total/amazon_all_orders.csv", (), {"EUR": ("42.00", "0.00")}, 2, 2),
    ("amazon_item_price_is_a_line_total/amazon_cancelled.csv", (), {"EUR": ("30.00", "0.00")}, 2, 2),
    ("bad_messages/blank_first_line.csv", (), {"EUR": ("10.00", "0.00")}, 1, 1),
    ("bad_messages/header_newline.csv", (), {"EUR": ("10.00", "0.00")}, 1, 1),
    ("bad_messages/latin1_header.csv", (), {"EUR": ("10.00", "0.00")}, 1, 1),
    ("bad_messages/semicolon_header_commas.csv", (), {"EUR": ("10.00", "0.00")}, 1, 1),
    ("bad_messages/utf16.csv", (), {"EUR": ("10.00", "0.00")}, 1, 1),
    ("customer_id_that_is_new_for_each_order/olist_ids.csv", (), {"BRL": ("9600.00", "0.00")}, 120, 40),
    ("customer_identifiers_that_split_or_merge/email_case.csv", (), {"EUR": ("50.00", "0.00")}, 3, 1),
    ("dates_of_1900_and_year_1/old.csv", (), {"EUR": ("323974.45", "0.00")}, 3081, 250),
    (
        "discount_column_beside_the_price/discount_column.csv",
        ("amount.discount.means=fraction", "currency.default=USD"),
        {"USD": ("712.66", "0.00")},
        4,
        2,
    ),
    ("lines_counted_as_orders/lines.csv", (), {"EUR": LINES}, 3083, 250),
    (
        "same_file_run_again_with_the_right_currency/lines.csv",
        ("currency.default=GBP",),
        {"GBP": LINES},
        3083,
        250,
    ),
    ("nobody_named_NULL_or_0/null_words.csv", (), {"EUR": ("10.00", "0.00")}, 1, 1),
    ("nobody_named_NULL_or_0/woo_guests.csv", (), {"EUR": ("270.00", "0.00")}, 5, 5),
    ("one_time_format_is_not_enough/mixed_iso.csv", (), {"EUR": ("30.00", "0.00")}, 2, 2),
    (
        "one_time_format_is_not_enough/mixed_years.csv",
        ("status.default=completed",),
        {"EUR": ("9521.24", "0.00")},
        3,
        3,
    ),
    ("order_total_repeated_on_each_line/repeated_total.csv", (), {"EUR": ("139.97", "0.00")}, 2, 2),
    ("parquet_binary_ids/binary_ids.parquet", (), {"EUR": ("30.50", "3.00")}, 3, 2),
    ("parquet_time_zone_names/z2.parquet", (), {"EUR": ("1.00", "0.00")}, 1, 1),
    ("parquet_time_zone_names/z4.parquet", (), {"EUR": ("1.00", "0.00")}, 1, 1),
    ("parquet_time_zone_names/z7.parquet", (), {"EUR": ("1.00", "0.00")}, 1, 1),
    (
        "partially_refunded_counts_as_wholly_refunded/partial_refund.csv",
        (),
        {"EUR": ("245.00", "0.00")},
        2,
        2,
    ),
    ("partially_refunded_counts_as_wholly_refunded/shipped_multi.csv", (), {"EUR": ("120.00", "0.00")}, 2, 2),
    (
        "partially_refunded_counts_as_wholly_refunded/stripe_payments.csv",
        (),
        {"EUR": ("210.00", "60.00")},
        5,
        4,
    ),
    ("refused_though_usual/apostrophe_negative.csv", (), {"EUR": ("100.00", "25.00")}, 2, 1),
    ("refused_though_usual/currency_symbol.csv", (), {"USD": ("1263.40", "0.00")}, 2, 2),
    ("refused_though_usual/decimal_comma.csv", (), {"EUR": ("1263.40", "0.00")}, 2, 2),
    ("refused_though_usual/decimal_qty_amount.csv", (), {"EUR": ("2.47", "0.00")}, 1, 1),
    ("refused_though_usual/excel_serial.csv", (), {"EUR": ("30.00", "0.00")}, 2, 2),
    ("refused_though_usual/olist_like.csv", (), {"EUR": ("150.00", "0.00")}, 3, 3),
    ("refused_though_usual/paren_negative.csv", (), {"EUR": ("100.00", "25.00")}, 2, 1),
    ("refused_though_usual/preamble.csv", (), {"USD": ("10.00", "0.00")}, 1, 1),
    ("refused_though_usual/repeated_header.csv", (), {"EUR": ("30.00", "0.00")}, 2, 2),
    ("refused_though_usual/sep_line.csv", (), {"EUR": ("10.00", "0.00")}, 1, 1),
    ("refused_though_usual/stripe_epoch_cents.csv", (), {"EUR": ("125.50", "0.00")}, 2, 2),
    ("refused_though_usual/trailing_delim.csv", (), {"EUR": ("10.00", "0.00")}, 1, 1),
    ("refused_though_usual/us_ampm_tz.csv", (), {"EUR": ("10.00", "0.00")}, 1, 1),
    ("refused_though_usual/us_thousands.csv", (), {"EUR": ("1263.40", "0.00")}, 2, 2),
    ("refused_though_usual/woo_orders.csv", (), {"EUR": ("150.00", "30.00")}, 3, 3),
    ("returned_pieces_with_a_positive_amount/pos_returns.csv", (), {"EUR": ("30.00", "20.00")}, 3, 2),
    (
        "shopify_order_fields_on_first_line_only/shopify.csv",
        (),
        {"GBP": ("290921.01", "33167.18")},
        3083,
        250,
    ),
    (
        "shopify_order_fields_on_first_line_only/shopify_orders.csv",
        (),
        {"GBP": ("250.00", "100.00")},
        4,
        4,
    ),
    ("total_line_with_a_date/total_line_dated.csv", (), {"EUR": ("30.00", "0.00")}, 2, 2),
    ("total_line_with_a_date/total_line_named.csv", (), {"EUR": ("30.00", "0.00")}, 2, 2),
    ("total_line_with_a_date/total_line_short.csv", (), {"EUR": ("10.00", "0.00")}, 1, 1),
    ("two_files_of_one_name/shop1/orders.csv", (), {"EUR": ("286683.91", "0.00")}, 2739, 250),
    ("two_files_of_one_name/shop2/orders.csv", (), {"EUR": ("52163.31", "0.00")}, 500, 156),
]
# (file, what is asked)
ASKED = [
    ("bad_messages/nul.csv", "NUL character (line 2)"),
    (
        "customer_identifiers_that_split_or_merge/float_ids.csv",
        "1 customer ids are rounded, like 1.2345E+12 (line 4)",
    ),
    ("discount_column_beside_the_price/discount_column.csv", "--set amount.discount.means=fraction"),
    ("one_date_far_in_the_future/future.csv", "2062-08-17 (line 1543)"),
    ("one_time_format_is_not_enough/mixed_years.csv", "unknown status values: Disputed (1)"),
    ("refused_though_usual/amazon_india.csv", "no column identifies the customer"),
    ("returned_pieces_with_a_positive_amount/credit_note_positive.csv", "words: [CREDIT NOTE]"),
    ("returned_pieces_with_a_positive_amount/type_column.csv", "words: [refund]"),
]


@pytest.mark.parametrize(("name", "settings", "expected", "orders", "customers"), READ)
def test_it_is_read(
    name: str,
    settings: tuple[str, ...],
    expected: dict[str, tuple[str, str]],
    orders: int,
    customers: int,
    read: Read,
    case: Case,
) -> None:
    found, sales = read(case(name), settings=settings)
    assert found.questions == []
    assert money(found) == expected
    assert found.figures is not None
    assert (found.figures.orders, found.figures.customers) == (orders, customers)
    assert len({sale["sale_id"] for sale in sales}) == found.figures.lines


@pytest.mark.parametrize(("name", "asked"), ASKED)
def test_it_is_asked(name: str, asked: str, read: Read, case: Case) -> None:
    found, _ = read(case(name))
    assert any(asked in str(question) for question in found.questions), found.questions


@pytest.mark.parametrize("name", ["credit_note_positive", "type_column"])
def test_a_question_about_types_is_settled_by_its_option(name: str, read: Read, case: Case) -> None:
    path = case(f"returned_pieces_with_a_positive_amount/{name}.csv")
    found, _ = read(path)
    (question,) = found.questions
    settled, _ = read(path, settings=question.options[0])
    (revenue,) = money(settled).values()
    assert revenue == {"credit_note_positive": ("15.30", "15.30"), "type_column": ("100.00", "100.00")}[name]


def test_two_files_with_one_name_have_no_id_in_common(read: Read, case: Case) -> None:
    _, one = read(case("two_files_of_one_name/shop1/orders.csv"), source="shop1")
    _, other = read(case("two_files_of_one_name/shop2/orders.csv"), source="shop2")
    assert not {sale["sale_id"] for sale in one} & {sale["sale_id"] for sale in other}


def test_another_currency_keeps_the_ids(read: Read, case: Case) -> None:
    path = case("same_file_run_again_with_the_right_currency/lines.csv")
    _, euros = read(path)
    _, pounds = read(path, settings=("currency.default=GBP",))
    assert [sale["sale_id"] for sale in euros] == [sale["sale_id"] for sale in pounds]
