"""The models page, over versions whose figures are worked out by hand."""

import re

import pytest
from google.cloud.aiplatform_v1 import Model
from google.protobuf import json_format

from localcloud.console.app import create_console
from localcloud.rest import raw
from tests.localcloud.console.conftest import SETTINGS

NAME = "projects/p/locations/l/models/churn"


class Kept:
    """Versions kept in memory."""

    def __init__(self) -> None:
        self.versions: list[Model] = []

    def all_versions(self) -> list[Model]:
        return self.versions

    def add(self, number: int, said: str, *aliases: str, **labels: str) -> None:
        content = {
            "name": f"{NAME}@{number}",
            "displayName": "Customer churn",
            "versionId": str(number),
            "versionDescription": said,
            "versionAliases": aliases,
            "versionCreateTime": f"2026-11-{24 + number}T02:01:00Z",
            "labels": labels,
        }
        message = Model()
        json_format.ParseDict(content, raw(message))
        self.versions.append(message)


@pytest.fixture
def models(console, servers) -> Kept:
    kept = Kept()
    servers[0][0].app = create_console(console.jobs, SETTINGS, None, models=kept)
    return kept


def test_versions_say_which_serves_and_why_and_which_run_made_them(console, models):
    console.trained("churn-1")
    models.add(1, "1 is promoted: it beats <all>", "default", "champion", roc_auc="0-8395", bias="-0-1370")
    models.add(2, "1 stays champion", "challenger", roc_auc="0-8400", day="2026-11-26")
    page = console.get("/models")
    assert page.index("1 stays champion") < page.index("1 is promoted: it beats &lt;all&gt;")
    assert re.findall(r'class="state going">([^<]*)<', page) == ["challenger", "champion"]
    assert ">-0.1370<" in page and ">0.8395<" in page and ">2026-11-26<" in page
    assert page.count('href="/runs/churn-1"') == 1
    assert '<a href="/models" aria-current="page">Models</a>' in page
    assert ">Models</a>" in console.get("/")


def test_figures_that_change_are_drawn_over_the_versions(console, models):
    for number, value in enumerate(["0-50", "0-75", "0-60"], 1):
        models.add(number, "", roc_auc=value, rows="100", **({"late": "1-5"} if number == 3 else {}))
    page = console.get("/models")
    assert re.findall(r'<polyline points="([^"]*)"', page) == ["0.0,64.0 120.0,0.0 240.0,38.4"]
    assert 'aria-label="Roc auc of versions 1 to 3: 0.5000, 0.7500, 0.6000"' in page


def test_a_registry_without_models_says_so(console, models):
    assert "No model has been registered yet." in console.get("/models")


def test_a_console_without_a_registry_has_no_models_page(console):
    console.get("/models", 404)
    assert "/models" not in console.get("/")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_models_and_nothing_overflows(console, models, chromium, axe, scheme):
    for number, value in enumerate(["0-50", "0-75"], 1):
        models.add(number, "said " * 40, "champion", roc_auc=value, digest="a" * 60)
    with chromium.new_context(bypass_csp=True, color_scheme=scheme) as context:
        page = context.new_page()
        page.set_viewport_size({"width": 390, "height": 800})
        page.goto(console.url("/models"))
        for details in page.locator("summary").all():
            details.click()
        page.evaluate(axe)
        assert page.evaluate("axe.run().then(found => found.violations.map(one => one.id))") == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
