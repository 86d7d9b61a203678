"""Rows whose blank cells mean the same as above."""

import pytest

from sources.documents import DocumentReader
from sources.mapping import BadMappingError, parse
from tests.sources.conftest import Read, money

GROUPS = (
    "customer,order,date,product,quantity,amount\nann,1,2026-01-01,x,1,10.00\n,,,y,1,20.00\n"
    "bob,2,2026-01-02,x,1,10.00\n,,,z,1,5.00\n"
)
DAYS = (
    "date,customer,product,amount\n2026-01-01,ann,x,10.00\n,bob,y,20.00\n2026-01-02,bob,x,10.00\n,cy,z,5.00\n"
)
NUMBERS = (
    "order,customer,date,product,amount\n1,ann,2026-01-01,x,10.00\n,ann,2026-01-01,y,20.00\n"
    "2,bob,2026-01-02,x,10.00\n,bob,2026-01-02,z,5.00\n"
)
CUSTOMERS = (
    "customer,order,date,amount\nann,1,2026-01-01,10.00\n,2,2026-01-03,20.00\n"
    "bob,3,2026-01-02,10.00\n,4,2026-01-05,5.00\n"
)
TOLD = {
    "order, customer and date": (GROUPS, "order, customer, date", 2),
    "date": (DAYS, "date", 4),
    "order": (NUMBERS, "order", 2),
}


@pytest.mark.parametrize(("text", "columns", "orders"), TOLD.values(), ids=list(TOLD))
def test_rows_below_the_first_of_a_group_are_asked_about(
    text: str, columns: str, orders: int, read: Read
) -> None:
    [question] = read(text)[0].questions
    assert f"{columns}: blank in 2 of 4 rows with an amount: do these mean as above?" in str(question)
    assert question.options == ((f"fill_down=[{columns}]",), ("fill_down=[]",))
    found, _ = read(text, settings=question.options[0])
    assert (found.questions, money(found)) == ([], {"EUR": ("45.00", "0.00")})
    assert found.figures is not None
    assert (found.figures.orders, found.figures.rows, found.figures.lines) == (orders, 4, 4)


def test_rows_that_are_said_not_to_mean_as_above_are_left_out_and_counted(read: Read) -> None:
    found, _ = read(GROUPS, settings=("fill_down=[]",))
    assert (found.questions, money(found)) == ([], {"EUR": ("20.00", "0.00")})
    assert found.figures is not None
    assert found.figures.left_out == {"nobody": 2}


def test_rows_that_lack_only_their_customer_are_warned_of(read: Read) -> None:
    found, _ = read(CUSTOMERS)
    told = "customer is blank in 2 of 4 rows with an amount (50%), which are left out: if it means as above"
    assert found.questions == []
    assert any(told in each and "fill_down=[customer]" in each for each in found.warnings)
    assert money(read(CUSTOMERS, settings=("fill_down=[customer]",))[0]) == {"EUR": ("45.00", "0.00")}


def test_totals_and_blank_rows_are_not_filled(read: Read) -> None:
    rows = "Subtotal,,,,,35.00\n,,,,,\nann Total,,,,,35.00\n,,,Total,,45.00\n"
    found, _ = read(GROUPS + rows, settings=("fill_down=[order, customer, date]",))
    assert (found.questions, money(found)) == ([], {"EUR": ("45.00", "0.00")})


def test_values_are_not_filled_into_the_next_file(read: Read) -> None:
    second = GROUPS.replace("ann,1,2026-01-01", ",,").replace("bob,2", "cy,3")
    found, _ = read(GROUPS, second, settings=("fill_down=[order, customer, date]",))
    assert found.figures is not None
    assert (money(found), found.figures.left_out) == ({"EUR": ("60.00", "0.00")}, {"nobody": 2})


def test_what_the_first_line_of_an_order_says_is_not_asked_about(read: Read) -> None:
    text = GROUPS.replace("\n,,,y", "\n,1,,y").replace("\n,,,z", "\n,2,,z")
    assert money(read(text)[0]) == {"EUR": ("45.00", "0.00")}


def test_a_part_of_a_customer_is_not_filled_in(read: Read) -> None:
    text = (
        "order,customer,e-mail,date,amount\n1,K1,a@b.de,2026-01-01,10.00\n,,,,20.00\n2,K2,,2026-01-02,10.00\n"
        ",,,,5.00\n"
    )
    [question] = read(text)[0].questions
    assert question.options == (("fill_down=[]",),)


def test_documents_have_nothing_above_them() -> None:
    data = {"name": "own", "row": "order", "amount": {"field": "a", "means": "order_total"}}
    data |= {"customer": {"fields": ["c"]}, "time": {"field": "t"}, "fill_down": ["c"]}
    with pytest.raises(BadMappingError, match="fill_down needs the rows of a file"):
        DocumentReader(parse(data, "own"))
