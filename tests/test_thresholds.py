"""The page of thresholds says what the code has, and where."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.specification import COMPILED

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "thresholds.md").read_text(encoding="utf-8")
WORKFLOW = "dataform/workflow_settings.yaml"
type Place = tuple[str, str]


def rows() -> Iterator[tuple[Place, str]]:
    """Yield the page's rows: the file named above the table, the name, and the value."""
    file = ""
    for line in PAGE.splitlines():
        if found := re.match(r"In `(\S+)`\.", line):
            file = found[1]
        elif found := re.match(r"\| `([\w.]+)` \| (\S+) \| \S.*\|$", line):
            yield (file, found[1]), found[2]


def constants(path: Path) -> Iterator[tuple[str, Any]]:
    """Yield the constants of a module by name; those of RISK_BANDS by RISK_BANDS.key."""
    if path.suffix == ".js":
        yield from re.findall(r"(?m)^const ([A-Z_]+) = ([\d.]+);$", path.read_text(encoding="utf-8"))
        return
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=value)):
                yield name, value
            case ast.AnnAssign(target=ast.Name(id="RISK_BANDS"), value=ast.Dict() as bands):
                yield from ((f"RISK_BANDS.{key}", value) for key, value in ast.literal_eval(bands).items())


SETTINGS = yaml.safe_load((ROOT / WORKFLOW).read_text(encoding="utf-8"))["vars"]
MODULES = [
    *ROOT.glob("components/**/*.py"),
    *ROOT.glob("contracts/*.py"),
    *ROOT.glob("dataform/includes/*.js"),
]
ROWS = dict(rows())
VALUES = {(WORKFLOW, name): str(value) for name, value in SETTINGS.items()} | {
    (path.relative_to(ROOT).as_posix(), name): str(value)
    for path in MODULES
    for name, value in constants(path)
}


@pytest.mark.parametrize("place", ROWS, ids=lambda place: place[1])
def test_each_value_is_that_of_the_code(place: Place) -> None:
    assert ROWS[place] == VALUES[place]


def test_every_threshold_of_these_kinds_is_listed() -> None:
    kinds = re.compile(
        r"RISK_BANDS\.|\w+_SHIFT$|VOLUME_RATIO$|UNSEEN_|MARGIN$|MOST_\w+_LOST$|\w*_volume_share$|JUDGED_FROM_"
    )
    assert {place for place in VALUES if kinds.match(place[1])} <= ROWS.keys()
    assert len(ROWS) == PAGE.count("\n| `") == 19


def test_a_run_and_a_workspace_compiled_by_hand_tolerate_the_same_share_of_rejects() -> None:
    parameters = json.loads(COMPILED.read_text(encoding="utf-8"))["root"]["inputDefinitions"]["parameters"]
    assert str(parameters["max_reject_share"]["defaultValue"]) == SETTINGS["max_reject_share"]
