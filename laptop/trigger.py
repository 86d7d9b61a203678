"""Trigger a run by hand, and follow it through the Vertex AI API until it has ended."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import httpx

from components.shared.pipeline_states import ENDED, SUCCEEDED

type Json = dict[str, Any]

TRIGGER_SECONDS = 120.0
POLL_SECONDS = 0.25


class RunError(Exception):
    """A run could not be submitted, or did not succeed; the message says why."""


@dataclass(frozen=True)
class Task:
    """A task of a run: its name, its state (RUNNING, SUCCEEDED, …) and, once started, how long it took."""

    name: str
    state: str
    seconds: float | None


def trigger(orchestrator: str, as_of: date, parameters: Mapping[str, Any]) -> Json:
    """Have the orchestrator at an address submit a new run for a day, and return its answer."""
    body = {"as_of": as_of.isoformat(), "parameters": dict(parameters), "rerun": True}
    return _answer(httpx.post(orchestrator, json=body, timeout=TRIGGER_SECONDS))


def retry(orchestrator: str) -> Json:
    """Have the orchestrator resume its newest run, which failed, and return its answer."""
    newest = _answer(httpx.get(f"{orchestrator}/runs", params={"page_size": 1}, timeout=TRIGGER_SECONDS))
    if not newest["runs"]:
        raise RunError("there is no run to retry: make run starts one")
    address = f"{orchestrator}/runs/{newest['runs'][0]['id']}:retry"
    return _answer(httpx.post(address, timeout=TRIGGER_SECONDS))


def follow(vertex: str, run: Json, show: Callable[[list[Task]], None]) -> None:
    """Show a run's tasks until it has ended; raise RunError unless it succeeded.

    `vertex` is the host:port of the local Vertex AI. Interrupting this stops the run.
    """
    address = f"http://{vertex}/v1/{run['name']}"
    with httpx.Client(timeout=TRIGGER_SECONDS) as client:
        try:
            while (job := _answer(client.get(address)))["state"] not in ENDED:
                show(tasks_of(job))
                time.sleep(POLL_SECONDS)
        except KeyboardInterrupt:
            client.post(f"{address}:cancel")
            raise
    show(tasks_of(job))
    if job["state"] != SUCCEEDED:
        raise RunError(job.get("error", {}).get("message", f"{run['id']} ended as {job['state']}"))


def tasks_of(job: Json) -> list[Task]:
    """Return the tasks that do work, without the groups that contain them, in order of their start.

    Those that a retry kept come first.
    """
    details = job.get("jobDetail", {}).get("taskDetails", [])
    groups = {detail.get("parentTaskId") for detail in details}
    working = [detail for detail in details if detail["taskId"] not in groups]
    working.sort(key=lambda one: "" if one["state"] == "SKIPPED" else one.get("startTime", "~"))
    return [Task(detail["taskName"], detail["state"], _seconds(detail)) for detail in working]


def _seconds(detail: Json) -> float | None:
    if "startTime" not in detail:
        return None
    started = datetime.fromisoformat(detail["startTime"])
    ended = datetime.fromisoformat(detail["endTime"]) if "endTime" in detail else datetime.now(UTC)
    return (ended - started).total_seconds()


def _answer(response: httpx.Response) -> Json:
    if response.is_error:
        reason = response.json()["detail"] if response.status_code == 409 else response.text
        raise RunError(f"{response.url} answered {response.status_code}: {reason}")
    answer: Json = response.json()
    return answer
