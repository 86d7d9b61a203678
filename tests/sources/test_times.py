"""Unambiguous ways to write a time."""

import pytest

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


@pytest.mark.parametrize("text", WRITTEN)
def test_a_time_is_read(read: Read, text: str) -> None:
    found, [sale] = read(f"order_id;customer_id;order_date;amount\n1;a;{text};10.00\n")
    assert found.questions == []
    assert sale["sale_timestamp"].startswith(WRITTEN[text])
