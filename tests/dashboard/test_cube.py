"""The tables as the page receives them."""

from datetime import date

from dashboard.cube import pack, shorten_keys


def test_texts_and_days_are_packed_once_and_numbers_as_they_are():
    rows = [
        {"day": date(2026, 1, 1), "name": "b", "count": 2, "share": 0.5},
        {"day": None, "name": "a", "count": 3, "share": None},
        {"day": date(2026, 1, 1), "name": "b", "count": 5, "share": 1.0},
    ]
    assert pack(rows) == {
        "day": {"texts": ["2026-01-01", None], "rows": [0, 1, 0]},
        "name": {"texts": ["b", "a"], "rows": [0, 1, 0]},
        "count": [2, 3, 5],
        "share": [0.5, None, 1.0],
    }
    assert pack([]) == {}


def test_keys_are_shortened_but_stay_distinct():
    rows = [{"customer_key": key * 8} for key in ("abcdefgh", "abcdefgi", "bbcdefgh")]
    shorten_keys(rows)
    assert [row["customer_key"] for row in rows] == ["abcdefgh", "abcdefgi", "bbcdefgh"]
    rows = [{"customer_key": key} for key in ("0" * 64, "0" * 9 + "1" * 55)]
    shorten_keys(rows)
    assert [row["customer_key"] for row in rows] == ["0" * 10, "0" * 9 + "1"]
