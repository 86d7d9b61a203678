"""Currencies that stand beside a table: above its header row, or in the number formats of its cells."""

from pathlib import Path

import pytest

from sources.files.currencies import currency_of_format
from tests.sources.conftest import Read, money
from tests.sources.files.sheets import Formatted, ods, workbook

TABLE = "order;customer;date;amount\n1;a;2026-01-01;100.00\n2;b;2026-01-02;50.00\n"
ABOVE = {
    "Currency: CHF": "CHF",
    "Report;;;\nWährung;PLN;;": "PLN",
    "All amounts in USD": "USD",
    "Beträge in €": "EUR",
    "Prices in GBP, without tax": "GBP",
    "Sales of ALL shops": "EUR",
    "Totals in ALL shops": "EUR",
    "Currency conversion by the bank": "EUR",
}
FORMATS = {
    "#,##0.00 [$€-407]": "€",
    "[$-407]#,##0.00": None,
    '"$"#,##0.00': "$",
    '#,##0.00 "zł"': "zł",
    "[$CHF-807] #,##0.00": "CHF",
    "[$$-1009]#,##0.00": "CAD",
    "#,##0.00\\ [$kr.-406]": "DKK",
    '#,##0 "kr"': "kr",
    "_-£* #,##0.00_-": "£",
    '#,##0 "pcs"': None,
    "0.00%": None,
    "yyyy-mm-dd": None,
}


@pytest.mark.parametrize("above", ABOVE)
def test_a_line_above_the_header_row_names_the_currency(above: str, read: Read) -> None:
    found, _ = read(f"{above}\n{TABLE}")
    assert (found.questions, money(found)) == ([], {ABOVE[above]: ("150.00", "0.00")})


def test_files_in_different_currencies_are_not_added_up(read: Read) -> None:
    francs = f"Currency: CHF\n{TABLE}"
    zloty = f"Currency: PLN\n{TABLE}".replace("1;a", "3;a").replace("2;b", "4;b")
    [question] = read(francs, zloty)[0].questions
    assert "the amounts are in CHF and PLN (above the header row of own0.csv and" in str(question)
    settled, _ = read(francs, zloty, settings=question.options[0])
    assert money(settled) == {"CHF": ("300.00", "0.00")}


def test_a_sign_that_contradicts_the_line_above_is_asked_about(read: Read) -> None:
    [question] = read(f"Currency: CHF\n{TABLE}".replace("100.00", "€100.00"))[0].questions
    assert "the amounts are in CHF and EUR" in str(question)


def test_a_column_of_currencies_counts_before_the_line_above(read: Read) -> None:
    rows = "1;a;2026-01-01;100.00;GBP\n2;b;2026-01-02;50.00;USD\n"
    found, _ = read(f"Currency: CHF\norder;customer;date;amount;currency\n{rows}")
    assert money(found) == {"GBP": ("100.00", "0.00"), "USD": ("50.00", "0.00")}


def test_a_preset_s_currency_is_questioned_by_the_line_above(read: Read) -> None:
    head = "ID,Purchase Point,Purchase Date,Bill-to Name,Grand Total (Purchased),Status\n"
    row = '1,Main,"Jan 5, 2026, 10:12:33",Ann,10.00,Complete\n'
    [question] = read(f"Currency: CHF\n{head}{row}")[0].questions
    assert ("currency.default=CHF",) in question.options


@pytest.mark.parametrize("form", FORMATS)
def test_a_number_format_shows_its_currency(form: str) -> None:
    assert currency_of_format(form) == FORMATS[form]


def sheet(*cells: tuple[float, int]) -> list[list[object]]:
    """Return rows with a Formatted amount each, and a price that is in dollars but not read."""
    head: list[object] = ["order", "customer", "date", "list price", "amount"]
    rows = (
        [f"N{n}", "a", f"2026-01-0{n}", Formatted(99.5, 0), Formatted(*cell)]
        for n, cell in enumerate(cells, 1)
    )
    return [head, *rows]


def test_the_number_format_of_the_amount_is_its_currency(read: Read, tmp_path: Path) -> None:
    path = tmp_path / "sales.xlsx"
    formats = ('"$"#,##0.00', '#,##0.00 "zł"')
    path.write_bytes(workbook({"S": [[], *sheet((10.5, 1), (20.25, 1))]}, formats=formats))
    found, _ = read(path)
    assert (found.questions, money(found)) == ([], {"PLN": ("30.75", "0.00")})
    assert any("in zł by the number formats of sales.xlsx: PLN is assumed" in note for note in found.notes)


