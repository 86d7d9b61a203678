"""What a column means by its values: codes of currencies, and times of day."""

from datetime import datetime

import pytest

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
