"""One local cloud and a browser, for all the tests that need them."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler.loadscope import LoadScopeScheduling

import localcloud.bigquery  # noqa: F401 -- before what a test file imports of local-bigquery itself
from localcloud import endpoints
from localcloud.dataform.install import install
from localcloud.endpoints import Endpoints
from tests.cloud import led_to, uncounted

TESTS = Path(__file__).parent
AXE = TESTS / "dashboard" / "axe"
# Those that keep a worker busy for long, the longest first; the others fill the time that is left at the end.
LONGEST = ("e2e", "infra", "sources", "localcloud", "dataform", "orchestrator", "erase", "dashboard")
LAPTOP = ("bigquery", "storage", "firestore", "dataform", "vertex")
STARTING = {
    *("laptop", "chromium", "endpoints", "proxied", "vertex", "own_server", "our_host", "host"),
    *("stub_environment", "servers", "cloud", "service"),
}
os.environ.setdefault("LOCALCLOUD_BIGQUERY_THREADS", "1")  # tests' tables are small, and their clouds many
# Each worker draws ports of its own: another could take one between its choice and its service's start.
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
endpoints.DRAWN = endpoints.DRAWN[WORKER :: int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))]
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


class ByRoom(LoadScopeScheduling):
    """Gives a whole folder, whose tests share session fixtures, to one worker; tests/ and e2e/ by file."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        room = file.rpartition("/")[0]
        return {"tests": file, "tests/e2e": file, "tests/infra/deploy": "tests/infra"}.get(room, room)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByRoom | None:
    return ByRoom(config, log) if config.option.dist == "loadscope" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start with the batch's days and other long tests: a worker that took one last would finish alone.

    Tests whose fixtures start a program get the mark `services`; files that start their own set it.
    """
    items.sort(key=_place)
    for item in items:
        if STARTING & set(getattr(item, "fixturenames", ())):
            item.add_marker("services")


def _place(item: pytest.Item) -> int:
    [room] = item.path.relative_to(TESTS).parts[:1]
    return LONGEST.index(room) if room in LONGEST else len(LONGEST)


@pytest.fixture(scope="session")
def laptop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoints]:
    """A local cloud, started once: tests are kept apart by projects, datasets, buckets and repositories.

    Coverage does not measure it: tests of localcloud/ have a cloud of their own, which is measured.
    """
    with uncounted(tmp_path_factory.mktemp("laptop"), LAPTOP) as endpoints:
        yield endpoints


@pytest.fixture(scope="module")
def cloud(laptop: Endpoints) -> Iterator[Endpoints]:
    """The same cloud, with the clients of a test file pointed at it."""
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


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core."""
    install(AXE)
    return (AXE / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


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
