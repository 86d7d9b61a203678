"""localcloud/README.md says what the code does: its settings, its variables, its services and its limits."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

from localcloud.endpoints import GOOGLE, variable
from localcloud.firestore.server import Calls
from localcloud.firestore.service import FirestoreService
from localcloud.firestore.store import Store
from localcloud.guard import OWN_SITES
from localcloud.settings import FILE_VARIABLE, STATE_VARIABLE, Console, Keep, OwnService, Settings
from localcloud.storage.request import MOST_JSON

FOLDER = Path(__file__).parents[2] / "localcloud"
README = (FOLDER / "README.md").read_text(encoding="utf-8")
KEYS = dict(re.findall(r"^\| `([\w.]+)` \| .* \| ([^|]+) \|$", README, re.MULTILINE))
TABLES = {"": Settings, "console.": Console, "keep.": Keep, "service.NAME.": OwnService}


def test_every_key_is_there_with_its_default():
    fields = {
        prefix + name: field
        for prefix, table in TABLES.items()
        for name, field in table.model_fields.items()
        if name not in ("console", "keep", "service")
    }
    assert set(KEYS) == set(fields)
    for key, field in fields.items():
        default = "needed" if field.is_required() else field.default
        words = {"all": list(GOOGLE), "none": default or None, "a cloud": ""}
        told = words.get(KEYS[key], KEYS[key].strip("`"))
        assert str(told or None) == str(default or None), key


def test_its_example_is_a_valid_file():
    [example] = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    settings = Settings.model_validate(tomllib.loads(example))
    assert settings.console.trigger in settings.service


def test_every_variable_and_every_placeholder_is_there():
    ports = [port for names in GOOGLE.values() for port in names]
    for name in (*map(variable, ports), FILE_VARIABLE, STATE_VARIABLE):
        assert f"`{name}`" in README
    for name in ("project", "state", "python", *ports):
        assert f"`{{{name}}}`" in README


def test_its_commands_exist():
    modules = set(re.findall(r"python -m (localcloud[\w.]*)", README))
    own = {
        f"localcloud.{name}"
        for name in ("bigquery.googlesql.compiled", "dataform.install", "dataform.compile", "firestore.clock")
    }
    assert modules == {"localcloud"} | own
    for module in modules:
        subprocess.run([sys.executable, "-m", module, "--help"], check=True, stdout=subprocess.DEVNULL)
    shown = subprocess.run([sys.executable, "-m", "localcloud", "--help"], capture_output=True, text=True)
    for command in re.findall(r"python -m localcloud (\w+)", README):
        assert command in shown.stdout


def test_every_named_file_exists():
    places = re.findall(r"`((?:\w+/)*\w+\.(?:py|toml))`", README)
    assert {"guard.py", "bigquery/external.py"} <= set(places)
    named = {place for place in places if not (FOLDER / place).exists()}
    assert named == {"localcloud.toml", "pyproject.toml", "tests/localcloud/test_standing_alone.py"}
    assert all((FOLDER.parent / place).exists() for place in named)


def test_each_service_says_what_it_leaves_out_and_was_tried_with():
    parts = re.findall(r"^### (.*?)\n(.*?)(?=^##)", README, re.DOTALL | re.MULTILINE)
    services = {title: text for title, text in parts if title != "The console"}
    assert set(services) == {"BigQuery", "Cloud Storage", "Firestore", "Dataform", "Vertex AI"}
    for text in services.values():
        assert "\n- Left out" in text
        assert "\n- Tried with: `" in text


def test_its_limits_are_those_of_the_code(tmp_path):
    assert f"neither {' nor '.join(f'`{site}`' for site in sorted(OWN_SITES, reverse=True))}" in README
    assert f"metadata over {MOST_JSON // 2**20} MiB 413" in README
    store = Store(tmp_path)
    calls = Calls(FirestoreService(store))._handlers
    store.close()
    assert not {"Listen", "Write", "ExecutePipeline"} & set(calls)
