"""One laptop's cloud and a browser, for all the tests that want them."""

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from localcloud.endpoints import Endpoints
from localcloud.supervisor import running
from tests.cloud import led_to

LAPTOP = ("bigquery", "storage", "firestore", "dataform", "vertex")
STARTING = {
    *("laptop", "chromium", "endpoints", "proxied", "vertex", "own_server", "our_host", "host"),
    *("stub_environment", "servers", "cloud", "service", "bigquery"),
}
os.environ.setdefault("LOCALCLOUD_BIGQUERY_THREADS", "1")  # tests' tables are small, and their clouds many
CHROMIUM_OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the days of the batch, the longest files: a worker that took them last would end alone.

    What a fixture starts a program for has the mark `services`; a file that starts its own has it written.
    """
    items.sort(key=lambda item: item.path.parent.name != "e2e")
    for item in items:
        if STARTING & set(getattr(item, "fixturenames", ())):
            item.add_marker("services")


@pytest.fixture(scope="session")
def laptop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoints]:
    """A laptop's cloud, started once: tests keep apart by projects, datasets, buckets and repositories."""
    with running(tmp_path_factory.mktemp("laptop"), services=LAPTOP) as endpoints:
        yield endpoints


@pytest.fixture(scope="module")
def cloud(laptop: Endpoints) -> Iterator[Endpoints]:
    """The same, with the clients of a test file led there."""
    with led_to(laptop):
        yield laptop


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A headless Chromium, driven by Playwright, which keeps an event loop running in this thread."""
    path = shutil.which("chromium")
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail("CI has no Chromium: `make chromium` installs it")
        pytest.skip("there is no Chromium here: `make chromium` installs it on Debian")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_OPTIONS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium) -> Iterator[Any]:
    """A page of 1280 by 800 pixels on which no script may open a dialog or fail."""
    alarms: list[str] = []
    page = chromium.new_page(viewport={"width": 1280, "height": 800})
    page.on("dialog", lambda dialog: (alarms.append(dialog.message), dialog.dismiss()))
    page.on("pageerror", lambda error: alarms.append(str(error)))
    page.set_default_timeout(30_000)
    yield page
    page.close()
    assert alarms == []
