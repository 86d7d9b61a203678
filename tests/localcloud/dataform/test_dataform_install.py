import json
import re
import shutil

import pytest

from localcloud.dataform.install import COMPILER, NotInstalledError, install, is_installed, require_installed


@pytest.fixture
def copy(tmp_path):
    """Return a compiler folder that its marker file says is installed."""
    for name in ("package.json", "package-lock.json"):
        shutil.copy(COMPILER / name, tmp_path)
    (tmp_path / "node_modules").mkdir()
    shutil.copy(COMPILER / "node_modules" / ".installed", tmp_path / "node_modules")
    return tmp_path


def test_does_nothing_when_the_locked_versions_are_installed(copy):
    assert is_installed(copy)
    assert not install(copy)
    require_installed(copy)


def test_a_changed_lock_is_not_installed(copy):
    lock = copy / "package-lock.json"
    lock.write_text(lock.read_text().replace("3.0.69", "3.0.68"))
    assert not is_installed(copy)
    with pytest.raises(NotInstalledError, match=r"run python -m localcloud\.dataform\.install"):
        require_installed(copy)


def test_says_in_which_folder_npm_failed_and_leaves_no_mark(copy):
    # Nothing to download: npm refuses a package.json that does not fit its lock file.
    (copy / "package.json").write_text('{"dependencies": {"@dataform/core": "1.0.0"}}')
    with pytest.raises(NotInstalledError, match=re.escape(str(copy))):
        install(copy)
    assert not is_installed(copy)


def test_the_lock_pins_every_package_and_names_no_registry():
    lock = json.loads((COMPILER / "package-lock.json").read_text())
    packages = {path: found for path, found in lock["packages"].items() if path}
    assert packages["node_modules/@dataform/core"]["version"] == "3.0.62"
    assert packages["node_modules/@dataform/cli"]["version"] == "3.0.69"
    left_out = {path: packages.pop(path) for path in ("left_out/monaco-editor", "node_modules/monaco-editor")}
    assert left_out == {
        "left_out/monaco-editor": {"version": "0.44.0"},
        "node_modules/monaco-editor": {"resolved": "left_out/monaco-editor", "link": True},
    }
    assert not [path for path, found in packages.items() if "resolved" in found]
    assert not [path for path, found in packages.items() if not found.get("integrity")]


def test_no_code_imports_the_package_that_is_left_out():
    """The only package that depends on it does so for its types, which nothing reads at run time."""
    packages = json.loads((COMPILER / "package-lock.json").read_text())["packages"]
    dependents = [
        path for path, found in packages.items() if "monaco-editor" in found.get("dependencies", {})
    ]
    assert dependents == ["", "node_modules/google-sql-syntax-ts"]
    code = list((COMPILER / dependents[1]).rglob("*.js"))
    assert code
    assert not [path for path in code if "monaco-editor" in path.read_text(encoding="utf-8")]
