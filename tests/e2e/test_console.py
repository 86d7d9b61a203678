"""The batch in a browser: triggered, watched until it is green, its report read; and the tutorial's steps."""

import csv
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from components.shared.clients import bigquery_client
from components.shared.names import SOURCES
from laptop.provision import make_ready
from laptop.sales import generate
from laptop.state import BatchState
from localcloud.endpoints import Endpoints
from tests.e2e.tutorial import click, shoot, typed

# Predictions of the day before, as a shop has whose batch has run twice.
PREDICTED_BEFORE = """
INSERT INTO winter_days_warehouse.fact_predictions_churn
SELECT * REPLACE (DATE_SUB(prediction_date, INTERVAL 1 DAY) AS prediction_date)
FROM winter_days_warehouse.fact_predictions_churn"""

pytestmark = pytest.mark.usefixtures("cloud")


@pytest.fixture(scope="module")
def shop(cloud: None, endpoints: Endpoints, state_dir: Path) -> None:
    """A small shop's sales up to yesterday, with nothing run yet."""
    state = BatchState.load(state_dir)
    make_ready(endpoints.project)
    generate(state, datetime.now(UTC).date(), 300, ["--customers", "150"], SOURCES)
    state.save(state_dir)


def test_todays_batch_is_triggered_watched_and_read(endpoints: Endpoints, shop: None, page: Any) -> None:
    page.goto(f"http://{endpoints.address('vertex')}/")
    page.get_by_role("button", name="Run today").click()

    page.get_by_role("heading", name="customer-churn-").wait_for()
    page.locator("#graph .box.going").first.wait_for()
    page.locator("#state", has_text="Succeeded").wait_for(timeout=300_000)
    steps = ["export", "dataform", "features", "train", "predictions", "watch", "record"]
    assert page.locator("#graph .box.good").count() == len(steps)
    page.get_by_role("link", name="Report").first.click()
    page.frame_locator("iframe").get_by_role("heading", name="Churn within 90 days").wait_for()
    assert "roc_auc" in page.get_by_role("table", name="Values").inner_text()

    page.goto(f"http://{endpoints.address('vertex')}/")
    page.get_by_role("link", name=f"customer-churn-{datetime.now(UTC):%Y%m%d}").wait_for()


def test_a_failing_batch_shows_its_cause_in_the_terminal_and_on_the_first_screen(
    endpoints: Endpoints, batch: Any, shop: None, page: Any
) -> None:
    """A shop whose sales are all later than the requested day."""
    done = batch("--as-of", "1990-01-01", code=1)
    assert "export_sales failed: the first sale is on " in done.stderr
    assert "nothing is known as of 1990-01-01" in done.stderr
    assert "run-dataform" not in done.stdout
    page.goto(f"http://{endpoints.address('vertex')}/runs/customer-churn-19900101")
    cause = page.locator("#failure pre", has_text="nothing is known as of 1990-01-01").bounding_box()
    assert cause["y"] + cause["height"] <= page.viewport_size["height"]


@pytest.fixture(scope="module")
def two_runs(endpoints: Endpoints, shop: None, batch: Any) -> tuple[str, str]:
    """Return the console's address and today, after the tests' two runs, which are made here if missing."""
    console, today = f"http://{endpoints.address('vertex')}", f"{datetime.now(UTC):%Y-%m-%d}"
    for day, code in ((today, 0), ("1990-01-01", 1)):
        run = f"{console}/runs/customer-churn-{day.replace('-', '')}"
        if httpx.get(run).status_code == httpx.codes.NOT_FOUND:
            batch("--as-of", day, code=code)
    with bigquery_client(endpoints.project) as client:
        client.query_and_wait(PREDICTED_BEFORE)
    return console, today


def test_the_tutorial_can_be_followed(
    endpoints: Endpoints,
    two_runs: tuple[str, str],
    page: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each command and each click of docs/tutorial.md, over a day that succeeded and one that failed."""
    (console, today), project = two_runs, endpoints.project
    monkeypatch.chdir(tmp_path)  # where the list is written
    dashboard = [sys.executable, "-m", "dashboard", "--project", project, "--output", "dashboard.html"]
    subprocess.run(dashboard, check=True, capture_output=True)

    page.goto((tmp_path / "dashboard.html").as_uri())
    click(page, "tab", "Churn risk")
    page.locator("#calls tbody tr").first.wait_for()
    shoot(page, "ahead")
    typed("make audience", project)
    with (tmp_path / "calls.csv").open(encoding="utf-8-sig", newline="") as file:
        called = list(csv.DictReader(file))
    assert 0 < len(called) <= 20
    explained = typed("make explain", project, CUSTOMER=called[0]["customer_key"], ON=today)
    assert called[0]["customer_key"][:8] in explained
    shown = page.locator("#risk [data-figure=value_at_risk]").inner_text()
    at_risk = typed("make sql ARGS='-c \"SELECT currency", project)
    [amount] = re.findall(r"^ *EUR +([\d.]+) *$", at_risk, re.MULTILINE)
    assert f"€{round(float(amount)):,}" == shown

    page.goto(console)
    page.get_by_role("link", name=f"customer-churn-{today.replace('-', '')}").click()
    click(page, "link", "Report")
    page.frame_locator("iframe").get_by_role("heading", name="Churn within 90 days").wait_for()
    shoot(page, "report")

    click(page, "link", "Runs")
    click(page, "link", "customer-churn-19900101")
    page.locator("#failure pre", has_text="nothing is known as of 1990-01-01").wait_for()
    shoot(page, "failed")
    ended = typed("make sql ARGS='-c \"SELECT as_of_date", project)
    assert "FAILED" in ended
    assert "SUCCEEDED" in ended
