"""The page of thresholds says what the code has."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "thresholds.md").read_text(encoding="utf-8")
ROWS = dict(re.findall(r"^\| `([\w.]+)` \| (\S+) \| \S.*\|$", PAGE, re.MULTILINE))


def constants() -> dict[str, Any]:
    """Return the constants of steps and contracts by name; those of RISK_BANDS by RISK_BANDS.key."""
    found: dict[str, Any] = {}
    for path in [path for folder in ("components", "contracts") for path in (ROOT / folder).rglob("*.py")]:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=value)):
                    found[name] = value
                case ast.AnnAssign(target=ast.Name(id="RISK_BANDS"), value=ast.Dict() as bands):
                    found |= {f"RISK_BANDS.{key}": value for key, value in ast.literal_eval(bands).items()}
    return found


SETTINGS = yaml.safe_load((ROOT / "dataform" / "workflow_settings.yaml").read_text(encoding="utf-8"))["vars"]
VALUES = {name: str(value) for name, value in (constants() | SETTINGS).items()}


@pytest.mark.parametrize("name", ROWS)
def test_each_value_is_that_of_the_code(name: str) -> None:
    assert ROWS[name] == VALUES[name]


def test_every_threshold_of_these_kinds_is_listed() -> None:
    kinds = re.compile(
        r"RISK_BANDS\.|\w+_SHIFT$|VOLUME_RATIO$|UNSEEN_|MARGIN$|MOST_\w+_LOST$|\w*_volume_share$"
    )
    assert {name for name in VALUES if kinds.match(name)} <= ROWS.keys()
    assert len(ROWS) == PAGE.count("\n| `") == 16
