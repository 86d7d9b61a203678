"""What is paid in the end is the amount."""

import pytest

from tests.sources.conftest import Read, money


@pytest.mark.parametrize("name", ["Final Price", "cart_total", "Final Amount"])
def test_what_is_paid_in_the_end_is_the_amount(read: Read, name: str) -> None:
    found, _ = read(f"order,customer,date,{name}\n1,ann,2026-01-02,10.50\n2,bob,2026-01-03,1.25\n")
    assert (found.questions, money(found)) == ([], {"EUR": ("11.75", "0.00")})


def test_a_final_total_comes_before_a_total(read: Read) -> None:
    found, _ = read("order,customer,date,Total,GST,Final Total\n1,ann,2026-01-02,10.00,1.80,11.80\n")
    assert money(found) == {"EUR": ("11.80", "0.00")}
