"""Unambiguous ways to write a time."""

import pytest

from sources.meaning.spelled_times import MONTHS
from tests.sources.conftest import Read

WRITTEN = {
    "Feb-03-26": "2026-02-03T00:00:00",
    "Feb 03 2026 14:05": "2026-02-03T14:05:00",
    "February 3, 2026": "2026-02-03T00:00:00",
    "Tue, 03 Feb 2026 14:05:06 -0500": "2026-02-03T19:05:06",  # as in RFC 5322
    "Tue, 03 Feb 2026 14:05:06 GMT": "2026-02-03T14:05:06",  # as in HTTP
    "Tue Feb 3 2026 14:05:06": "2026-02-03T14:05:06",
    "Wednesday, February 4, 2026": "2026-02-04T00:00:00",
    "3-feb-2026 09:30:15": "2026-02-03T09:30:15",
    "2/13/2026 1:05 PM": "2026-02-13T13:05:00",
    "46056.5": "2026-02-03T12:00:00",  # 46,056 days since 1899-12-30, as Excel counts
    "2026-02-03T23:30:00-05:00": "2026-02-04T04:30:00",
}


SPELLED = {
    "3. Januar 2026": "2026-01-03T00:00:00",
    "03. Jan 26": "2026-01-03T00:00:00",
    "03-janv-26": "2026-01-03T00:00:00",
    "1er février 2026": "2026-02-01T00:00:00",
    "3 août 2026 à 10:30": "2026-08-03T10:30:00",
    "3 de enero de 2026": "2026-01-03T00:00:00",
    "3-ene-26": "2026-01-03T00:00:00",
    "15 de março de 2026": "2026-03-15T00:00:00",
    "5 ottobre 2026": "2026-10-05T00:00:00",
    "5 mei 2026": "2026-05-05T00:00:00",
    "3 września 2026": "2026-09-03T00:00:00",
    "3. února 2026": "2026-02-03T00:00:00",
    "3 maj 2026": "2026-05-03T00:00:00",
    "Sept. 3, 2026": "2026-09-03T00:00:00",
    "03 Sept 2026": "2026-09-03T00:00:00",
    "3rd January 2026": "2026-01-03T00:00:00",
    "January 22nd, 2026": "2026-01-22T00:00:00",
    "13/01/2026 12:30:00 a. m.": "2026-01-13T00:30:00",
    "13/01/2026 1:30 p.m.": "2026-01-13T13:30:00",
    "03.01.2026 10.30": "2026-01-03T10:30:00",
    "03.01.2026 10.30.15": "2026-01-03T10:30:15",
    "03.01.2026 10:30 Uhr": "2026-01-03T10:30:00",
    "13/01/2026 10h30": "2026-01-13T10:30:00",
    "2026.01.03. 10:30": "2026-01-03T10:30:00",
    "20260103T103000Z": "2026-01-03T10:30:00",
    "Sat Jan 03 2026 10:30:00 GMT+0100 (Central European Standard Time)": "2026-01-03T09:30:00",
}


@pytest.mark.parametrize("text", SPELLED)
def test_a_time_is_read_as_people_write_it(read: Read, text: str) -> None:
    found, [sale] = read(f"order_id;customer_id;order_date;amount\n1;a;{text};10.00\n")
    assert found.questions == []
    assert sale["sale_timestamp"].startswith(SPELLED[text])


def test_months_of_several_languages_do_not_collide() -> None:
    words = [word for month in MONTHS.values() for word in month.split()]
    assert len(words) == len(set(words))


@pytest.mark.parametrize("text", WRITTEN)
def test_a_time_is_read(read: Read, text: str) -> None:
    found, [sale] = read(f"order_id;customer_id;order_date;amount\n1;a;{text};10.00\n")
    assert found.questions == []
    assert sale["sale_timestamp"].startswith(WRITTEN[text])


@pytest.mark.parametrize(
    ("day", "text"),
    [
        ("2026-01-13", "0"),
        ("1/13/2026", "1/0/1900"),
        ("1/13/2026 9:30", "01/00/1900 00:00"),
        ("13.01.2026", "00.01.1900"),
        ("2026-01-13", "1900-01-00"),
    ],
)
def test_what_a_spreadsheet_shows_for_an_empty_date_is_rejected(read: Read, day: str, text: str) -> None:
    rows = f"1,a,{day},10.00\n2,b,{text},20.00\n"
    found, _ = read(f"order,customer,date,amount\n{rows}")
    assert found.questions == []
    assert "1 rows rejected: dated before 1990-01-01 (line 3)" in found.warnings


def test_an_unknown_time_zone_is_asked_about_as_such(read: Read) -> None:
    found, _ = read("order,customer,date,time zone,amount\n1,a,2026-01-13 10:00:00,Berlin,10.00\n")
    [question] = found.questions
    assert "1 rows have no readable time zone ('Berlin'; line 2)" in str(question)
    assert question.options == (("time.zones={'Berlin': Europe/Berlin}",),)
