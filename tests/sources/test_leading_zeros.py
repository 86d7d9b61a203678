"""Numbers that lost their leading zeros in one file and kept them in another."""

import pytest

from tests.sources.conftest import Read, money

HEAD = "order,customer,date,amount\n"


@pytest.mark.parametrize(
    ("kept", "lost"),
    [("00123", "123"), ("0171555", "171555"), ("+49171555", "49171555"), ("0049171", "+49171")],
)
def test_customers_that_differ_in_leading_zeros_are_warned_of(kept: str, lost: str, read: Read) -> None:
    found, sales = read(
        f"{HEAD}A1,{kept},2026-01-01,10.00\nA2,9,2026-01-02,5.00\n",
        f"{HEAD}A3,{lost},2026-02-01,10.00\nA4,9,2026-02-02,5.00\n",
    )
    assert (found.questions, money(found)) == ([], {"EUR": ("30.00", "0.00")})
    [warning] = [each for each in found.warnings if "zeros" in each]
    assert warning.startswith("1 customers are in several spellings with and without zeros at the beginning")
    assert "(line 2 of own0.csv, line 2 of own1.csv)" in warning
    assert len({sale["customer_id"] for sale in sales}) == 3


@pytest.mark.parametrize("other", ["1230", "K123", "0124"])
def test_other_customers_are_not_warned_of(other: str, read: Read) -> None:
    found, _ = read(f"{HEAD}A1,123,2026-01-01,10.00\nA2,{other},2026-01-02,5.00\n")
    assert not any("zeros" in each for each in found.warnings)


def test_an_order_that_comes_again_without_zeros_is_asked_about(read: Read) -> None:
    texts = HEAD + "0001,a,2026-01-01,10.00\n", HEAD + "1,a,2026-01-01,10.00\n2,b,2026-01-02,5.00\n"
    [question] = read(*texts)[0].questions
    assert str(question).startswith("1 orders come again on the same day with the same amount")
    assert "(line 2 of own1.csv)" in str(question)
    answered, _ = read(*texts, settings=question.options[0])
    assert money(answered) == {"EUR": ("25.00", "0.00")}


def test_other_orders_with_zeros_are_not_asked_about(read: Read) -> None:
    found, _ = read(HEAD + "0001,a,2026-01-01,10.00\n1,b,2026-02-01,10.00\n01,b,2026-01-01,11.00\n")
    assert (found.questions, money(found)) == ([], {"EUR": ("31.00", "0.00")})


def test_one_phone_number_in_several_spellings_is_warned_of(read: Read) -> None:
    numbers = ("+49 171 1234567", "0171-1234567", "0171/7654321", "0171-1234567")
    rows = "".join(f"{n},{number},2026-01-0{n},1.00\n" for n, number in enumerate(numbers, 1))
    found, _ = read(f"order,phone,date,amount\n{rows}")
    warned = [each for each in found.warnings if "spellings" in each]
    assert warned == [
        "1 phone numbers are in several spellings, and are kept separate as customers, like +49 171 1234567 "
        "and 0171-1234567 (line 2, line 3, line 5): write each in one form"
    ]
