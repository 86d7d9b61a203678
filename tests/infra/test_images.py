"""The images: built alike, from the lock, with nothing that a run does not need."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from components.image import IMAGE
from infra.deploy.images import NAMES

ROOT = Path(__file__).parents[2]
FOLDERS = ("components", "generators", "orchestrator")


@pytest.fixture(params=FOLDERS)
def dockerfile(request) -> str:
    return (ROOT / request.param / "Dockerfile").read_text(encoding="utf-8")


def test_hadolint_reports_nothing():
    program = Path(sys.executable).with_name("hadolint")
    files = [str(ROOT / folder / "Dockerfile") for folder in FOLDERS]
    done = subprocess.run([program, *files], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout


def test_one_base_image_is_pinned_by_its_digest():
    bases = {
        re.search(r"^ARG BASE=(.+)$", (ROOT / folder / "Dockerfile").read_text(), re.M)[1]
        for folder in FOLDERS
    }
    [base] = bases
    assert re.fullmatch(r"python:3\.13-slim@sha256:[0-9a-f]{64}", base)


def test_an_image_is_installed_only_from_its_lock(dockerfile):
    [install] = re.findall(r"pip install .*", dockerfile)
    assert "--require-hashes --requirement requirements.txt" in install


def test_an_image_runs_unprivileged_without_an_installer(dockerfile):
    """Except for the steps: no user but root is proved able to write to the bucket that Vertex AI mounts."""
    final = dockerfile.rpartition("\nFROM ")[2]
    assert re.search(r"^(USER 900|ARG STEP_USER=0\nUSER \$\{STEP_USER\})$", final, re.M)
    assert "useradd --system --uid 900" in final
    assert "pip uninstall" in final
    assert "pip install" not in final


def test_commands_are_lists_and_code_is_compiled(dockerfile):
    commands = re.findall(r"^(?:CMD|ENTRYPOINT) (.*)$", dockerfile, re.M)
    assert commands
    assert all(command.startswith("[") for command in commands)
    assert "compileall" in dockerfile


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_locks_agree(folder):
    def pins(path):
        return set(re.findall(r"^(\S+==\S+)", path.read_text(encoding="utf-8"), re.M))

    image = pins(ROOT / folder / "requirements.txt")
    assert image
    assert image <= pins(ROOT / "requirements.lock")


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_lock_names_no_registry(folder):
    assert "://" not in (ROOT / folder / "requirements.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("folder", FOLDERS)
def test_an_image_holds_the_packages_that_its_code_imports(folder, dockerfiles):
    copied = set(re.findall(r"^COPY (\w+) \1$", dockerfiles[folder], re.M))
    tops = copied - {"components"} | {folder}  # the other images hold only the shared parts of components/
    code = "\n".join(path.read_text(encoding="utf-8") for top in tops for path in (ROOT / top).rglob("*.py"))
    ours = {path.name for path in ROOT.iterdir() if (path / "__init__.py").exists()}
    imported = set(re.findall(r"^\s*(?:from|import) (\w+)", code, re.M)) & ours
    assert imported | {folder} <= copied


@pytest.fixture(scope="module")
def dockerfiles():
    return {folder: (ROOT / folder / "Dockerfile").read_text(encoding="utf-8") for folder in FOLDERS}


@pytest.fixture(scope="module")
def build():
    return yaml.safe_load((ROOT / "cloudbuild.yaml").read_text(encoding="utf-8"))


def test_the_build_makes_the_images_that_a_deployment_needs(build):
    assert build["images"] == [f"${{_REGISTRY}}/{name}:${{_TAG}}" for name in NAMES]
    files = {
        argument for step in build["steps"] for argument in step["args"] if argument.startswith("--file=")
    }
    assert files == {f"--file={folder}/Dockerfile" for folder in FOLDERS}


def test_the_build_names_the_image_of_the_steps(build, tmp_path):
    (tmp_path / "components").mkdir()
    image = tmp_path / "components/image.py"
    image.write_text((ROOT / "components/image.py").read_text())
    [step] = [each for each in build["steps"] if each.get("entrypoint") == "sed"][:1]
    words = [word.replace("${_REGISTRY}", "example").replace("${_TAG}", "abc") for word in step["args"]]
    subprocess.run(["sed", *words], cwd=tmp_path, check=True)
    namespace: dict[str, str] = {}
    exec(image.read_text(), namespace)  # noqa: S102
    assert namespace["IMAGE"] == "example/batch-steps-python:abc" != IMAGE


def test_the_build_waits_for_the_name(build):
    first, *others = build["steps"]
    assert all(step["waitFor"] == [first["id"]] for step in others)


def test_the_build_may_log(build):
    assert build["options"]["logging"] == "CLOUD_LOGGING_ONLY"  # a user-specified account has no logs bucket
