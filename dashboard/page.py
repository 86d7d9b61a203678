"""Make the page: data, styles, scripts and the charting library in one file that asks no other host."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import vl_convert
from jinja2 import Environment, StrictUndefined

FOLDER = Path(__file__).parent / "page"
SCRIPTS = ("data.js", "tables.js", "charts.js", "page.js")


def render(cube: dict[str, Any]) -> str:
    """Return the HTML of a cube's dashboard; its content security policy lets only its own scripts run."""
    scripts = [
        vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;"),
        *(_read(name) for name in SCRIPTS),
    ]
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return environment.from_string(_read("page.html")).render(
        cube=cube,
        data=_json_in_html(cube),
        style=_read("style.css"),
        scripts=scripts,
        script_hashes=" ".join(f"'sha256-{_sha256(script)}'" for script in scripts),
    )


def _read(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def _json_in_html(value: Any) -> str:
    """Return JSON in which no text can end the script element that holds it."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.replace("<", "\\u003c")


def _sha256(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
