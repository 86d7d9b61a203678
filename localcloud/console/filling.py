"""The templates of the pages, and the filters that format their values."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from localcloud.console import formats


def environment() -> Environment:
    """Return the templates; every value is escaped, and a missing one is an error."""
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters.update(
        moment=formats.moment,
        duration=formats.duration,
        number=formats.number,
        change=formats.change,
        parameter=formats.parameter,
        heading=formats.heading,
        label=formats.label,
        sentence=formats.sentence,
        size=formats.size,
        opening=formats.opening,
    )
    return templates
