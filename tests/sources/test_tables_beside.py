"""Of two tables side by side in a sheet, only the sales' own amounts and times are read unasked."""

from tests.sources.conftest import Read, money

SALES = ("1,a,2026-01-13,10.50", "2,b,2026-01-14,3.25")


def test_a_total_beyond_a_blank_column_is_asked_about(read: Read) -> None:
    for right in (True, False):
        tables = [("order,customer,date,amount", *SALES), ("Month,Total", "January,113.75", "February,2.00")]
        lines = zip(*(tables if right else reversed(tables)), strict=True)
        text = "".join(f"{one},,{other}\n" for one, other in lines)
        [question] = read(text)[0].questions
        assert "a blank column is between Total and customer" in str(question)
        answers = [money(read(text, settings=option)[0]) for option in question.options]
        assert answers == [{"EUR": ("13.75", "0.00")}, {"EUR": ("115.75", "0.00")}]


def test_a_day_beyond_a_blank_column_is_asked_about(read: Read) -> None:
    text = "Order date,,order,customer,date,amount\n" + "".join(f"2026-02-01,,{line}\n" for line in SALES)
    [question] = read(text)[0].questions
    own, other = (read(text, settings=option)[0] for option in question.options)
    assert [str(found.figures and found.figures.first) for found in (own, other)] == [
        "2026-01-13",
        "2026-02-01",
    ]


def test_a_blank_column_within_the_sales_is_not_asked_about(read: Read) -> None:
    text = "order,customer,date,,amount\n1,a,2026-01-13,,10.50\n2,b,2026-01-14,,3.25\n"
    found, _ = read(text)
    assert (found.questions, money(found)) == ([], {"EUR": ("13.75", "0.00")})
