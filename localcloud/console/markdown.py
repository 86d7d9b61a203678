"""Markdown as HTML: headings, paragraphs, lists, tables, code; whatever else stands there stays text."""

import re
from collections.abc import Iterator
from html import escape
from itertools import groupby

MOST_CHARACTERS = 200_000
_FENCE = "```"
_HEADING = re.compile(r"(#{1,6})\s+(.*?)\s*#*$")
_ITEM = re.compile(r"(?:[-*+]|(\d+)[.)])\s+(.*)")
_RULE = re.compile(r"\|?[\s:|-]*-[\s:|-]*$")
_SPANS = (
    (re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*"), r"<strong>\1</strong>"),
    (re.compile(r"(?<!\w)\*(?=\S)(.+?)(?<=\S)\*(?!\w)"), r"<em>\1</em>"),
    (
        re.compile(r"\[([^]]+)\]\((https?://(?:[^\s()&]|&amp;)+)\)"),
        r'<a href="\2" rel="noopener noreferrer">\1</a>',
    ),
)


def html_of(text: str) -> str:
    """Return a text in Markdown as HTML in which nothing of the text is markup."""
    return "\n".join(_blocks(text[:MOST_CHARACTERS].splitlines()))


def _blocks(lines: list[str]) -> Iterator[str]:
    """Yield the blocks, which blank lines part; code keeps its own."""
    block: list[str] = []
    is_code = False
    for line in [*lines, ""]:
        if line.startswith(_FENCE):
            yield from _code(block) if is_code else _block(block)
            block, is_code = [], not is_code
        elif line.strip() or is_code:
            block.append(line)
        else:
            yield from _block(block)
            block = []
    if is_code:
        yield from _code(block)


def _code(lines: list[str]) -> Iterator[str]:
    yield _tag("pre", escape("\n".join(lines)))


def _block(lines: list[str]) -> Iterator[str]:
    """Yield what the lines of a block are, headings and lists told apart from the paragraph around them."""
    if len(lines) > 1 and "|" in lines[0] and _RULE.match(lines[1]):
        yield _table(lines)
        return
    for kind, group in groupby(lines, _kind):
        part = list(group)
        if kind == "heading":
            yield from map(_heading, part)
        elif kind:
            yield _tag(kind, "".join(_tag("li", _spans(_ITEM.sub(r"\2", one))) for one in part))
        else:
            yield _tag("p", _spans("\n".join(part)))


def _kind(line: str) -> str:
    if _HEADING.match(line):
        return "heading"
    item = _ITEM.match(line)
    return "" if not item else "ol" if item[1] else "ul"


def _heading(line: str) -> str:
    """Return a heading below those of the page that it stands on."""
    level = min(len(line) - len(line.lstrip("#")) + 2, 6)
    return _tag(f"h{level}", _spans(_HEADING.sub(r"\2", line)))


def _table(lines: list[str]) -> str:
    head, _, *rows = ([cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines)
    named = "".join(f'<th scope="col">{_spans(cell)}</th>' for cell in head)
    body = "".join(_tag("tr", "".join(_tag("td", _spans(cell)) for cell in row)) for row in rows)
    table = f'<table class="rows"><thead><tr>{named}</tr></thead><tbody>{body}</tbody></table>'
    return f'<div class="scroll">{table}</div>'


def _spans(text: str) -> str:
    """Return a text with its emphasis and links; what stands in backticks is taken as it is."""
    parts = re.split(r"`([^`]+)`", text)
    return "".join(
        _tag("code", escape(part)) if number % 2 else _emphasised(part) for number, part in enumerate(parts)
    )


def _emphasised(text: str) -> str:
    said = escape(text)
    for pattern, made in _SPANS:
        said = pattern.sub(made, said)
    return said


def _tag(name: str, inside: str) -> str:
    return f"<{name}>{inside}</{name}>"
