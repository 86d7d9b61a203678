"""A service that is killed in the middle of a run: the run names it, and make up starts it again."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psutil
import pytest

from localcloud.state import State

pytestmark = pytest.mark.services

SECONDS = 300
HOLD = """
import sys
from localcloud.supervisor import running
with running(sys.argv[1]):
    sys.stdin.read()
"""
TOLD_SECONDS = 20


def localcloud(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "localcloud", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)


def running_tasks(folder: Path) -> set[str]:
    """Return the tasks running now according to the local Vertex AI; none before it answers."""
    state = State.read(folder)
    if not state.healthy:
        return set()
    api = f"http://{state.endpoints.address('vertex')}/v1"
    listed = httpx.get(
        f"{api}/projects/{state.project}/locations/us-central1/pipelineJobs", timeout=30
    ).json()
    jobs = [httpx.get(f"{api}/{job['name']}", timeout=30).json() for job in listed.get("pipelineJobs", [])]
    details = [task for job in jobs for task in job.get("jobDetail", {}).get("taskDetails", [])]
    return {task["taskName"] for task in details if task["state"] == "RUNNING"}


def kill(folder: Path, service: str) -> float:
    """Kill a service as `kill -9` does; return the time."""
    (process, *_) = psutil.Process(State.read(folder).services[service]).children()
    process.send_signal(signal.SIGKILL)
    return time.monotonic()


def await_task(folder: Path, name: str, process: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + SECONDS
    while name not in running_tasks(folder):
        assert process.poll() is None, "the run ended before the task began"
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.parametrize("service", ["bigquery", "vertex"])
def test_a_run_whose_service_is_killed_fails_soon_with_its_name(tmp_path, service):
    folder = tmp_path / "demo"
    command = [sys.executable, "-m", "laptop.batch", "--state-dir", str(folder), "--customers", "60"]
    batch = subprocess.Popen(
        [*command, "--days", "200"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ
    )
    await_task(folder, "run-dataform", batch)
    killed = kill(folder, service)
    _, said = batch.communicate(timeout=SECONDS)
    assert time.monotonic() - killed < TOLD_SECONDS
    assert batch.returncode == 1
    assert "error: a service of the local cloud has stopped or is not responding" in said
    assert f"{service} ended with code 137: `make up STATE={folder}` restarts it" in said
    assert localcloud("status", "--state-dir", str(folder)).returncode == 3


def test_status_and_up_agree_about_a_dead_service_and_up_starts_it_again(tmp_path):
    folder = ["--state-dir", str(tmp_path)]
    up = localcloud("up", *folder)
    assert up.returncode == 0, up.stderr
    try:
        before = State.read(tmp_path)
        kill(tmp_path, "bigquery")
        deadline = time.monotonic() + TOLD_SECONDS
        while not State.read(tmp_path).exits:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        status = localcloud("status", *folder)
        assert status.returncode == 1
        assert "ended with code 137" in " ".join(status.stdout.split())
        ran = localcloud("run", *folder, "--", "true")
        assert (ran.returncode, "bigquery ended with code 137" in ran.stderr) == (1, True)
        again = localcloud("up", *folder)
        assert (again.returncode, again.stdout) == (0, up.stdout)
        assert localcloud("status", *folder).returncode == 0
        after = State.read(tmp_path)
        assert after.services["storage"] == before.services["storage"]
        assert after.services["bigquery"] != before.services["bigquery"]
    finally:
        assert localcloud("down", *folder).returncode == 0


def test_up_names_a_dead_service_that_it_may_not_start(tmp_path):
    """Another command's cloud ends with that command: nobody else starts its services."""
    hold = (
        "import sys; from localcloud.supervisor import running\nwith running(sys.argv[1]): sys.stdin.read()"
    )
    command = [sys.executable, "-c", hold, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL) as holder:
        deadline = time.monotonic() + SECONDS
        while not State.read(tmp_path).healthy:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        kill(tmp_path, "firestore")
        while not State.read(tmp_path).exits:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        up = localcloud("up", "--state-dir", str(tmp_path))
        assert up.returncode == 1
        assert "firestore ended with code 137" in up.stderr
        assert holder.poll() is None
        holder.stdin.close()
        assert holder.wait(SECONDS) == 1
