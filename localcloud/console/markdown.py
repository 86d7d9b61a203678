"""Markdown as HTML for a page of the console: no HTML of the text, and nothing loaded from elsewhere."""

from collections.abc import Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict
from markupsafe import Markup

MOST_CHARACTERS = 200_000
_BELOW = 2  # the headings of the page that it stands on
_ATTRIBUTES = {
    "table_open": {"class": "rows"},
    "th_open": {"scope": "col"},
    "link_open": {"rel": "noopener noreferrer"},
}


def html_of(text: str) -> Markup:
    """Return a text in Markdown as HTML in which nothing of the text is markup."""
    reader = MarkdownIt("js-default", {"linkify": False}).disable("image")
    reader.add_render_rule("table_open", _open_table)
    reader.add_render_rule("table_close", _close_table)
    tokens = reader.parse(text[:MOST_CHARACTERS])
    for token in tokens:
        _adapt(token)
    return Markup(reader.renderer.render(tokens, reader.options, {}).rstrip("\n"))  # noqa: S704 -- it escapes


def _adapt(token: Token) -> None:
    """Have a token look as the page does, whose policy takes no style from a text."""
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
    """Return the start of a table that scrolls by itself where it is too wide."""
    return '<div class="scroll">' + renderer.renderToken(tokens, number, options, env)


def _close_table(
    renderer: RendererHTML, tokens: Sequence[Token], number: int, options: OptionsDict, env: dict[str, Any]
) -> str:
    return renderer.renderToken(tokens, number, options, env).rstrip("\n") + "</div>\n"
