"""The command line with what a project adds: commands that it runs, provisioning and services of its own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from localcloud.endpoints import free_port
from localcloud.settings import load
from localcloud.state import LocalCloudError, State, is_locked
from localcloud.supervisor import running

pytestmark = pytest.mark.services

DOOR = """
import argparse, os
import uvicorn

async def door(scope, receive, send):
    await receive()
    told = f"{os.environ['GREETING']} from {os.getcwd()}".encode()
    head = [(b"content-length", b"%d" % len(told))]
    await send({"type": "http.response.start", "status": 200, "headers": head})
    await send({"type": "http.response.body", "body": told})

def main(arguments, wrap):
    parser = argparse.ArgumentParser()
    parser.add_argument("--host")
    parser.add_argument("--port", type=int)
    options = parser.parse_args(arguments)
    uvicorn.run(wrap(door), host=options.host, port=options.port, lifespan="off", log_level="warning")
    return 0
"""
SETTINGS = """
project = "little-shop"
google = ["storage"]
command = "just {command} {state}"

[service.front_door]
serve = "shop_door:main"
health = "/any"
content_types = ["text/plain"]

[service.front_door.environment]
GREETING = "{project} at {storage}"
"""
WAIT = """
import pathlib, signal, sys, time
marks = pathlib.Path(sys.argv[1])
def clean(*_):
    time.sleep(0.5)
    (marks / "cleaned").touch()
    sys.exit(3)
