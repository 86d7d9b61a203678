"""A partly refunded order is a sale, less what was given back."""

import pytest

from tests.sources.conftest import Read, money

# The status, the column of what was refunded.
PARTS = [
    ("partially_refunded", "refund"),
    ("teilweise erstattet", "Erstattet"),
    ("partiellement remboursée", "montant remboursé"),
    ("Reembolso parcial", "importe_reembolsado"),
    ("Частичный возврат", "Сумма возврата"),
    ("K\u0131smi iade", "İade tutar\u0131"),
    ("部分退款", "退款金额"),
    ("一部返金", "返金額"),
]


@pytest.mark.parametrize(("status", "column"), PARTS)
def test_how_much_of_a_partly_refunded_order_came_back_is_asked(read: Read, status: str, column: str) -> None:
    rows = f"1,a,2026-01-13,200.00,{status},5.00\n2,b,2026-01-14,50.00,paid,0.00\n"
    text = f"order,customer,date,amount,status,{column}\n{rows}"
    found, _ = read(text)
    [question] = found.questions
    assert f"{column} is not 0 in 1 rows, and is not used: is it what was refunded?" in str(question)
    settled, _ = read(text, settings=question.options[0])
    assert money(settled) == {"EUR": ("245.00", "0.00")}
