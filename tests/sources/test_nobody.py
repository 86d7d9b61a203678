"""Whoever did not give a name is nobody, or is asked about: not a customer of many orders."""

import pytest

from tests.sources.conftest import Read

NO_CUSTOMERS = ("<null>", "[null]", "#NULL!", "#REF!", "(empty)", "empty", "missing", "—", "'NULL'")
GUESTS = ("Consumidor Final", "Público en general", "Розничный покупатель", "散客", "ゲスト", "00000")


@pytest.mark.parametrize("word", NO_CUSTOMERS)
def test_what_programs_write_for_nothing_is_no_customer(read: Read, word: str) -> None:
    rows = f"1,{word},2026-01-01,10.00\n2,a,2026-01-02,10.00\n3,{word},2026-01-03,10.00\n"
    found, sales = read(f"order,customer,date,amount\n{rows}")
    assert [sale["customer_id"] for sale in sales] == ["a"]
    assert found.figures is not None
    assert found.figures.left_out == {"nobody": 2}


@pytest.mark.parametrize("word", GUESTS)
def test_a_word_for_guests_with_several_orders_is_told(read: Read, word: str) -> None:
    rows = "".join(f"{n},{word if n % 4 == 0 else n + 500},2026-01-01,1.00\n" for n in range(1, 21))
    found, _ = read(f"order,customer,date,amount\n{rows}")
    assert f"customer {word!r} has 5 orders: are they of several people?" in str(found.warnings)
