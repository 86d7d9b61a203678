"""Where a column has the amounts with tax beside those without, it is asked which were paid."""

import pytest

from tests.sources.conftest import Read, money


@pytest.mark.parametrize(
    ("net", "gross"),
    [
        ("total", "total_incl_vat"),
        ("total_price", "total_price_incl"),
        ("amount", "Amount with tax"),
        ("Umsatz", "Umsatz brutto"),
    ],
)
def test_an_amount_with_tax_beside_one_without_is_asked_about(read: Read, net: str, gross: str) -> None:
    rows = "1,a,2026-01-13,100.00,119.00\n2,b,2026-01-14,10.00,11.90\n"
    table = f"order,customer,date,{net},{gross}\n{rows}"
    [question] = read(table)[0].questions
    assert f"{gross} is more than {net}, and is not used: which was paid?" in str(question)
    with_tax, without = (read(table, settings=option)[0] for option in question.options)
    assert (money(with_tax), money(without)) == ({"EUR": ("130.90", "0.00")}, {"EUR": ("110.00", "0.00")})


@pytest.mark.parametrize("other", ["total_tax", "total_excl_tax", "subtotal_incl_tax"])
def test_other_amounts_beside_the_total_are_not_asked_about(read: Read, other: str) -> None:
    found, _ = read(f"order,customer,date,total,{other}\n1,a,2026-01-13,100.00,119.00\n")
    assert (found.questions, money(found)) == ([], {"EUR": ("100.00", "0.00")})


def test_the_same_amount_with_tax_is_not_asked_about(read: Read) -> None:
    found, _ = read("order,customer,date,total,total_incl_tax\n1,a,2026-01-13,100.00,100.00\n")
    assert (found.questions, money(found)) == ([], {"EUR": ("100.00", "0.00")})
