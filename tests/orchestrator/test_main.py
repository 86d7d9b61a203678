"""The orchestrator as a process: python -m orchestrator."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
import pytest

from tests.orchestrator.conftest import BUCKET
from tests.orchestrator.proxy import Fault

COMMAND = [sys.executable, "-m", "orchestrator"]
SETTINGS = {"WINTER_DAYS_PROJECT": "winter-days-local", "WINTER_DAYS_BUCKET": BUCKET}
CREATE = r"POST .*/pipelineJobs\?"
PATIENCE = 60.0


@dataclass
class Orchestrator:
    """A serving process and an HTTP client for it."""

    process: subprocess.Popen[str]
    client: httpx.Client

    def get(self, path: str) -> httpx.Response:
        """Send a GET request, retrying until the port is open."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return self.client.get(path)
            except httpx.TransportError:
                assert self.process.poll() is None and time.monotonic() < deadline, "it does not serve"
                time.sleep(0.01)


@contextmanager
def orchestrator(**settings: str):
    """Run a serving process for the duration of the block; kill it at the end."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    environment = {**os.environ, **SETTINGS, "PYTHONUNBUFFERED": "1", **settings}
    process = subprocess.Popen(
        [*COMMAND, "--host", "127.0.0.1", "--port", str(port)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process, httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE) as client:
        try:
            yield Orchestrator(process, client)
        finally:
            process.kill()


def run_command(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **settings}
    return subprocess.run(
        [*COMMAND, *arguments], env=environment, capture_output=True, text=True, check=False, timeout=PATIENCE
    )


def test_it_answers_before_it_is_ready_and_logs_only_json(client, day):
    with orchestrator() as served:
        assert served.get("/healthz").json() == {"status": "ok"}
        assert served.get("/readyz").status_code == 503
        body = {"as_of": day.isoformat()}
        trace = "105445aa7843bc8bf206b12000100000"
        headers = {"X-Cloud-Trace-Context": f"{trace}/1;o=1"}
        assert served.client.post("/", json=body, headers=headers).json()["created"]
        assert served.get("/readyz").status_code == 200
        served.process.send_signal(signal.SIGTERM)
        lines = [json.loads(line) for line in served.process.stdout]
        assert served.process.wait(PATIENCE) in (0, -signal.SIGTERM)
    assert all({"severity", "message", "time"} <= line.keys() for line in lines)
    messages = [line["message"] for line in lines]
    assert any(message.startswith("Uvicorn running on") for message in messages)
    (line,) = [line for line in lines if "httpRequest" in line]
    assert (line["httpRequest"]["requestMethod"], line["httpRequest"]["status"]) == ("POST", 200)
    assert line["logging.googleapis.com/trace"] == f"projects/winter-days-local/traces/{trace}"


def test_two_processes_asked_at_the_same_instant_make_one_run(client, jobs, vertex, day):
    with orchestrator() as one, orchestrator() as other, ThreadPoolExecutor(2) as pool:
        for served in (one, other):
            served.get("/healthz")
            served.client.post("/", json={"as_of": day.isoformat(), "dry_run": True})
        answers = pool.map(
            lambda served: served.client.post("/", json={"as_of": day.isoformat()}).json(), (one, other)
        )
        assert sorted(answer["created"] for answer in answers) == [False, True]
    assert len(client.get(f"/runs?as_of={day}").json()["runs"]) == 1


def test_killed_before_submission_and_triggered_again_it_makes_one_run(client, vertex, day):
    with orchestrator() as served:
        served.get("/healthz")
        vertex.faults.append(Fault(CREATE, 503, meanwhile=served.process.kill))
        with pytest.raises(httpx.TransportError):
            served.client.post("/", json={"as_of": day.isoformat()})
        assert served.process.wait(PATIENCE) == -signal.SIGKILL
    with orchestrator() as again:
        again.get("/healthz")
        assert again.client.post("/", json={"as_of": day.isoformat()}).json()["created"]
    assert len(client.get(f"/runs?as_of={day}").json()["runs"]) == 1


def test_without_a_project_it_says_so_and_does_not_start():
    done = run_command(WINTER_DAYS_BUKET="lake")
    assert done.returncode == 2
    assert done.stderr.splitlines()[0] == "WINTER_DAYS_PROJECT: is not set, and has no default"
    assert done.stderr.splitlines()[1].startswith("WINTER_DAYS_BUKET: is none of ")


def test_parameters_that_the_pipeline_does_not_take_end_the_process(cloud):
    done = run_command("--port", "0", **SETTINGS, WINTER_DAYS_PARAMETERS='{"cutoffs": "six"}')
    assert done.returncode == 1
    critical = [json.loads(line) for line in done.stdout.splitlines() if "CRITICAL" in line]
    fault = 'WINTER_DAYS_PARAMETERS: cutoffs: Input should be a valid integer, not "six"'
    assert critical[0]["message"] == f"the service failed to start: {fault}"


def test_the_port_comes_from_the_platform_and_help_shows_examples():
    done = run_command("--help", PORT="1234")
    assert done.returncode == 0
    assert "localhost:8080/backfill" in done.stdout


def test_starting_imports_none_of_the_slow_libraries():
    slow = ("fastapi", "google.api_core", "google.auth", "google.cloud.storage", "kfp")
    code = f"import sys, orchestrator.__main__; print(*[name for name in {slow} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], check=True, timeout=PATIENCE, stdout=subprocess.PIPE)
    assert done.stdout == b"\n"
