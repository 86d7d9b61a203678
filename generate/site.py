"""The documentation's site: the hook of mkdocs.yml, which adds files from outside docs/.

MkDocs imports this file in its own environment (docs/site/), so it must need nothing but Python.
"""

import posixpath
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
SITE = "docs/site/node_modules"
# Pages that lie elsewhere in the repository, and scripts that the theme would fetch from the network.
PAGES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "localcloud/README.md": "stand-ins.md",
}
SCRIPTS = {
    f"{SITE}/@mermaid-js/tiny/dist/mermaid.tiny.js": "assets/mermaid.js",
    f"{SITE}/iframe-worker/shim/index.js": "assets/iframe-worker.js",
}
ITEM = re.compile(r"(?:\d+\.|[-*]) +")
LINK = re.compile(r"(?<=\]\()(?!\w+:|#)([^)#\s]+)(?=[)#])")


def place(path: str) -> str:
    """Return where a file of the repository lies on the site."""
    if path in PAGES:
        return PAGES[path]
    return path.removeprefix("docs/") if path.startswith("docs/") else f"repository/{path}"


def source(uri: str) -> str:
    """Return which file of the repository a page of the site is made of."""
    return next((path for path, page in PAGES.items() if page == uri), f"docs/{uri}")


def led(text: str, path: str) -> str:
    """Return a page's Markdown, the links between files of the repository made links between pages.

    A link to what the repository has not stays as it is, so that the build tells of it.
    """

    def target(found: re.Match[str]) -> str:
        linked = _linked(path, found[1])
        return place(linked) if (ROOT / linked).is_file() else found[1]

    return LINK.sub(target, text)


def indented(text: str) -> str:
    """Return Markdown with what belongs to an item of a list four spaces in, as Python-Markdown wants it.

    GitHub takes it from where the item's text begins: three spaces in for `1. `, two for `- `.
    """
    lines, fenced, inner = [], False, 0
    for line in text.split("\n"):
        fenced ^= line.startswith("```")
        if item := not fenced and ITEM.match(line):
            inner = item.end()
        elif line and not line.startswith(" " * inner):
            inner = 0
        lines.append(" " * (4 - inner) + line if line and inner and not item else line)
    return "\n".join(lines)


def outside() -> dict[str, str]:
    """Return the files outside docs/ that the site shows: their places on it by their own paths."""
    read = [*PAGES, *(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").glob("*.md"))]
    linked = {link for path in read for link in _links(path) if not link.startswith("docs/")}
    return SCRIPTS | {path: place(path) for path in sorted({*PAGES, *linked})}


def _links(path: str) -> Iterator[str]:
    for found in LINK.finditer((ROOT / path).read_text(encoding="utf-8")):
        linked = _linked(path, found[1])
        if (ROOT / linked).is_file():
            yield linked


def _linked(path: str, target: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), target))


def on_files(files: Any, config: Any) -> Any:
    """Add to MkDocs' files what lies outside docs/."""
    from mkdocs.structure.files import File

    made: Callable[..., Any] = File.generated
    for path, uri in outside().items():
        files.append(made(config, uri, abs_src_path=str(ROOT / path)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Lead the links of a page to pages, and indent its lists."""
    return indented(led(markdown, source(page.file.src_uri)))
