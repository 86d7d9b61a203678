"""Lines that are quoted as a whole are read, as a spreadsheet writes them with each line in one cell."""

import pytest

from tests.sources.conftest import Read, money

HEAD = "order,customer,date,product,total"
LINES = ['"1,ann,2026-01-02,""Cup, blue"",10.50"', '"2,bob,2026-01-03,Mug,1200.25"']


@pytest.mark.parametrize("head", [HEAD, f'"{HEAD}"', f'"{HEAD}",,'])
def test_lines_in_quotes_are_read(read: Read, head: str) -> None:
    found, sales = read("\r\n".join([head, *LINES, '"3,ann,2026-01-04,Pot,0.25",,', ""]))
    assert (found.questions, money(found)) == ([], {"EUR": ("1211.00", "0.00")})
    assert [sale["product_id"] for sale in sales] == ["Cup, blue", "Mug", "Pot"]


def test_a_quoted_cell_with_a_comma_is_not_a_line(read: Read) -> None:
    found, _ = read('customer;date;total\n"Lee, Ann";2026-01-02;10.50\n"Bow, Bo";2026-01-03;1.25\n')
    assert money(found) == {"EUR": ("11.75", "0.00")}
