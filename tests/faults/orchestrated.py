"""Faults of the orchestrator, which runs as its own process in front of the local Vertex AI."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import httpx
from google.cloud.aiplatform_v1 import PipelineJob, PipelineServiceClient

from components.shared.clients import pipeline_service_client
from components.shared.pipeline_states import ENDED
from localcloud.endpoints import Endpoints, free_port
from tests.faults.calls import Call, Calls, Trap
from tests.faults.fault import Fault
from tests.faults.ground import LOCATION, Ground
from tests.faults.http_proxy import http_proxy
from tests.faults.killing import Killer
from tests.faults.matrix import Outcome, new_name

type Told = tuple[Outcome, str]

PATIENCE_SECONDS = 300.0
TRIGGERS = 20
FIRST = date(2025, 3, 1)


@dataclass
class Orchestrator:
    """The process, which may be killed and restarted on the same port."""

    ground: Ground
    endpoints: Endpoints
    bucket: str
    killer: Killer
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        """Start it and wait until it is ready."""
        environment = os.environ | self.endpoints.environment()
        environment |= {"WINTER_DAYS_PROJECT": self.endpoints.project, "WINTER_DAYS_BUCKET": self.bucket}
        command = [sys.executable, "-m", "orchestrator", "--host", "127.0.0.1", "--port", str(self.port)]
        self.process = subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self.killer.pid = self.process.pid
        self._await_ready()

    def _await_ready(self) -> None:
        def is_ready() -> bool:
            with suppress(httpx.TransportError):
                return httpx.get(f"http://127.0.0.1:{self.port}/readyz", timeout=30).is_success
            return False

        await_that(is_ready, "the orchestrator is not ready")

    def stop(self) -> None:
        """End it."""
        if self.process:
            self.process.kill()
            self.process.wait()

    def post(self, path: str, body: dict[str, Any]) -> httpx.Response:
        """Send a request, as Cloud Scheduler does."""
        return httpx.post(f"http://127.0.0.1:{self.port}{path}", json=body, timeout=PATIENCE_SECONDS)


def await_that(is_so: Callable[[], bool], otherwise: str) -> None:
    """Wait until the condition holds; raise TimeoutError with the message `otherwise` if it never does."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError(otherwise)
        time.sleep(0.2)


@contextmanager
def _orchestrator(ground: Ground, trap: Trap | None = None) -> Iterator[Orchestrator]:
    """Start an orchestrator that calls Vertex AI through a proxy; cancel all active runs at the end."""
    name, killer = new_name(), Killer()
    bucket = ground.make_bucket(f"lake-{name}").name
    with http_proxy("vertex", ground.endpoints.address("vertex"), Calls(name, trap), killer) as address:
        ports = {**ground.endpoints.ports, "vertex": int(address.rpartition(":")[2])}
        orchestrator = Orchestrator(ground, Endpoints(ground.project, ports), bucket, killer)
        orchestrator.start()
        try:
            yield orchestrator
        finally:
            orchestrator.stop()
            _cancel_all(ground)


def _jobs(ground: Ground, day: date) -> list[PipelineJob]:
    parent = f"projects/{ground.project}/locations/{LOCATION}"
    found = _client().list_pipeline_jobs({"parent": parent, "filter": f'labels.as_of="{day}"'})
    return list(found)


def _client() -> PipelineServiceClient:
    return pipeline_service_client(LOCATION)


def _cancel_all(ground: Ground) -> None:
    parent = f"projects/{ground.project}/locations/{LOCATION}"

    def active() -> list[PipelineJob]:
        return [job for job in _client().list_pipeline_jobs(parent=parent) if job.state.name not in ENDED]

    for job in active():
        with suppress(Exception):  # it may have ended in the meantime
            _client().cancel_pipeline_job(name=job.name)
    await_that(lambda: not active(), "a run does not end")


def trigger_at_once(ground: Ground) -> Told:
    """Trigger one day many times at once; there must be one run."""
    with _orchestrator(ground) as orchestrator, ThreadPoolExecutor(TRIGGERS) as pool:
        asked = [pool.submit(orchestrator.post, "/", {"as_of": FIRST.isoformat()}) for _ in range(TRIGGERS)]
        answers = [each.result() for each in asked]
        statuses = {answer.status_code for answer in answers}
        ids = {answer.json().get("id") for answer in answers if answer.is_success}
        made = len(_jobs(ground, FIRST))
    if (made, len(ids)) != (1, 1) or not statuses <= {200, 201, 202, 409}:
        return Outcome.BAD, f"{made} runs, ids {ids}, statuses {statuses}"
    return Outcome.SURVIVED, f"statuses {sorted(statuses)}"


def kill_before_answer(ground: Ground) -> Told:
    """Kill the orchestrator after it created the run but before it answered; then repeat the trigger."""
    day = FIRST + timedelta(days=1)
    created = Call("vertex", "POST /v1/projects/…/locations/…/pipelineJobs", 1)
    with _orchestrator(ground, Trap(created, Fault.KILLED_AFTER)) as orchestrator:
        body = {"as_of": day.isoformat()}
        try:
            answer = orchestrator.post("/", body)
        except httpx.TransportError as error:
            first = f"{type(error).__name__}: {error}"
        else:
            return Outcome.BAD, f"the fault was not met: {answer.status_code} {answer.text}"
        orchestrator.stop()
        orchestrator.start()
        again = orchestrator.post("/", body)
        made = len(_jobs(ground, day))
    if not again.is_success or again.json()["created"] or made != 1:
        return Outcome.BAD, f"{made} runs, then {again.status_code} {again.text}"
    return Outcome.MENDED, first


def fail_a_day(ground: Ground) -> Told:
    """Backfill two days of an empty collection: each failure names its cause and holds up no other day."""
    days = [FIRST + timedelta(days=number) for number in (2, 3)]
    body = {"from": days[0].isoformat(), "to": days[1].isoformat()}
    with _orchestrator(ground) as orchestrator:
        first = orchestrator.post("/backfill", body).json()
        await_that(lambda: _jobs(ground, days[0])[0].state.name in ENDED, "the first day does not end")
        second = orchestrator.post("/backfill", body).json()
        again = orchestrator.post("/", {"as_of": days[0].isoformat(), "rerun": True})
        made = [len(_jobs(ground, day)) for day in days]
    failed = [run for run in second["existing"] if run["state"] == "PIPELINE_STATE_FAILED" and run["error"]]
    if [len(first["submitted"]), len(second["submitted"]), len(failed)] != [1, 1, 1]:
        return Outcome.BAD, f"{first} and then {second}"
    if (again.status_code != 409 and not again.is_success) or max(made) > 2:
        return Outcome.BAD, f"{made} runs, a rerun says {again.status_code} {again.text}"
    return Outcome.MENDED, failed[0]["error"]
