"""Which limit a growing shop reaches first, checked against days worked out by hand."""

import json
import re
from pathlib import Path

import pytest

from infra.cost import quotas
from infra.cost.quotas import SIZES, USES, Day, Reach, limits, year

INFRA = Path(quotas.__file__).parents[1]


def reach(size: int, name: str) -> Reach:
    return next(one for one in year(size) if one.limit == name)


def rate(step: str, kind: str) -> dict[str, float]:
    rates = json.loads((INFRA.parent / "components" / "cost" / "rates.json").read_text(encoding="utf-8"))
    found: dict[str, float] = rates["steps"][step][kind]
    return found


def test_every_limit_has_a_use_a_source_and_an_amount() -> None:
    assert set(USES) == set(limits())
    assert all(limit["most"] > 0 and limit["source"] and limit["told"] for limit in limits().values())
    assert {limit["service"] for limit in limits().values()} == {
        "BigQuery",
        "Firestore",
        "Vertex AI",
        "Dataform",
    }


def test_a_scan_takes_the_share_of_a_day_worked_out_by_hand() -> None:
    """The rate's seconds are shared by a hundred shards, the maximum."""
    export = rate("export_sales", "seconds")
    changes = int(10**13 / (0.9 * 1024)) // 365
    documents = changes * 365
    seconds = export["least"] + export["a_sale"] * documents + export["a_change"] * changes
    found = reach(10**13, "a_day_of_scanning")
    assert found.share == pytest.approx(seconds / 100 / 86_400, rel=1e-2)
    assert found.day is None


def test_writes_and_shards_are_those_of_the_last_day() -> None:
    """At a hundredth of that, 5.4 million customers are scored in 2 shards, documents exported in 68."""
    documents = int(10**13 / (0.9 * 1024))
    assert reach(10**13, "writes_a_second").share == pytest.approx(documents / 365 / 86_400 / 500, rel=1e-3)
    assert reach(10**13, "tasks_at_once").share == 100 / 600
    hundredth = Day(365, documents // 100, documents // 36_500)
    assert USES["tasks_at_once"](hundredth) == 68


def test_limits_are_ordered_by_the_day_they_are_reached() -> None:
    for size in SIZES.values():
        days = [one.day for one in year(size) if one.day]
        assert days == sorted(days)
        assert not days or year(size)[0].day == min(days)


def test_a_larger_shop_reaches_a_limit_sooner() -> None:
    days = [reach(size, "own_bytes_a_day") for size in SIZES.values()]
    assert [one.share for one in days] == sorted(one.share for one in days)
    assert days[0].day is None
    assert days[-1].day


def test_requests_to_dataform_stay_below_its_limit() -> None:
    assert USES["requests_a_minute"](Day(1, 1, 1)) < limits()["requests_a_minute"]["most"]


def test_our_own_limit_is_that_of_terraform() -> None:
    text = (INFRA / "variables.tf").read_text(encoding="utf-8")
    [gib] = re.findall(r'variable "daily_query_gib" \{.*?default\s+= (\d+)', text, re.DOTALL)
    assert limits()["own_bytes_a_day"]["most"] == int(gib) * 2**30


def test_a_share_is_formatted_for_a_cell() -> None:
    assert [str(Reach("", share, day)) for share, day in ((0.001, None), (0.25, None), (3.0, 40))] == [
        "< 1%",
        "25%",
        "**day 40**",
    ]
