"""The list of runs, searched through its URL."""

import re
from html import unescape

import pytest


@pytest.fixture
def runs(console):
    """Three runs created on three days, triggered in two ways."""
    console.trained("churn-1")
    console.failed("churn-2", "no such table: orders")
    parameters = {"parameterValues": {"as_of": "2026-01-31"}}
    console.jobs.add("churn-3", labels={"trigger": "by-hand"}, runtimeConfig=parameters)
    return console


def shown(page: str) -> list[str]:
    return re.findall(r'<th scope="row"><a href="/runs/([^"]+)"', page)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["churn-3", "churn-2", "churn-1"]),
        ("q=orders", ["churn-2"]),
        ("q=ORDERS+table", ["churn-2"]),
        ("q=orders+chair", []),
        ("q=churn-3", ["churn-3"]),
        ("day=2026-01-31", ["churn-3"]),  # its parameter
        ("day=2026-11-26", ["churn-2"]),  # the day it was created
        ("day=2026-11-25", ["churn-2", "churn-1"]),
        ("trigger=by-hand", ["churn-3"]),
        ("trigger=scheduler&state=Failed", ["churn-2"]),
        ("trigger=by-hand&state=Failed", []),
        ("day=nonsense", []),
    ],
)
def test_runs_are_found(runs, query, found):
    assert shown(runs.get(f"/?{query}")) == found


def test_the_states_are_counted_within_the_results_and_keep_the_search(runs):
    page = runs.get("/?q=churn&trigger=scheduler")
    links = dict(re.findall(r'<a href="([^"]+)"[^>]*>(\w+) <b>', page))
    assert {unescape(address): word for address, word in links.items()} == {
        "/?q=churn&trigger=scheduler": "All",
        "/?q=churn&state=Failed&trigger=scheduler": "Failed",
        "/?q=churn&state=Succeeded&trigger=scheduler": "Succeeded",
    }
    assert "All <b>2</b>" in page
    assert '<option value="by-hand">by hand</option>' in page
    assert re.search(r'<option selected value="scheduler">', page)


def test_pages_keep_the_search(console):
    for number in range(60):
        console.jobs.add(f"churn-{number}")
    assert 'href="/?q=churn&amp;page=2"' in console.get("/?q=churn")
