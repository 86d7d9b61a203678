"""The words of a report."""

import pytest

from sources.meaning.asking import Question
from sources.meaning.report import in_singular, render_page
from sources.understand import report
from tests.sources.conftest import Read


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1 rows have no currency (line 2)", "1 row has no currency (line 2)"),
        ("1 order ids are rounded", "1 order id is rounded"),
        ("in the list of 1 orders, 2 rows have", "in the list of 1 order, 2 rows have"),
        ("1 discounts exceed the price", "1 discount exceeds the price"),
        ("1,001 rows have, 21 rows have, 2.1 rows have", "1,001 rows have, 21 rows have, 2.1 rows have"),
        (
            "1 of 1 amounts are negative; the status '1 days'",
            "1 of 1 amounts are negative; the status '1 days'",
        ),
    ],
)
def test_one_is_followed_by_the_singular(text: str, said: str) -> None:
    assert in_singular(text) == said


def test_the_option_of_a_question_stays_as_it_must_be_written() -> None:
    question = Question.of("1 rows have none", "status.words.pending=[in 1 days]")
    assert render_page("x", [], None, [], [], [question]).endswith(
        "undecided: 1 row has none: --set 'status.words.pending=[in 1 days]'"
    )


def test_figures_and_warnings_of_one_sale_are_in_the_singular(read: Read) -> None:
    found, _ = read(
        "order_id,customer_id,date,amount\n1,a,2026-01-01,1.00\n2,a,2026-01-02,1.00\n3,,2026-01-02,1.00\n"
    )
    page = report(found)
    assert "3 rows = 2 lines + 0 rejected + 1 left out\n" in page
    assert "2 orders of 1 customer, 2026" in page
    assert "warning: 1 day of history" in page
