"""Pages are filled from a template beside a step, and what people or data bring in is escaped."""

from pathlib import Path

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