signal.signal(signal.SIGINT, clean)
(marks / "started").touch()
time.sleep(600)
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project whose cloud has Cloud Storage, and a service of its own."""
    for name in ("LOCALCLOUD_SETTINGS", "LOCALCLOUD_STATE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "localcloud.toml").write_text(SETTINGS)
    (tmp_path / "shop_door.py").write_text(DOOR)
    yield tmp_path
    if State.read(tmp_path / ".localcloud").is_supervised():  # left by a test that failed
        localcloud("down")


def localcloud(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "localcloud", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def await_file(path: Path, process: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + 60
    while not path.exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_projects_own_service_is_served_behind_the_guard(project):
    with running(project / "state", report=lambda _: None) as endpoints:
        url = endpoints.environment()["FRONT_DOOR_URL"]
        told = httpx.get(url).text
        assert told == f"little-shop at {endpoints.address('storage')} from {project}"
        assert httpx.post(url, content="x", headers={"Content-Type": "text/plain"}).text == told
        assert httpx.get(url, headers={"Origin": "http://elsewhere.test"}).status_code == 403
        assert httpx.get(url, headers={"Host": "elsewhere.test"}).status_code == 403
        assert httpx.post(url, content="x", headers={"Content-Type": "text/html"}).status_code == 415


def test_a_service_that_cannot_be_imported_is_named(project):
    (project / "localcloud.toml").write_text(SETTINGS.replace("shop_door:main", "shop_door:start"))
    done = localcloud("run", "--", "true")
    assert done.returncode == 1
    assert "front_door ended with code 1: `just up .localcloud` restarts it" in done.stderr.replace(
        str(project) + "/", ""
    )
    assert "service.front_door.serve: module 'shop_door' has no attribute 'start'" in done.stderr


def test_a_cloud_can_be_stopped_even_if_its_settings_are_broken(project):
    up = localcloud("up")
    assert up.returncode == 0, up.stderr
    (project / "localcloud.toml").write_text("titel = 1")
    assert localcloud("status").returncode == 1
    assert localcloud("down").returncode == 0
    assert not is_locked(project / ".localcloud")


@pytest.mark.parametrize("command", ["up", "status", "down"])
def test_a_state_that_is_a_file_is_refused(project, command):
    for state in ("localcloud.toml", "localcloud.toml/state"):
        done = localcloud(command, "--state-dir", state)
        told = "localcloud: localcloud.toml is a file: the state needs a folder\n"
        assert (done.returncode, done.stderr) == (1, told)


@pytest.mark.parametrize(("name", "unfit"), [("o'brien", "'"), ("what?", "?"), ("{a}\\b", "\\ { }")])
def test_a_path_that_the_engine_cannot_open_is_refused(project, name, unfit):
    done = localcloud("run", "--state-dir", name, "--", "true")
    told = f"localcloud: {project / name}: the path of the state cannot contain {unfit}\n"
    assert (done.returncode, done.stderr) == (1, told)


def test_a_command_that_it_runs_finds_the_cloud(project):
    (project / "elsewhere").mkdir()
    inside = f"cd elsewhere && {sys.executable} -m localcloud status"
    done = localcloud("run", "--state-dir", "state", "--", "sh", "-c", inside)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("healthy") == 2
    assert not is_locked(project / "state")


def test_a_service_that_dies_under_a_command_is_reported_in_a_shared_cloud(project):
    with pytest.raises(LocalCloudError, match="storage end"), running("state", report=lambda _: None):
        kill = (
            "import psutil; from pathlib import Path; from localcloud.state import State; "
            "leash = psutil.Process(State.read(Path('state')).services['storage']); "
            "leash.children()[0].kill(); leash.wait()"
        )
        done = localcloud("run", "--state-dir", "state", "--", sys.executable, "-c", kill)
        assert done.returncode == 1
        assert "localcloud: storage ended with code 137: `just up state` restarts it" in done.stderr


def test_ctrl_c_lets_the_command_clean_up_and_passes_its_code_on(project):
    command = [sys.executable, "-m", "localcloud", "run", "--", sys.executable, "-c", WAIT, str(project)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True) as run:
        await_file(project / "started", run)
        os.killpg(run.pid, signal.SIGINT)  # as a terminal does
        assert run.wait(60) == 3
    assert (project / "cleaned").exists()
    assert not is_locked(project / ".localcloud")


def test_sigterm_ends_the_command_and_the_cloud(project):
    command = [sys.executable, "-m", "localcloud", "run", "--", sys.executable, "-c", WAIT, str(project)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as run:
        await_file(project / "started", run)
        [waiting] = [one for one in psutil.Process(run.pid).children() if WAIT in one.cmdline()]
        run.terminate()
        assert run.wait(60) == 128 + signal.SIGTERM
    assert not waiting.is_running()
    assert not is_locked(project / ".localcloud")


def test_failed_provisioning_takes_the_cloud_down_again(project):
    failing = 'provision = ["{python}", "-c", "print(\'no bucket\'); raise SystemExit(4)"]\n'
    (project / "localcloud.toml").write_text(failing + SETTINGS)
    up = localcloud("up")
    assert (up.returncode, up.stdout) == (1, "")
    assert "no bucket" in up.stderr
    assert "failed: see its messages above" in up.stderr
    assert not State.read(project / ".localcloud").is_supervised()
    (project / "localcloud.toml").write_text('provision = ["no-such-program"]\n' + SETTINGS)
    assert "cannot run the provision command no-such-program: No such file" in localcloud("up").stderr
    assert not is_locked(project / ".localcloud")


def test_of_two_ups_at_once_the_second_waits_and_shares_the_cloud(project):
    provision = 'provision = ["sh", "-c", "sleep 1; echo once >> provisioned"]\n'
    (project / "localcloud.toml").write_text(provision + SETTINGS)
    command = [sys.executable, "-m", "localcloud", "up"]
    ups = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in "ab"]
    said = [up.communicate(timeout=120) for up in ups]
    assert [up.returncode for up in ups] == [0, 0], said
    assert said[0][0] == said[1][0] != ""
    assert (project / "provisioned").read_text() == "once\n"
    assert localcloud("down").returncode == 0


def test_a_state_from_before_the_settings_keeps_its_ports(project):
    """Such a state named services that the settings may lack, and none of its files is lost."""
    settings = load()
    ports = {"bigquery": 1, "orchestrator": 2, "storage": free_port()}
    State("another-name", ports).write(project)
    with running(project, report=lambda _: None) as endpoints:
        assert endpoints.project == settings.project
        assert endpoints.ports["storage"] == ports["storage"]
        assert set(endpoints.ports) == {"storage", "front_door"}


def test_the_settings_name_the_state_folder_that_is_the_default(project, monkeypatch):
    (project / "localcloud.toml").write_text('state = "kept/here"\n' + SETTINGS)
    status = localcloud("status")
    assert (status.returncode, status.stdout.count("stopped")) == (3, 2)
    assert status.stderr == "no services are running in kept/here: `just up kept/here` starts them\n"
    down = localcloud("down")
    assert (down.returncode, down.stderr) == (0, "no services are running in kept/here\n")
    monkeypatch.setenv("LOCALCLOUD_STATE", "elsewhere")
    assert localcloud("down").stderr == "no services are running in elsewhere\n"
    assert localcloud("down", "--state-dir", "named").stderr == "no services are running in named\n"
