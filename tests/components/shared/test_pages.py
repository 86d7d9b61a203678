"""Pages are rendered from a template beside a step, and values from people or data are escaped."""

from pathlib import Path
from typing import Any

import pytest
from jinja2 import UndefinedError

from components.shared.pages import write_page


def test_a_page_extends_the_shared_one_and_escapes_what_it_is_given(tmp_path: Path) -> None:
    template = tmp_path / "own.html"
    template.write_text('{% extends "page.html" %}{% block content %}<p>{{ name }}</p>{% endblock %}')
    write_page(tmp_path / "made" / "page.html", template, name="<script>")
    page = (tmp_path / "made" / "page.html").read_text()
    assert page.startswith("<!doctype html>")
    assert "<p>&lt;script&gt;</p>" in page


def test_markdown_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "card.md").write_text("{{ name }}")
    write_page(tmp_path / "page.md", tmp_path / "card.md", name="a < b")
    assert (tmp_path / "page.md").read_text() == "a < b"


def test_a_value_that_is_missing_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "card.md").write_text("{{ name }}")
    with pytest.raises(UndefinedError, match="name"):
        write_page(tmp_path / "page.md", tmp_path / "card.md")


def test_a_wide_table_scrolls_on_a_phone_beside_its_names(tmp_path: Path, page: Any, axe: str) -> None:
    cells = "".join(f'<td class="number">{number}.0000</td>' for number in range(12))
    table = f"<table><tr><th>a name of several words, and long</th>{cells}</tr></table>"
    panel = f'<div class="panel" tabindex="0" role="region" aria-label="Figures">{table}</div>'
    template = tmp_path / "wide.html"
    head = '{% extends "page.html" %}{% block title %}Wide{% endblock %}{% block content %}<h1>Wide</h1>'
    template.write_text(f"{head}{panel}{{% endblock %}}")
    write_page(tmp_path / "page.html", template)
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto((tmp_path / "page.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator(".panel").evaluate("panel => { panel.scrollLeft = panel.scrollWidth; }")
    place = "one => { const { left, right } = one.getBoundingClientRect(); return [left, right]; }"
    [left, right] = page.locator("th").evaluate(place)
    [edge, end] = page.locator(".panel").evaluate(place)
    last = page.locator("td").last.evaluate(place)[1]
    assert edge <= left and right < edge + 180 and last <= end
    page.evaluate(axe)
    violations = page.evaluate("axe.run().then(found => found.violations)")
    assert [one["id"] for one in violations if one["impact"] in ("serious", "critical")] == []


def test_no_printed_table_is_cut_off(tmp_path: Path, page: Any) -> None:
    """A4 has 190 mm between the margins."""
    numbers = '<td class="number">0.8326 to 0.8641</td>' * 3
    meaning = '<td class="what">the chance that one who leaves is given more risk than one who stays</td>'
    table = f"<table><tr><th>Lift of the riskiest tenth</th>{numbers}{meaning}</tr></table>"
    panel = f'<div class="panel">{table}</div>'
    template = tmp_path / "printed.html"
    template.write_text(f'{{% extends "page.html" %}}{{% block content %}}{panel}{{% endblock %}}')
    write_page(tmp_path / "page.html", template)
    page.set_viewport_size({"width": 718, "height": 1000})
    page.goto((tmp_path / "page.html").as_uri())
    too_wide = "panel => panel.scrollWidth > panel.clientWidth"
    assert page.locator(".panel").evaluate(too_wide)
    page.emulate_media(media="print")
    assert not page.locator(".panel").evaluate(too_wide)
