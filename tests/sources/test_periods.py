"""Cross tables, with a column for each period, are refused with the reason."""

from datetime import date, datetime
from pathlib import Path

import pytest

from sources.errors import UnreadableError
from tests.sources.conftest import Read, money
from tests.sources.files.sheets import workbook

NAMED = {
    "months and years": ("Jan 2025", "Feb 2025", "Mar 2025"),
    "months": ("Januar", "Februar", "März"),
    "short months": ("Jan.", "Feb.", "Mar."),
    "with what they have": ("Sales Jan-25", "Sales Feb-25", "Sales Mar-25"),
    "quarters": ("Q1 2025", "Q2 2025", "Q3 2025"),
    "weeks": ("KW 1", "KW 2", "KW 3"),
    "Japanese": ("1月", "2月", "3月"),
    "fiscal years": ("FY2023", "FY2024", "FY2025"),
}
NUMBERED = {
    "ISO months": ("2025-01", "2025-02", "2025-03"),
    "days": ("01.01.2025", "02.01.2025", "03.01.2025"),
    "years": ("2023", "2024", "2025"),
}


@pytest.mark.parametrize("periods", NAMED.values(), ids=list(NAMED))
def test_columns_of_periods_are_asked_about(periods: tuple[str, ...], read: Read) -> None:
    found, _ = read(f"Customer,{','.join(periods)},Total\na,1.00,2.00,3.00,6.00\nb,1.50,2.50,3.50,7.50\n")
    [question] = found.questions
    assert f"the columns {periods[0]} to {periods[-1]} are periods, 3 of them" in str(question)
    assert question.options == ()


@pytest.mark.parametrize("periods", NUMBERED.values(), ids=list(NUMBERED))
def test_columns_of_numbered_periods_are_refused(periods: tuple[str, ...], read: Read) -> None:
    text = f"Customer,Product,{','.join(periods)}\na,x,1.00,2.00,3.00\nb,y,1.50,2.50,3.50\n"
    told = f"own0.csv: the columns {periods[0]} to {periods[-1]} are periods, 3 of them"
    with pytest.raises(UnreadableError, match=told):
        read(text)


@pytest.mark.parametrize("months", [date, datetime])
def test_a_workbook_s_columns_of_periods_are_refused(months: type[date], read: Read, tmp_path: Path) -> None:
    head = ["Customer", *(months(2025, month, 1) for month in (1, 2, 3))]
    path = tmp_path / "cross.xlsx"
    path.write_bytes(workbook({"2025": [head, ["a", 1.5, 2.5, 3.5], ["b", 1.5, 2.5, 3.5]]}))
    with pytest.raises(
        UnreadableError, match=r"cross\.xlsx: sheet '2025': the columns 2025-01-01.* are periods"
    ):
        read(path)


def test_a_time_beside_periods_is_offered(read: Read) -> None:
    text = "Customer,First order date,Jan 2025,Feb 2025,Total\na,2024-01-01,1.00,2.00,3.00\n"
    [question] = read(text)[0].questions
    assert question.options == (("time.field=First order date",),)
    assert money(read(text, settings=question.options[0])[0]) == {"EUR": ("3.00", "0.00")}


def test_two_columns_named_like_months_are_no_cross_table(read: Read) -> None:
    found, _ = read("order,customer,date,total,set,mar\n1,a,2026-01-01,1.00,x,y\n")
    assert (found.questions, money(found)) == ([], {"EUR": ("1.00", "0.00")})


def test_a_row_of_data_with_two_dates_is_no_header(read: Read) -> None:
    with pytest.raises(UnreadableError, match="text without a header row"):
        read("a,2026-01-01,2026-01-05,x\nb,2026-01-02,2026-01-05,y\n")
