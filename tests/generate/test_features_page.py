"""The page of features: complete, and in line with the SQL."""

import pytest

from generate import features_page
from generate.features_page import definitions, page, unit


def test_a_feature_has_its_unit_its_meaning_and_its_sql() -> None:
    lines = page().splitlines()
    assert (
        "| `weekend_share` | share, 0 to 1 | Share of visits on a Saturday or Sunday "
        "| `COUNTIF(EXTRACT(DAYOFWEEK FROM sale_date) IN (1, 7)) / COUNT(*)` |" in lines
    )
    assert "| `sales` | count | Completed sales | `CAST(SUM(sales) AS INT64)`<br>of `COUNT(*)` |" in lines


def test_every_feature_is_on_it_once() -> None:
    for name in features_page.FEATURES:
        assert page().count(f"\n| `{name}` |") == 1


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("spend_last_over_mean", "ratio"),
        ("spend_trend", "money"),
        ("visits_trend", "visits"),
        ("gap_longest", "days"),
        ("cart_adds_in_half_horizon", "count"),
    ],
)
def test_a_name_says_its_unit(name: str, expected: str) -> None:
    assert unit(name) == expected


def test_a_name_that_says_no_unit_is_refused() -> None:
    with pytest.raises(ValueError, match="the name mood implies no unit"):
        unit("mood")


def test_an_expression_is_traced_to_the_one_of_its_name_that_it_reads() -> None:
    inner = "WITH a AS (SELECT MIN(x) AS n FROM t)"
    script = f"CREATE TEMP TABLE features AS {inner} SELECT IF(y, n, NULL) AS n FROM a"
    assert definitions(script) == {"n": ["IF(y, n, NULL)", "MIN(x)"]}


def test_a_feature_without_sql_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(features_page, "FEATURES", {"visits_of_friends": "friends"})
    with pytest.raises(ValueError, match="no meaning or no SQL: visits_of_friends"):
        page()
