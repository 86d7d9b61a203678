"""The documentation site: the hook of mkdocs.yml, which adds files from outside docs/.

MkDocs imports this file in its own environment (docs/site/), so it may depend on nothing but Python.
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
    """Return the path on the site of a file in the repository."""
    if path in PAGES:
        return PAGES[path]
    return path.removeprefix("docs/") if path.startswith("docs/") else f"repository/{path}"


def source(uri: str) -> str:
    """Return the file in the repository from which a page of the site is made."""
    return next((path for path, page in PAGES.items() if page == uri), f"docs/{uri}")


def convert_links(text: str, path: str) -> str:
    """Return a page's Markdown with links between the repository's files turned into links between pages.

    A link to a file that does not exist stays as it is, so that the build reports it.
    """

    def target(found: re.Match[str]) -> str:
        linked = _resolve_link(path, found[1])
        return place(linked) if (ROOT / linked).is_file() else found[1]

    return LINK.sub(target, text)


def indented(text: str) -> str:
    """Return Markdown with the content of list items indented by four spaces, as Python-Markdown requires.

    GitHub goes by where the item's text begins: three spaces for `1. `, two for `- `.
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
    """Return the files outside docs/ that the site shows, as {path in the repository: path on the site}."""
    read = [*PAGES, *(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").glob("*.md"))]
    linked = {link for path in read for link in _links(path) if not link.startswith("docs/")}
    return SCRIPTS | {path: place(path) for path in sorted({*PAGES, *linked})}


def _links(path: str) -> Iterator[str]:
    for found in LINK.finditer((ROOT / path).read_text(encoding="utf-8")):
        linked = _resolve_link(path, found[1])
        if (ROOT / linked).is_file():
            yield linked


def _resolve_link(path: str, target: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), target))


def on_files(files: Any, config: Any) -> Any:
    """Add the files outside docs/ to MkDocs' files."""
    from mkdocs.structure.files import File

    made: Callable[..., Any] = File.generated
    for path, uri in outside().items():
        files.append(made(config, uri, abs_src_path=str(ROOT / path)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Point a page's links at pages of the site, and indent its lists."""
    return indented(convert_links(markdown, source(page.file.src_uri)))
