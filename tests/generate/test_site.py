"""The documentation's site: built as `make docs` builds it, complete, and without requests to other hosts."""

import os
import re
import shutil
import subprocess
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from generate.site import ROOT, SCRIPTS, convert_links, indented, outside, source

MKDOCS = ROOT / ".venv/site/bin/mkdocs"
ASSETS = {"script": "src", "img": "src", "iframe": "src", "link": "href", "source": "src"}
COUNTED = {"a", "h1", "h2", "h3", "img", "li", "ol", "pre", "table", "tr", "ul"}


class Seen(HTMLParser):
    """What a page holds: its elements between <article> and its end, and the addresses of its assets."""

    def __init__(self, text: str, *, inside: bool = False) -> None:
        super().__init__()
        self.inside = inside
        self.elements: Counter[str] = Counter()
        self.assets: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.inside |= tag == "article"
        if self.inside and tag in COUNTED and values.get("class") != "headerlink":
            self.elements[tag] += 1
        if address := values.get(ASSETS.get(tag, "")):
            self.assets.append(address)

    def handle_endtag(self, tag: str) -> None:
        self.inside &= tag != "article"


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the built site."""
    if not MKDOCS.exists() or not all((ROOT / script).exists() for script in SCRIPTS):
        if os.environ.get("CI") == "true":
            pytest.fail("the documentation's programs are not installed: `make docs` installs them")
        pytest.skip("the documentation's programs are not installed: `make docs` installs them")
    folder = tmp_path_factory.mktemp("site")
    built = build(folder, ROOT)
    assert built.returncode == 0, built.stderr
    return folder


def build(folder: Path, checkout: Path) -> subprocess.CompletedProcess[str]:
    """Build a checkout's pages into a folder; a warning, such as about a dead link, is a failure.

    With --quiet it would not be one.
    """
    command = [MKDOCS, "build", "--strict", "--site-dir", folder]
    variables = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    return subprocess.run(command, cwd=checkout, env=variables, capture_output=True, text=True, check=False)


def pages(site: Path) -> dict[str, Seen]:
    return {path.stem: Seen(path.read_text(encoding="utf-8")) for path in site.glob("*.html")}


@pytest.mark.services
def test_no_page_has_an_asset_of_another_host(site: Path) -> None:
    found = pages(site)
    assert len(found) > 20
    for name, page in found.items():
        assert len(page.assets) >= 3, name
        for address in page.assets:
            assert not re.match(r"\w+:|//", address), f"{name}: {address}"
            assert name == "404" or (site / address.partition("?")[0]).exists(), f"{name}: {address}"


@pytest.mark.services
def test_a_page_holds_what_github_shows(site: Path) -> None:
    """Python-Markdown has its own rules for lists and fences; GitHub reads CommonMark."""
    markdown = MarkdownIt("commonmark").enable("table")
    for name, page in pages(site).items():
        if name != "404":
            text = (ROOT / source(f"{name}.md")).read_text(encoding="utf-8")
            assert page.elements == Seen(markdown.render(text), inside=True).elements, name


@pytest.mark.services
def test_a_link_that_leads_nowhere_fails_the_build(tmp_path: Path, site: Path) -> None:
    for name in ("docs", "generate", "localcloud"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("*.py[co]", "dataform"))
    for path in ("mkdocs.yml", *(path for path in outside() if not path.startswith(("docs", "localcloud")))):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, tmp_path / path)
    with (tmp_path / "docs/cost.md").open("a", encoding="utf-8") as page:
        page.write("\n[a](nowhere.md) [b](deploy.md#nowhere) [c](../CONTRIBUTING.md#a-release)\n")
    done = build(tmp_path / "site", tmp_path)
    assert done.returncode == 1
    told = re.findall(r"contains a link '(.*?)'", done.stderr)
    assert sorted(told) == ["deploy.md#nowhere", "nowhere.md"]


@pytest.mark.services
def test_the_browser_asks_no_other_host_and_draws_the_lineage(site: Path, page: Any) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{(site / 'warehouse.html').as_uri()}")
    page.locator("div.mermaid").wait_for()
    page.get_by_role("textbox", name="Search").press_sequentially("pseudonym key")
    page.locator(".md-search-result__item").first.wait_for()
    assert asked
    assert [url for url in asked if not url.startswith(("file:", "blob:", "data:"))] == []


@pytest.mark.services
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_is_accessible_in_both_colour_schemes(site: Path, page: Any, axe: str, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    for name in ("index", "deploy", "export"):
        page.goto((site / f"{name}.html").as_uri())
        page.evaluate(axe)
        found = page.evaluate("async () => (await axe.run('article')).violations")
        assert [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found] == [], name


def test_a_link_between_files_becomes_one_between_pages() -> None:
    text = "[a](../CONTRIBUTING.md#recipes) [b](deploy.md) [c](https://x.example/a.md) [d](#here)"
    assert convert_links(text, "docs/cost.md") == text.replace("../CONTRIBUTING", "contributing")
    assert convert_links("[e](../LICENSE)", "docs/cost.md") == "[e](repository/LICENSE)"
    assert (
        convert_links("[a](docs/cost.md) [b](docs/dashboard.png)", "README.md")
        == "[a](cost.md) [b](dashboard.png)"
    )
    assert convert_links("[a](docs/gone.md)", "README.md") == "[a](docs/gone.md)"


def test_the_content_of_an_item_is_four_spaces_in() -> None:
    text = "1. one\n\n   ```\n   code\n   ```\n2. two\nend\n  as it was\n"
    assert indented(text) == "1. one\n\n    ```\n    code\n    ```\n2. two\nend\n  as it was\n"
    assert indented("- one\n  goes on\n  - below\n\n  text\n") == (
        "- one\n    goes on\n    - below\n\n    text\n"
    )
    assert indented("```\n- a\n  b\n```\n") == "```\n- a\n  b\n```\n"
