"""The supervisor: services answer, ports stay, deaths are noticed, and no process is left behind."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from components.shared.clients import bigquery_client, dataform_client, firestore_client, storage_client
from components.shared.names import BUCKET, REPOSITORY, WORKSPACE
from localcloud import endpoints, leash
from localcloud.endpoints import choose_ports, free_port
from localcloud.state import LocalCloudError, State, is_locked, locked
from localcloud.supervisor import running

pytestmark = pytest.mark.services

STORAGE = ("storage",)
NAMES = ("bigquery", "storage", "orchestrator")
EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")
HOLD = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # a background shell has it ignored
from localcloud.supervisor import running
with running(sys.argv[1], services=["storage"]):
    print("ready", flush=True)
    time.sleep(600)
"""


def quiet(_: str) -> None:
    """Report nothing."""


def await_that(condition, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true"
        time.sleep(0.02)


def service_processes(folder: Path) -> list[psutil.Process]:
    """Return the leashes of a state folder and the processes that they hold."""
    leashes = [psutil.Process(pid) for pid in State.read(folder).services.values()]
    return [*leashes, *(child for process in leashes for child in process.children(recursive=True))]


def assert_gone(processes: list[psutil.Process]) -> None:
    _, alive = psutil.wait_procs(processes, timeout=20)
    assert not [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]


@pytest.fixture
def holder(tmp_path):
    """A separate process that keeps storage running in tmp_path."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def localcloud(*arguments: str, **options) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "localcloud", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, **options)


def test_the_command_line_brings_up_every_service_and_takes_them_down(tmp_path, monkeypatch):
    folder = ["--state-dir", str(tmp_path)]
    up = localcloud("up", *folder)
    assert up.returncode == 0, up.stderr
    try:
        for line in up.stdout.splitlines():
            name, _, value = line.removeprefix("export ").partition("=")
            monkeypatch.setenv(name, value)
        project = os.environ["GOOGLE_CLOUD_PROJECT"]
        with bigquery_client(project) as client:
            assert [tuple(row) for row in client.query_and_wait("SELECT 1 + 1")] == [(2,)]
        assert [bucket.name for bucket in storage_client(project).list_buckets()] == [BUCKET]
        assert not firestore_client(project).document("a/b").get().exists
        repository = f"projects/{project}/locations/us-central1/repositories/{REPOSITORY}"
        [workspace] = dataform_client().list_workspaces(parent=repository)
        assert workspace.name == f"{repository}/workspaces/{WORKSPACE}"
        assert "the console is at http://127.0.0.1:" in up.stderr

        status = localcloud("status", *folder)
        assert (status.returncode, status.stdout.count("healthy")) == (0, 6)
        assert localcloud("up", *folder).stdout == up.stdout

        processes = service_processes(tmp_path)
        psutil.Process(State.read(tmp_path).services["firestore"]).children()[0].kill()
        await_that(lambda: State.read(tmp_path).exits)
        status = localcloud("status", *folder)
        assert (status.returncode, status.stdout.count("healthy")) == (1, 5)
        assert "ended with code 137" in status.stdout
    finally:
        assert localcloud("down", *folder).returncode == 0
    assert_gone(processes)
    assert localcloud("status", *folder).stdout.count("stopped") == 6


def test_a_command_runs_among_the_services_and_its_exit_code_is_passed_on(tmp_path):
    with running(tmp_path, services=STORAGE, report=quiet) as endpoints:
        print_host = "import os, sys; print(os.environ['STORAGE_EMULATOR_HOST']); sys.exit(7)"
        done = localcloud("run", "--state-dir", str(tmp_path), "--", sys.executable, "-c", print_host)
        assert (done.returncode, done.stdout.strip()) == (7, f"http://{endpoints.address('storage')}")
        absent = localcloud("run", "--state-dir", str(tmp_path), "--", "no-such-command")
        assert (absent.returncode, absent.stderr) == (
            1,
            "localcloud: cannot run no-such-command: No such file or directory\n",
        )


def test_the_ports_stay_from_one_start_to_the_next(tmp_path):
    with running(tmp_path, services=STORAGE, report=quiet) as first:
        pass
    with running(tmp_path, services=STORAGE, report=quiet) as second:
        assert second == first


def test_a_port_that_something_else_took_is_replaced():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        kept = choose_ports(NAMES, {})
        ports = choose_ports(NAMES, {**kept, "storage": taken.getsockname()[1]})
        assert ports["storage"] != taken.getsockname()[1]
    assert {**ports, "storage": 0} == {**kept, "storage": 0}


def test_no_port_is_chosen_twice():
    names = [f"service-{number}" for number in range(500)]
    ports = choose_ports(names, dict.fromkeys(names[:2], choose_ports(["one"], {})["one"]))
    assert list(ports) == names
    assert len(set(ports.values())) == len(names)


@pytest.mark.skipif(not EPHEMERAL.exists(), reason="only Linux says so in a file")
def test_no_outgoing_connection_is_given_a_chosen_port():
    assert max(choose_ports(NAMES, {}).values()) < int(EPHEMERAL.read_text().split()[0])


@pytest.mark.parametrize("kept", [True, False])
def test_a_port_on_which_something_listens_is_not_chosen(kept, monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", free_port()))
        taken.listen()
        port, other = taken.getsockname()[1], free_port()
        monkeypatch.setattr(endpoints, "DRAWN", [port, other])
        assert choose_ports(["one"], {"one": port} if kept else {}) == {"one": other}


def test_a_block_within_a_block_shares_the_services(tmp_path):
    with running(tmp_path, services=STORAGE, report=quiet) as outer:
        with running(tmp_path, report=quiet) as inner:
            assert inner == outer
        assert all(process.is_running() for process in service_processes(tmp_path))


def test_nothing_is_left_after_an_error_in_the_block(tmp_path):
    with pytest.raises(ZeroDivisionError), running(tmp_path, services=STORAGE, report=quiet):
        processes = service_processes(tmp_path)
        assert len(processes) == len(("leash", "door", "leash", "server"))
        raise ZeroDivisionError
    assert_gone(processes)


def test_a_service_that_died_is_an_error_with_the_end_of_its_log(tmp_path):
    ended = r"(?s)storage ended with code 137: `make up STATE=.*` restarts it; the end of .*log"
    with (
        pytest.raises(LocalCloudError, match=ended),
        running(tmp_path, services=STORAGE, report=quiet),
    ):
        held, door, *_ = service_processes(tmp_path)
        door.kill()
        os.waitid(os.P_PID, held.pid, os.WEXITED | os.WNOWAIT)


def test_a_service_that_cannot_start_is_an_error_with_the_end_of_its_log(tmp_path):
    data = tmp_path / "bigquery" / "data"
    data.mkdir(parents=True)
    (data / "emulator.duckdb").write_text("this is no database" * 1000)
    ended = r"(?s)bigquery ended with code 1.*not a valid DuckDB database"
    with (
        pytest.raises(LocalCloudError, match=ended),
        running(tmp_path, services=("bigquery",), report=quiet),
    ):
        pass
    assert not is_locked(tmp_path)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_process_outlives_its_supervisor(tmp_path, holder, number):
    processes = service_processes(tmp_path)
    assert len(processes) == len(("leash", "door", "leash", "server"))
    holder.send_signal(number)
    holder.wait(20)
    assert_gone(processes)
    await_that(lambda: not is_locked(tmp_path))


def test_no_service_outlives_its_leash(tmp_path, holder):
    held, *served = service_processes(tmp_path)
    held.kill()
    assert_gone(served)


def test_down_ends_a_supervisor_that_another_process_runs(tmp_path, holder):
    processes = service_processes(tmp_path)
    assert localcloud("down", "--state-dir", str(tmp_path)).returncode == 0
    assert_gone(processes)


def test_a_folder_in_use_is_refused_with_what_to_do(tmp_path):
    with (
        locked(tmp_path),
        pytest.raises(LocalCloudError, match="wait until it ends; python -m localcloud status"),
        locked(tmp_path, patience=0.1),
    ):
        pass


def test_an_unknown_service_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no such service: spanner"), running(tmp_path, services=["spanner"]):
        pass


def test_a_leash_ends_what_its_command_started_and_what_ignores_sigterm():
    stubborn = "trap '' TERM; sleep 600 & echo $!; while :; do sleep 0.1; done"
    short_grace = (
        f"from localcloud import leash; leash.GRACE_SECONDS = 0.3; leash.main(['sh', '-c', {stubborn!r}])"
    )
    owner = subprocess.Popen(
        [sys.executable, "-c", short_grace], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    grandchild = psutil.Process(int(owner.stdout.readline()))
    owner.stdin.close()
    owner.wait(20)
    owner.stdout.close()
    assert_gone([grandchild])


def test_a_leash_passes_its_command_s_exit_code_on():
    command = [sys.executable, "-I", "-S", leash.__file__, "sh", "-c", "exit 3"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        assert process.wait(20) == 3
