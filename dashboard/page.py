"""Build the page: data, styles, scripts and the charting library in one file that contacts no host."""

import base64
import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

import vl_convert
from jinja2 import Environment, StrictUndefined

FOLDER = Path(__file__).parent / "page"
SCRIPTS = (
    *("data.js", "texts.js", "address.js", "tables.js", "charts.js"),
    *("sales.js", "sales-figures.js", "risk.js", "results.js", "startups.js", "page.js"),
)
PAGES = {"sales": "Sales", "risk": "Churn risk", "results": "Results", "startups": "Startups"}


def render(cube: dict[str, Any]) -> str:
    """Return the HTML of a cube's dashboard; its content security policy lets only its own scripts run.

    The sales, the only table that grows, are compressed. The rest is plain text, since an erasure looks for
    pseudonyms in it.
    """
    small = {name: table for name, table in cube["tables"].items() if name != "sales"}
    library = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    module = "".join(_read(name) for name in SCRIPTS)
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return environment.from_string(_read("page.html")).render(
        cube=cube,
        pages={name: title for name, title in PAGES.items() if name not in cube["hidden_tables"]},
        data=_json(cube | {"tables": small}).replace("<", "\\u003c"),  # no text can end the script element
        sales=_compressed(cube["tables"]["sales"]),
        style=_read("style.css"),
        library=library,
        module=module,
        script_hashes=" ".join(f"'sha256-{_sha256(script)}'" for script in (library, module)),
    )


def _read(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _compressed(value: Any) -> str:
    """Return a value as gzipped JSON in base64, the same for equal values; browsers unpack it natively."""
    return base64.b64encode(gzip.compress(_json(value).encode(), mtime=0)).decode()


def _sha256(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
