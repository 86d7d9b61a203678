"""The link to Looker Studio and docs/dashboard.md name views and fields that Dataform creates."""

import re
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from generate.warehouse_page import compile_definitions

pytestmark = pytest.mark.services

PAGE = Path(__file__).parents[2] / "docs" / "dashboard.md"
LINE = re.compile(r"^\| (Sales|Churn risk|Results|Startups) \| (.+?) \| `(\w+)` \| (.+) \|$", re.M)
SOURCE = {"connector", "datasourceName", "type", "billingProjectId", "projectId", "datasetId", "tableId"}


@pytest.fixture(scope="module")
def views() -> dict[str, set[str]]:
    """The columns of each dashboard view, from the compiled definitions."""
    return {
        table["target"]["name"]: {column["path"][0] for column in table["actionDescriptor"]["columns"]}
        for table in compile_definitions()["tables"]
        if table["target"]["schema"] == "winter_days_bi"
    }


@pytest.fixture(scope="module")
def charts() -> list[tuple[str, str, str, set[str]]]:
    """The page, chart, view and fields of each row of the table."""
    lines = LINE.findall(PAGE.read_text(encoding="utf-8"))
    return [(page, chart, view, set(re.findall(r"`(\w+)`", fields))) for page, chart, view, fields in lines]


def sources(applied) -> dict[str, dict[str, str]]:
    """Return the link's data sources by alias."""
    found: dict[str, dict[str, str]] = {}
    for name, value in parse_qsl(urlsplit(link(applied)).query, strict_parsing=True):
        if name.startswith("ds."):
            _, alias, parameter = name.split(".")
            found.setdefault(alias, {})[parameter] = value
    return found


def link(applied) -> str:
    return applied.terraform.outputs()["looker_studio"]["value"]


def test_the_link_opens_a_report_on_every_view_of_the_environment(applied, views):
    parts = urlsplit(link(applied))
    assert (parts.scheme, parts.netloc, parts.path) == (
        "https", "lookerstudio.google.com", "/reporting/create",
    )  # fmt: skip
    found = sources(applied)
    assert found.keys() == views.keys()
    for alias, source in found.items():
        assert source.keys() == SOURCE
        assert (source["connector"], source["type"], source["tableId"]) == ("bigQuery", "TABLE", alias)
        assert source["projectId"] == applied.terraform.outputs()["project"]["value"]
        assert source["datasetId"] == "winter_days_bi"


def test_browsers_accept_the_link(applied):
    assert re.fullmatch(r"[!-~]{,8000}", link(applied))


def test_the_link_has_a_template_once_there_is_one(applied, terraform):
    report = "0B-x_9"
    assert "c.reportId" not in link(applied)
    terraform.run("plan", "-input=false", *applied.arguments, f"-var=looker_template={report}", "-out=looker")
    planned = terraform.run("show", "looker")
    assert f"c.reportId={report}&" in planned


def test_a_source_is_named_after_its_page_and_its_view(applied, charts):
    pages = {view: page for page, _, view, _ in charts}
    for view, source in sources(applied).items():
        page, _, title = source["datasourceName"].partition(": ")
        assert page == pages[view]
        assert f"bi_{title.replace(' ', '_')}" == view


def test_every_chart_reads_existing_fields_and_every_view_is_used(charts, views):
    for _, chart, view, fields in charts:
        assert fields, chart
        assert fields <= views[view], chart
    assert {view for _, _, view, _ in charts} == views.keys()


def test_a_chart_of_money_has_a_currency(charts):
    money = {"revenue", "refunded_amount", "value", "value_at_risk", "expected_loss"}
    assert [chart for _, chart, _, fields in charts if fields & money and "currency" not in fields] == []


def test_the_page_names_exactly_the_views(views):
    named = set(re.findall(r"`(bi_\w+)`", PAGE.read_text(encoding="utf-8")))
    assert named == views.keys()
