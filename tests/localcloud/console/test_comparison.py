"""Runs side by side, their changes worked out by hand."""

import re

import pytest

from localcloud.console.app import create_console
from localcloud.settings import Console as Settings

MINUS, NONE = "\N{MINUS SIGN}", "\N{EN DASH}"
BETTER = Settings(parameter="as_of", higher_is_better=["roc_auc"], lower_is_better=["log_loss"])


@pytest.fixture
def runs(console, servers):
    """Three runs, and a console whose settings say in which direction each metric is better."""
    servers[0][0].app = create_console(console.jobs, BETTER, None)
    console.trained("churn-1", roc_auc=0.8, rows=100, log_loss=0.5, only_before=1)
    console.trained("churn-2", roc_auc=0.7, rows=120, log_loss=0.5)
    console.trained("churn-3", roc_auc=0.75, rows=130, log_loss=0.4)
    return console


def groups(page: str) -> dict[str, list[list[str]]]:
    """Return the rows of each group, as the texts of their cells."""
    found = {}
    for body in re.findall(r"<tbody>(.*?)</tbody>", page, re.DOTALL):
        rows = re.findall(r"<tr[^>]*>(.*?)</tr>", body, re.DOTALL)
        cells = [re.findall(r"<t[hd][^>]*>(?:<span[^>]*>)?([^<\n]*)", row) for row in rows]
        found[cells[0][0]] = cells[1:]
    return found


@pytest.mark.parametrize(
    "query", ["runs=churn-3&runs=churn-1", "runs=churn-1,churn-3", "runs=churn-1,churn-3,churn-1"]
)
def test_metrics_run_from_oldest_to_newest_and_say_what_is_better(runs, query):
    assert groups(runs.get(f"/compare?{query}"))["Train and evaluate the churn model: metrics"] == [
        ["log_loss", "0.5000", "0.4000", f"{MINUS}0.1000 better"],
        ["only_before", "1", NONE, ""],
        ["roc_auc", "0.8000", "0.7500", f"{MINUS}0.0500 worse"],
        ["rows", "100", "130", "+30"],
    ]


def test_three_runs_are_judged_from_the_first_to_the_last(runs):
    page = runs.get("/compare?runs=churn-1,churn-2,churn-3")
    rows = groups(page)["Train and evaluate the churn model: metrics"]
    assert ["roc_auc", "0.8000", "0.7000", "0.7500", f"{MINUS}0.0500 worse"] in rows
    assert "Compare 3 runs" in page and "first to last" in page


def test_only_parameters_that_differ_are_shown(runs):
    given = {"parameterValues": {"as_of": "2026-11-28", "horizon_days": 90, "new": "<b>"}}
    runs.jobs.add("churn-4", runtimeConfig=given)
    rows = groups(runs.get("/compare?runs=churn-3,churn-4"))["Parameters that differ"]
    assert rows == [["as_of", "2026-11-25", "2026-11-28", ""], ["new", NONE, "&lt;b&gt;", ""]]
    assert "Parameters that differ" not in groups(runs.get("/compare?runs=churn-1,churn-3"))


def test_counts_and_durations_are_compared(runs, step_detail, step_artifact):
    for number, (end, rejects) in enumerate([("40", 7), ("25", 3)]):
        outputs = step_artifact(
            "sales", "system.Dataset", "gs://b/o", rejects=rejects, mode="scan", whole=True
        )
        detail = step_detail("export-sales", endTime=f"2026-11-25T02:00:{end}Z", outputs=outputs)
        runs.jobs.add(f"counted-{number}", jobDetail={"taskDetails": [detail]})
    found = groups(runs.get("/compare?runs=counted-0,counted-1"))
    assert found["Export sales: sales"] == [["rejects", "7", "3", f"{MINUS}4"]]
    assert ["Export sales", "40", "25", f"{MINUS}15 better"] in found["Seconds"]
    assert found["Seconds"][0] == ["the whole run", "95", "95", "±0"]


@pytest.mark.parametrize(
    "query", ["", "?runs=churn-1", "?runs=churn-1,churn-1", "?runs=" + "a,b,c," * 3 + "d,e,f,g,h,i"]
)
def test_says_how_many_runs_can_be_compared(runs, query):
    assert "Choose two runs" in runs.get(f"/compare{query}", 400)
