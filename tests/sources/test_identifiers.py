"""Identifiers stay what they were, whatever a spreadsheet made of them."""

import pytest

from tests.sources.conftest import Read

ONE_CUSTOMER = {
    "a decimal point": ("17850.0", "17850"),
    "a decimal comma": ("17850,0", "17850"),
    "a formula": ('"=""00123"""', "00123"),
    "an apostrophe": ("'00123", "00123"),
}


@pytest.mark.parametrize("spellings", ONE_CUSTOMER.values(), ids=ONE_CUSTOMER)
def test_what_a_spreadsheet_adds_to_a_number_makes_no_other_customer(
    read: Read, spellings: tuple[str, str]
) -> None:
    first, second = spellings
    rows = f"1;{first};13.01.2026;10,00\n2;{second};14.01.2026;10,00\n"
    found, sales = read(f"Bestellung;Kundennummer;Datum;Betrag\n{rows}")
    assert found.questions == []
    assert {sale["customer_id"] for sale in sales} == {second}


def test_a_name_in_apostrophes_stays(read: Read) -> None:
    _, [sale] = read("order,customer,date,amount\n1,'t Hart,2026-01-13,10.00\n")
    assert sale["customer_id"] == "'t Hart"


@pytest.mark.parametrize("column", ["Kundennummer", "Bestellung"])
def test_numbers_rounded_with_a_decimal_comma_are_asked_about(read: Read, column: str) -> None:
    other = {"Kundennummer": "Bestellung", "Bestellung": "Kundennummer"}[column]
    rows = "1,2345E+12;1;13.01.2026;10,00\n7;2;14.01.2026;10,00\n"
    found, _ = read(f"{column};{other};Datum;Betrag\n{rows}")
    [question] = found.questions
    assert "ids are rounded, like 1,2345E+12 (line 2)" in str(question)
