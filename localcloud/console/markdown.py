"""Markdown as HTML for a console page: no HTML from the text, and nothing loaded from elsewhere."""

from collections.abc import Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict
from markupsafe import Markup

MOST_CHARACTERS = 200_000
_BELOW = 2  # levels below the headings of the page it is embedded in
_ATTRIBUTES = {
    "table_open": {"class": "rows"},
    "th_open": {"scope": "col"},
    "link_open": {"rel": "noopener noreferrer"},
}


def html_of(text: str) -> Markup:
    """Return a Markdown text as HTML; HTML in the text is escaped."""
    reader = MarkdownIt("js-default", {"linkify": False}).disable("image")
    reader.add_render_rule("table_open", _open_table)
    reader.add_render_rule("table_close", _close_table)
    tokens = reader.parse(text[:MOST_CHARACTERS])
    for token in tokens:
        _adapt(token)
    return Markup(reader.renderer.render(tokens, reader.options, {}).rstrip("\n"))  # noqa: S704 -- it escapes


def _adapt(token: Token) -> None:
    """Adapt a token to the look of the page, whose security policy blocks styles from the text."""
    token.attrs.pop("style", None)
    if token.type in ("heading_open", "heading_close"):
        token.tag = f"h{min(int(token.tag[1]) + _BELOW, 6)}"
    for name, value in _ATTRIBUTES.get(token.type, {}).items():
        token.attrSet(name, value)
    for child in token.children or ():
        _adapt(child)


def _open_table(
    renderer: RendererHTML, tokens: Sequence[Token], number: int, options: OptionsDict, env: dict[str, Any]
) -> str:
    """Return the start of a table in a container that scrolls if the table is too wide."""
    return '<div class="scroll">' + renderer.renderToken(tokens, number, options, env)


def _close_table(
    renderer: RendererHTML, tokens: Sequence[Token], number: int, options: OptionsDict, env: dict[str, Any]
) -> str:
    return renderer.renderToken(tokens, number, options, env).rstrip("\n") + "</div>\n"
