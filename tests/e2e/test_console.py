"""The batch in a browser: triggered, watched until it is green, and its report read."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from components.shared.names import SOURCES
from laptop.provision import make_ready
from laptop.sales import generate
from laptop.state import BatchState
from localcloud.endpoints import Endpoints

pytestmark = pytest.mark.usefixtures("cloud")


@pytest.fixture(scope="module")
def shop(cloud: None, endpoints: Endpoints, state_dir: Path) -> None:
    """A small shop's sales up to yesterday, of which nothing has been run."""
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
    assert "roc_auc" in page.get_by_role("table", name="Figures").inner_text()

    page.goto(f"http://{endpoints.address('vertex')}/")
    page.get_by_role("link", name=f"customer-churn-{datetime.now(UTC):%Y%m%d}").wait_for()


def test_a_failing_batch_tells_its_cause_in_the_terminal_and_on_the_first_screen(
    endpoints: Endpoints, batch: Any, shop: None, page: Any
) -> None:
    """A shop whose sales all lie after the day that is asked for."""
    done = batch("--as-of", "1990-01-01", code=1)
    assert "export_sales failed: the first sale is of " in done.stderr
    assert "as of 1990-01-01 nothing is known" in done.stderr
    assert "run-dataform" not in done.stdout
    page.goto(f"http://{endpoints.address('vertex')}/runs/customer-churn-19900101")
    cause = page.locator("#failure pre", has_text="as of 1990-01-01 nothing is known").bounding_box()
    assert cause["y"] + cause["height"] <= page.viewport_size["height"]
