"""Markdown as HTML: headings, paragraphs, lists, tables, code; whatever else stands there stays text."""

import re
from collections.abc import Iterator
from itertools import groupby

from markupsafe import Markup, escape

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


def html_of(text: str) -> Markup:
    """Return a text in Markdown as HTML in which nothing of the text is markup."""
    return Markup("\n").join(_blocks(text[:MOST_CHARACTERS].splitlines()))


def _blocks(lines: list[str]) -> Iterator[Markup]:
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
    yield from _code(block) if is_code else _block(block)


def _code(lines: list[str]) -> Iterator[Markup]:
    yield Markup("<pre>{}</pre>").format("\n".join(lines))


def _block(lines: list[str]) -> Iterator[Markup]:
    """Yield what the lines of a block are, headings and lists told apart from the paragraph around them."""
    if len(lines) > 1 and "|" in lines[0] and _RULE.match(lines[1]):
        yield _table(lines)
        return
    for kind, group in groupby(lines, _kind):
        part = list(group)
        if kind == "heading":
            yield from map(_heading, part)
        elif kind:
            items = Markup("").join(Markup("<li>{}</li>").format(_spans(_ITEM.match(one)[2])) for one in part)  # type: ignore[index]
            yield Markup("<{0}>{1}</{0}>").format(kind, items)
        else:
            yield Markup("<p>{}</p>").format(_spans("\n".join(part)))


def _kind(line: str) -> str:
    if _HEADING.match(line):
        return "heading"
    item = _ITEM.match(line)
    return "" if not item else "ol" if item[1] else "ul"


def _heading(line: str) -> Markup:
    """Return a heading below those of the page that it stands on."""
    found = _HEADING.match(line)
    assert found  # noqa: S101 -- it is of that kind
    level = min(len(found[1]) + 2, 6)
    return Markup("<h{0}>{1}</h{0}>").format(level, _spans(found[2]))


def _table(lines: list[str]) -> Markup:
    head, *rows = ([cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines)
    named = Markup("").join(Markup('<th scope="col">{}</th>').format(_spans(cell)) for cell in head)
    body = Markup("").join(
        Markup("<tr>{}</tr>").format(
            Markup("").join(Markup("<td>{}</td>").format(_spans(cell)) for cell in row)
        )
        for row in rows[1:]
    )
    table = Markup('<table class="rows"><thead><tr>{}</tr></thead><tbody>{}</tbody></table>')
    return Markup('<div class="scroll">{}</div>').format(table.format(named, body))


def _spans(text: str) -> Markup:
    """Return a text with its emphasis and links; what stands in backticks is taken as it is."""
    parts = re.split(r"`([^`]+)`", text)
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if number % 2 else _emphasised(part)
        for number, part in enumerate(parts)
    )


def _emphasised(text: str) -> Markup:
    said = str(escape(text))
    for pattern, made in _SPANS:
        said = pattern.sub(made, said)
    return Markup(said)  # noqa: S704 -- it was escaped, and what was added is ours
