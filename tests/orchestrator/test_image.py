"""What the image is built from: requirements derived from the lock, and sufficient to serve."""

import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).parents[2]
REQUIREMENTS = ROOT / "orchestrator" / "requirements.txt"
LOCK = ROOT / "requirements.lock"
UV = Path(sys.executable).with_name("uv")
DOCKERFILE = ROOT / "orchestrator" / "Dockerfile"
SERVE = """
import sys
for name in sys.argv[1:]:
    sys.modules[name] = None  # importing it fails, as where it is not installed
from orchestrator.server import create_app
from orchestrator.settings import Settings
app = create_app(Settings.from_environment({"WINTER_DAYS_PROJECT": "winter-days-local"}))
print(*app.openapi()["paths"])
"""


def pins(path):
    """Return each package's version and hashes, by package name."""
    entries = re.split(r"(?m)^(?=[a-z0-9])", path.read_text(encoding="utf-8"))
    return {entry.partition("==")[0]: entry.split() for entry in entries if "==" in entry}


def test_the_requirements_follow_from_the_lock(tmp_path):
    made = tmp_path / "requirements.txt"
    made.write_bytes(REQUIREMENTS.read_bytes())
    recipe = (ROOT / "Makefile").read_text(encoding="utf-8")
    options = re.search(r"^LOCK := .*pip compile (.*)$", recipe, re.M)[1].split()
    more = re.search(r"\$\(LOCK\) (pyproject\.toml --extra orchestrator .*) -o", recipe)[1].split()
    subprocess.run([UV, "pip", "compile", *options, *more, "-o", made], cwd=ROOT, check=True)
    assert made.read_bytes() == REQUIREMENTS.read_bytes()


def test_they_are_pinned_as_in_the_lock_and_include_nothing_heavy():
    wanted, locked = pins(REQUIREMENTS), pins(LOCK)
    assert {"fastapi", "google-cloud-aiplatform", "kfp", "uvicorn"} <= wanted.keys()
    assert not {"numpy", "pandas", "pyarrow", "scikit-learn", "google-cloud-firestore"} & wanted.keys()
    assert {name: locked[name] for name in wanted} == wanted
    assert "://" not in REQUIREMENTS.read_text(encoding="utf-8")


def modules(distributions):
    """Return the names of the packages and modules that the distributions install."""
    files = [file for one in distributions for file in one.files or [] if file.suffix == ".py"]
    names = {
        (file.parent if file.name == "__init__.py" else file.with_suffix("")).as_posix() for file in files
    }
    return {name.replace("/", ".") for name in names if "-" not in name}


def absent_from_the_image():
    """Return what can be imported here but not in the image."""
    wanted = pins(REQUIREMENTS)
    inside, outside = [], []
    for one in metadata.distributions():
        name = re.sub(r"[-_.]+", "-", one.name).lower()
        (inside if name in wanted else outside).append(one)
    copied = re.findall(r"(?m)^COPY (\w+) \w+$", DOCKERFILE.read_text(encoding="utf-8"))
    folders = {path.parent.name for path in ROOT.glob("*/__init__.py")} - set(copied)
    absent = modules(outside) - modules(inside) | folders
    return {name for name in absent if name.rpartition(".")[0] not in absent}


def test_they_are_enough_to_start_the_service(cloud):
    absent = absent_from_the_image()
    assert {"pandas", "sklearn", "google.cloud.firestore", "localcloud"} <= absent
    done = subprocess.run(
        [sys.executable, "-c", SERVE, *absent], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [
        *("/", "/backfill", "/runs", "/runs/{run_id}"),
        *("/runs/{run_id}:cancel", "/runs/{run_id}:retry"),
    ]