def test_two_currencies_in_one_column_s_number_formats_are_asked_about(read: Read, tmp_path: Path) -> None:
    path = tmp_path / "sales.xlsx"
    path.write_bytes(workbook({"S": sheet((10.5, 0), (20.25, 1))}, formats=('"$"0.00', "0.00 [$€-407]")))
    [question] = read(path)[0].questions
    assert "the amounts are in EUR and USD (by the number formats of sales.xlsx)" in str(question)


def test_a_workbook_s_line_above_the_header_row_names_the_currency(read: Read, tmp_path: Path) -> None:
    path = tmp_path / "sales.xlsx"
    path.write_bytes(workbook({"S": [["Currency:", "CHF"], *sheet((10.5, 0))]}, formats=("0.00",)))
    assert money(read(path)[0]) == {"CHF": ("10.50", "0.00")}


@pytest.mark.parametrize(
    ("written", "code"),
    [("€", "EUR"), ("Euro", "EUR"), ("EURO (€)", "EUR"), ("TL (₺)", "TRY"), ("₺", "TRY"), ("zł", "PLN")],
)
def test_a_column_of_currencies_may_hold_signs(read: Read, written: str, code: str) -> None:
    rows = f"1,a,2026-01-13,10.00,{written}\n2,b,2026-01-14,20.00,usd\n"
    found, _ = read(f"order,customer,date,amount,currency\n{rows}")
    assert found.questions == []
    assert money(found) == {code: ("10.00", "0.00"), "USD": ("20.00", "0.00")}


@pytest.mark.parametrize("written", ["$", "EUR USD", "€ £", "kr", "US Dollar"])
def test_but_not_what_may_be_several(read: Read, written: str) -> None:
    found, _ = read(f"order,customer,date,amount,currency\n1,a,2026-01-13,10.00,{written}\n")
    [question] = found.questions
    assert f"{written}: not a currency in use (line 2)" in str(question)


def test_the_currency_of_the_cells_of_an_ods_is_that_of_the_amount(read: Read, tmp_path: Path) -> None:
    path = tmp_path / "sales.ods"
    path.write_bytes(ods(sheet((10.5, 1), (20.25, 1)), currencies=("USD", "PLN")))
    found, _ = read(path)
    assert (found.questions, money(found)) == ([], {"PLN": ("30.75", "0.00")})
    assert any("in PLN by the number formats of sales.ods" in note for note in found.notes)


def test_two_currencies_in_the_cells_of_an_ods_are_asked_about(read: Read, tmp_path: Path) -> None:
    path = tmp_path / "sales.ods"
    path.write_bytes(ods(sheet((10.5, 0), (20.25, 1)), currencies=("USD", "EUR")))
    [question] = read(path)[0].questions
    assert "the amounts are in EUR and USD (by the number formats of sales.ods)" in str(question)


@pytest.mark.parametrize(
    ("columns", "value"),
    [
        ("order,customer,date,total_toman", "100000"),
        ("order,customer,date,مبلغ کل (تومان)", "100000"),
        ("order,customer,date,total", "100000 تومان"),
        ("order,customer,date,total,currency", "100000,IRT"),
    ],
)
def test_amounts_in_toman_are_refused(columns: str, value: str, read: Read) -> None:
    table = f"{columns}\n1,a,2026-01-01,{value}\n2,b,2026-01-02,{value}\n"
    for settings in ((), ("currency.default=IRR",)):
        [question] = read(table, settings=settings)[0].questions
        assert str(question) == (
            "the amounts are in toman, 10 rials each: multiply them by 10 in the file, and call them IRR"
        )


def test_amounts_named_in_rials_are_rials(read: Read) -> None:
    found, _ = read("order,customer,date,مبلغ کل (ریال)\n1,a,2026-01-01,100000\n2,b,2026-01-02,50000\n")
    assert (found.questions, money(found)) == ([], {"IRR": ("150000.00", "0.00")})


def test_rates_of_exchange_without_a_currency_are_asked_about(read: Read) -> None:
    rows = "1,a,2026-01-13,100.00,0.90\n2,b,2026-01-14,50.00,1.00\n"
    for name in ("exchange rate", "FX Rate", "Wechselkurs"):
        [question] = read(f"order,customer,date,amount,{name}\n{rows}")[0].questions
        assert f"{name} differs, but no column has the currency" in str(question)
        found, _ = read(f"order,customer,date,amount,{name}\n{rows}", settings=question.options[0])
        assert (found.questions, money(found)) == ([], {"EUR": ("150.00", "0.00")})


def test_one_rate_of_exchange_is_not_asked_about(read: Read) -> None:
    found, _ = read(
        "order,customer,date,amount,exchange rate\n1,a,2026-01-13,100.00,1\n2,b,2026-01-14,50.00,1\n"
    )
    assert (found.questions, money(found)) == ([], {"EUR": ("150.00", "0.00")})
