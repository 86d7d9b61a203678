"""The packages of components/: a step uses what is shared and its own, never another step's."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

COMPONENTS = Path(__file__).parents[2] / "components"
PAGE = COMPONENTS.parent / "docs" / "architecture.md"
STEPS = sorted(path.parent.name for path in COMPONENTS.glob("*/component.py"))
SHARED = ["churn_model", "cost", "shared"]
MODULES = sorted(COMPONENTS.glob("*/*.py"))


def rooms_imported(source: str) -> set[str]:
    """Return the folders of components/ that a module imports from, anywhere in it."""
    names: list[str] = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.ImportFrom(module=str(module)):
                names += [f"{module}.{alias.name}" for alias in node.names]
            case ast.Import():
                names += [alias.name for alias in node.names]
    return {name.split(".")[1] for name in names if name.startswith("components.")}


def texts(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def sql_reached(source: str, room: Path) -> set[str]:
    """Return what a module uses of other packages: another step's folder in a path, SQL that it lacks."""
    parts = {part for text in texts(source) for part in text.split("/")}
    folders = {step for step in STEPS if step in parts and step != room.name}
    return folders | {part for part in parts if Path(part).suffix == ".sql" and not (room / part).is_file()}


def climbs(source: str) -> bool:
    """Return whether a module leaves its folder by way of its own path."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Attribute(attr="parents"):
                return True
            case ast.Attribute(attr="parent", value=ast.Name(id="FOLDER") | ast.Attribute(attr="parent")):
                return True
    return False


def test_there_are_steps_and_shared_packages() -> None:
    assert {"export_sales", "train_churn_model", "write_predictions"} <= set(STEPS)
    folders = {path.name for path in COMPONENTS.iterdir() if (path / "__init__.py").exists()}
    assert folders == {*STEPS, *SHARED}


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.relative_to(COMPONENTS).as_posix())
def test_no_module_imports_from_another_step_or_reads_its_sql(module: Path) -> None:
    source, room = module.read_text(encoding="utf-8"), module.parent
    allowed = {room.name, "image", *(SHARED if room.name in STEPS else ["shared"])}
    assert rooms_imported(source) <= allowed
    assert not sql_reached(source, room)
    assert not climbs(source)


def test_what_is_forbidden_is_detected() -> None:
    room = COMPONENTS / "train_churn_model"
    assert rooms_imported("def f():\n    from components.write_predictions import step") == {
        "write_predictions"
    }
    assert rooms_imported("import components.write_predictions.scores") == {"write_predictions"}
    assert sql_reached('FOLDER / "write_predictions"', room) == {"write_predictions"}
    assert sql_reached('read_sql(FOLDER / "replace_partition.sql")', room) == {"replace_partition.sql"}
    assert climbs("FOLDER.parent / name")
    assert climbs("Path(__file__).parent.parent / name")


def test_the_architecture_page_lists_the_packages() -> None:
    table = PAGE.read_text(encoding="utf-8").partition("| Package |")[2].partition("\n\n")[0]
    assert set(re.findall(r"`([a-z_]+)/`", table)) == {*STEPS, *SHARED}
