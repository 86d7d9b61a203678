"""A run that is triggered, and cancelled in the middle of a step."""

import os
import time
from datetime import date
from typing import Any

import httpx

from laptop.trigger import ENDED, tasks_of, trigger
from localcloud.endpoints import Endpoints

SECONDS = 400


def cancel_in(step: str, day: date, horizon_days: int, endpoints: Endpoints) -> dict[str, Any]:
    """Trigger a day, cancel it once this step runs, and return the job when it has ended."""
    run = trigger(f"http://{endpoints.address('orchestrator')}", day, {"horizon_days": horizon_days})
    deadline = time.monotonic() + SECONDS
    cancelled = False
    while (job := job_of(run))["state"] not in ENDED:
        assert time.monotonic() < deadline, job
        if not cancelled and any(task.name == step and task.state == "RUNNING" for task in tasks_of(job)):
            httpx.post(f"{os.environ['ORCHESTRATOR_URL']}/runs/{run['id']}:cancel").raise_for_status()
            cancelled = True
        time.sleep(0.05)
    assert cancelled
    return job


def job_of(run: dict[str, Any]) -> dict[str, Any]:
    answer = httpx.get(f"http://{os.environ['VERTEX_EMULATOR_HOST']}/v1/{run['name']}", timeout=60)
    return answer.raise_for_status().json()
