"""Names of columns in two rows: groups, and the names below them."""

from datetime import date
from pathlib import Path

import pytest

from sources.errors import UnreadableError
from tests.sources.conftest import Read, money
from tests.sources.files.sheets import workbook

ROWS = "1001,2026-01-05,C1,ann@x.org,10.50\n1002,2026-01-06,C2,bob@x.org,20.00\n"
IN_TWO_ROWS = (
    "Order,,Customer,,Amount\nid,date,id,mail,total\n",
    "Sales of January,,,,\nOrder,,Customer,,Amount\nid,date,id,mail,total\n",
    "Order,Order,Customer,Customer,Order\nNumber,Date,Id,Mail,Total\n",
    "Order,,Customer,,Total\nid,date,id,mail,\n",
)
LANGUAGES = "Bestellnr,Datum,Kunde,Adresse,Betrag\nOrder no,Date,Customer,Address,Amount\n"
SHIPPED = "Order,,Shipping,,Customer\nid,date,total,date,id\n1,2026-01-05,4.00,2026-01-08,C1\n"
ONE_ROW = (
    "Sales report,,,ACME Ltd,\nOrder,Date,Customer,Mail,Total\n",
    "Customer,ACME,,,\nOrder,Date,Customer,Mail,Total\n",
    "Customer:,,ACME,,\nOrder,Date,Customer,Mail,Total\n",
    "Order,Date,Customer,Mail,Total\nOrder,Date,Customer,Mail,Total\n",
)


@pytest.mark.parametrize("names", IN_TWO_ROWS)
def test_names_in_two_rows_are_joined(names: str, read: Read) -> None:
    found, sales = read(f"{names}{ROWS}")
    assert (found.questions, money(found)) == ([], {"EUR": ("30.50", "0.00")})
    assert sorted(each["customer_id"] for each in sales) == ["C1", "C2"]
    assert any("names in two rows are read as Order " in note for note in found.notes)


def test_names_in_two_languages_are_those_of_the_first(read: Read) -> None:
    found, _ = read(f"{LANGUAGES}{ROWS}")
    assert (found.questions, money(found)) == ([], {"EUR": ("30.50", "0.00")})


def test_the_total_of_another_group_is_not_the_sale_s(read: Read) -> None:
    [question] = read(SHIPPED)[0].questions
    assert "is it Shipping total?" in str(question)


def test_an_amount_in_two_columns_is_asked_about(read: Read) -> None:
    [question] = read("Order,Customer,Date,Amount,\n,,,net,gross\n1,a,2026-01-05,8.82,10.50\n")[0].questions
    assert "is it Amount net or Amount gross?" in str(question)


@pytest.mark.parametrize("names", ONE_ROW)
def test_a_title_is_no_row_of_names(names: str, read: Read) -> None:
    found, _ = read(f"{names}{ROWS}")
    assert (found.questions, money(found)) == ([], {"EUR": ("30.50", "0.00")})
    assert not any("in two rows" in note for note in found.notes)


def test_names_in_three_rows_are_refused(read: Read) -> None:
    groups = "Sale,,Person,,Amount\n" + IN_TWO_ROWS[0].replace("Amount", "")
    with pytest.raises(UnreadableError, match="names in several rows: write them in one row"):
        read(f"{groups}{ROWS}")


def test_merged_groups_of_a_workbook_are_joined(read: Read, tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["Order", "", "Customer", "", "Total"],
        ["id", "date", "id", "name"],
        ["N1", date(2026, 1, 5), "C1", "Ann", 10.5],
        ["N2", date(2026, 1, 6), "C2", "Bob", 20],
    ]
    path = tmp_path / "sales.xlsx"
    path.write_bytes(workbook({"S": rows}, merged=("A1:B1", "C1:D1", "E1:E2")))
    found, sales = read(path)
    assert (found.questions, money(found)) == ([], {"EUR": ("30.50", "0.00")})
    assert sorted(each["customer_id"] for each in sales) == ["C1", "C2"]
