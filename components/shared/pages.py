"""Pages that a step writes for people: a template beside the step, which may extend page.html from here."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

FOLDER = Path(__file__).parent


def write_page(path: Path, template: Path, **values: Any) -> None:
    """Fill a template and write it; in .html, whatever is not marked safe is escaped."""
    environment = Environment(
        loader=FileSystemLoader([template.parent, FOLDER]),
        autoescape=template.suffix == ".html",  # noqa: S701 - Markdown has no tags to escape
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(environment.get_template(template.name).render(**values), encoding="utf-8")
