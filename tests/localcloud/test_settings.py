"""localcloud.toml: its settings take effect, and invalid ones are refused with what to do."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from localcloud.endpoints import Endpoints
from localcloud.services import services_of
from localcloud.settings import Settings, SettingsError, load, load_state

ROOT = Path(__file__).parents[2]
OWN = '[service.door]\nserve = "shop.door:main"\n'


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch) -> Path:
    """An empty folder, outside of any cloud."""
    monkeypatch.chdir(tmp_path)
    for name in ("LOCALCLOUD_SETTINGS", "LOCALCLOUD_STATE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def write(text: str, name: str = "localcloud.toml") -> Path:
    file = Path(name).resolve()
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def fault(text: str) -> str:
    write(text)
    with pytest.raises(SettingsError) as error:
        load()
    return str(error.value)


def literal(message: str) -> str:
    """Return the pattern of a message, in which braces are literal."""
    return re.sub(r"([{}])", r"\\\1", message)


def test_without_a_file_everything_has_its_default(elsewhere):
    settings = load()
    assert (settings, settings.file, settings.folder) == (Settings(), None, elsewhere)
    assert list(services_of(settings)) == ["bigquery", "storage", "firestore", "dataform", "vertex"]
    assert settings.advice("up", "s") == "python -m localcloud up --state-dir s"


def test_the_file_of_the_working_directory_is_read_or_the_one_that_is_named(monkeypatch):
    here = write('project = "project-here"')
    there = write('project = "project-there"', "other/cloud.toml")
    assert (load().project, load().file) == ("project-here", here)
    assert (load(there).project, load(there).folder) == ("project-there", there.parent)
    monkeypatch.setenv("LOCALCLOUD_SETTINGS", str(there))
    assert load().project == "project-there"
    assert load(here).project == "project-here"
    assert load(here, "project-given").project == "project-given"


def test_this_projects_settings_reach_its_orchestrator():
    settings = load(ROOT / "localcloud.toml")
    service = services_of(settings)["orchestrator"]
    endpoints = Endpoints(settings.project, {name: 1000 + at for at, name in enumerate(settings.ports)})
    command = service.command(endpoints, Path("/state/orchestrator"))
    assert command[:5] == [
        "env",
        "WINTER_DAYS_PROJECT=winter-days-local",
        "WINTER_DAYS_ALLOW_FUTURE_DATES=true",
        'WINTER_DAYS_PARAMETERS={"dataform_longest_poll_seconds": 0.5}',
        "WINTER_DAYS_CONSOLE_URL=http://127.0.0.1:1005/runs/{id}",
    ]
    assert command[5:] == [sys.executable, "-m", "localcloud.own", "orchestrator", "--port", "1006"]
    assert endpoints.environment()["ORCHESTRATOR_URL"] == "http://127.0.0.1:1006"


def test_placeholders_are_filled_in():
    write(OWN + '[service.door.environment]\nA = "{project} {storage} {door} {state} {{kept}}"\n')
    settings = load()
    endpoints = Endpoints("p", {"storage": 1, "door": 2})
    text = settings.service["door"].environment["A"]
    assert settings.fill_placeholders(text, endpoints, Path("/s")) == "p 127.0.0.1:1 127.0.0.1:2 /s {kept}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "titel = 1",
            "titel is not a key here; the keys are project, google, state, command, provision, preload, "
            "console, keep, service",
        ),
        (
            '[console]\ntitel = "x"',
            "console.titel is not a key here; the keys are title, icon, trigger, start, parameter",
        ),
        (
            OWN + "port = 1",
            "service.door.port is not a key here; the keys are serve, health, content_types, environment",
        ),
        ("[service.door]", "service.door.serve is missing"),
        ('[service.door]\nserve = "shop.door"', "service.door.serve: .* not 'shop.door'"),
        ("[service.Door]\nserve = 'a:b'", r"service.Door.\[key\]: .* not 'Door'"),
        ("[service.storage]\nserve = 'a:b'", "service.storage: this is the name of a Google service"),
        ('google = ["spanner"]', "google.0: .*'storage'.* not 'spanner'"),
        ('google = ["dataform"]', "google: dataform needs bigquery: add it"),
        ('project = "No Project"', "project: .* not 'No Project'"),
        (
            '[console]\ntrigger = "door"',
            r"console.trigger: 'door' is not a \[service.…\] in this file \(none yet\)",
        ),
        ('command = "make {target}"', "command may contain {command}, {state}; write other braces twice"),
        ('provision = ["{pyhton}"]', r"provision\[0\] may contain {project}, {state}, {python}, {bigquery}"),
        ('provision = ["a}"]', r"provision\[0\] may contain"),
        (OWN + '[service.door.environment]\nA = "{vertex.port}"', "service.door.environment.A may contain"),
        ('project = "', "localcloud.toml is not TOML: "),
    ],
)
def test_an_invalid_setting_is_refused_with_what_to_do(text, message):
    said = fault(text)
    assert re.search(literal(message), said), said


def test_the_icon_is_a_file_of_the_project():
    assert "console.icon: there is no file" in fault('[console]\nicon = "i.svg"')
    Path("i.svg").touch()
    assert load().icon == Path("i.svg").resolve()
    assert Settings().icon is None


def test_every_fault_has_its_line():
    lines = fault("a = 1\nb = 2\n[console]\nc = 3").splitlines()
    assert len(lines) == 3
    assert all(line.startswith("localcloud.toml: ") for line in lines)


def test_the_command_line_names_the_fault_and_starts_nothing(elsewhere):
    write("titel = 1")
    for command in (["up"], ["status", "--settings", "localcloud.toml"], ["run", "--", "true"]):
        done = subprocess.run(
            [sys.executable, "-m", "localcloud", *command], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith("localcloud: localcloud.toml: titel is not a key here")
    absent = [sys.executable, "-m", "localcloud", "status", "--settings", "absent.toml"]
    done = subprocess.run(absent, capture_output=True, text=True, check=False)
    assert "absent.toml cannot be read: No such file or directory" in done.stderr
    assert [path.name for path in elsewhere.iterdir()] == ["localcloud.toml"]


def test_the_state_folder_is_known_even_if_the_rest_is_invalid(elsewhere):
    assert load_state().state == load().state == ".localcloud"
    write('state = "here"\ntitel = 1')
    assert load_state().state == "here"
    write("state = 1")
    assert load_state().state == ".localcloud"
    write('state = "')
    assert load_state().state == ".localcloud"
