"""Recorded runs, a console that shows them, and a fake orchestrator."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from google.api_core.exceptions import NotFound
from google.cloud.aiplatform_v1.types import PipelineJob
from google.protobuf import json_format
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from localcloud import settings
from localcloud.console.app import create_console
from localcloud.console.data import Data
from localcloud.console.trigger import Trigger
from localcloud.rest import raw

COMPILED = Path(__file__).parents[3] / "compiled" / "customer_churn_pipeline.json"
PARENT = "projects/winter-days-local/locations/us-central1/pipelineJobs"
SETTINGS = settings.Console(title="Winter Days", trigger="orchestrator", start="Run today", parameter="as_of")
STARTED = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
METRICS = {"roc_auc": 0.8279100819, "log_loss": 0.4790749284, "rows": 2112}
CLASSIFICATION = {
    "confidenceMetrics": [
        {"confidenceThreshold": 1.0, "recall": 0.0, "falsePositiveRate": 0.0},
        {"confidenceThreshold": 0.7, "recall": 0.45, "falsePositiveRate": 0.1},
        {"confidenceThreshold": 0.4, "recall": 0.82, "falsePositiveRate": 0.3},
        {"confidenceThreshold": 0.0, "recall": 1.0, "falsePositiveRate": 1.0},
    ],
    "confusionMatrix": {
        "annotationSpecs": [{"displayName": "stayed"}, {"displayName": "churned"}],
        "rows": [{"row": [1118, 272]}, {"row": [231, 491]}],
    },
}
STEPS = (
    "export-sales",
    "run-dataform",
    "extract-features",
    "train-churn-model",
    "write-predictions",
    "watch-predictions",
)


class RecordedJobs:
    """Runs in memory, their logs and artifacts in folders: what the pages read, without a server."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.jobs: dict[str, PipelineJob] = {}

    def list_jobs(self) -> list[PipelineJob]:
        return sorted(self.jobs.values(), key=lambda job: job.create_time, reverse=True)

    def get_job(self, name: str) -> PipelineJob:
        if (job := self.jobs.get(name.rpartition("/")[2])) is None:
            raise NotFound(name)
        return job

    def task_log(self, name: str, task_name: str) -> Path | None:
        log = self.folder(name) / "logs" / f"{task_name}.log"
        return log if log.exists() else None

    def run_log(self, name: str) -> Path:
        return self.folder(name) / "run.log"

    def folder(self, name: str) -> Path:
        return self.root / name.rpartition("/")[2]

    def add(self, run_id: str, **fields: Any) -> PipelineJob:
        """Add a run of the customer_churn pipeline; the fields are those of a PipelineJob, in JSON."""
        number = len(self.jobs)
        created = (STARTED + timedelta(days=number)).isoformat()
        content = {
            "name": f"{PARENT}/{run_id}",
            "displayName": "customer-churn",
            "state": "PIPELINE_STATE_SUCCEEDED",
            "createTime": created,
            "startTime": created,
            "endTime": (STARTED + timedelta(days=number, seconds=95)).isoformat(),
            "labels": {"trigger": "scheduler"},
            "pipelineSpec": json.loads(COMPILED.read_text(encoding="utf-8")),
            "runtimeConfig": {"parameterValues": {"as_of": "2026-11-25", "horizon_days": 90}},
            **fields,
        }
        self.put(content)
        folder = self.folder(run_id)
        (folder / "logs").mkdir(parents=True, exist_ok=True)
        (folder / "run.log").write_text("Running pipeline: \x1b[95m'customer-churn'\x1b[0m\n")
        return self.jobs[run_id]

    def put(self, content: dict[str, Any]) -> None:
        job = PipelineJob()
        json_format.ParseDict({key: value for key, value in content.items() if value is not None}, raw(job))
        self.jobs[job.name.rpartition("/")[2]] = job


def detail(task: str, state: str = "SUCCEEDED", **fields: Any) -> dict[str, Any]:
    """Return a task's detail in JSON, as the service returns it."""
    group = "" if task == "record-run" else "exit-handler-1."
    at = STARTED + timedelta(seconds=15 * ([*STEPS, "record-run"].index(task)))
    times = {"startTime": at.isoformat(), "endTime": (at + timedelta(seconds=14)).isoformat()}
    if state == "RUNNING":
        del times["endTime"]
    if state == "PENDING":
        times = {}
    return {"taskName": task, "taskUniqueName": group + task, "state": state, **times, **fields}


def artifact(key: str, schema: str, uri: str = "", **metadata: Any) -> dict[str, Any]:
    """Return a task's inputs or outputs in JSON, holding one artifact."""
    one = {"displayName": key, "schemaTitle": schema, "uri": uri, "metadata": metadata}
    return {key: {"artifacts": [one]}}


@dataclass
class Console:
    """A served console over recorded runs, and a client that sends what a browser on its pages would."""

    jobs: RecordedJobs
    client: httpx.Client

    def get(self, path: str, status: int = 200) -> str:
        """Return the text of a page after checking the status."""
        answer = self.client.get(path)
        assert answer.status_code == status, answer.text
        return answer.text

    def url(self, path: str) -> str:
        """Return the full URL of a page."""
        return str(self.client.base_url.join(path))

    def trained(
        self, run_id: str, report: str = "<h1>A report</h1>", warning: str = "", **metrics: float
    ) -> PipelineJob:
        """Add a complete run with its report and metrics, and optionally a warning about its model."""
        folder = self.jobs.folder(run_id) / "artifacts"
        folder.mkdir(parents=True)
        (folder / "report").write_text(report, encoding="utf-8")
        (folder / "model").write_bytes(b"model")
        said = {"recipe": "logistic regression"} | ({"warning": warning} if warning else {})
        outputs = {
            **artifact("report", "system.HTML", str(folder / "report")),
            **artifact("model", "system.Model", str(folder / "model"), **said),
            **artifact("metrics", "system.Metrics", **(metrics or METRICS)),
            **artifact("classification", "system.ClassificationMetrics", **CLASSIFICATION),
        }
        tables = {"projectId": "p", "datasetId": "features", "tableId": "churn_training_examples"}
        trained = detail(
            "train-churn-model",
            inputs=artifact("training_examples", "system.Artifact", "https://bigquery.test/t", **tables),
            outputs=outputs,
            execution={"metadata": {"input:as_of": "2026-11-25", "input:horizon_days": 90}},
        )
        others = [detail(step) for step in (*STEPS, "record-run") if step != "train-churn-model"]
        job = self.jobs.add(run_id, jobDetail={"taskDetails": [trained, *others]})
        log = folder.parent / "logs" / "exit-handler-1.train-churn-model.log"
        log.write_text("\x1b[92mtrained\x1b[0m on 27115 rows\n")
        return job

    def failed(self, run_id: str, error: str) -> PipelineJob:
        """Add a run whose second step failed."""
        states = ["SUCCEEDED", "FAILED", *["PENDING"] * (len(STEPS) - 2)]
        details = [detail(step, state) for step, state in zip(STEPS, states, strict=True)]
        details[1]["error"] = {"code": 9, "message": error}
        return self.jobs.add(
            run_id,
            state="PIPELINE_STATE_FAILED",
            error={"code": 9, "message": f"run-dataform failed: {error}"},
            jobDetail={"taskDetails": [*details, detail("record-run")]},
        )


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """Serve an application on a free port of 127.0.0.1 and yield its address."""
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", lifespan="off")
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        deadline = time.monotonic() + 30
        while not server.started:
            assert thread.is_alive() and time.monotonic() < deadline, "the server did not start"
            time.sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(30)


class Switch:
    """An application that can be swapped for another: one server for many tests."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


class Orchestrator:
    """A fake orchestrator: records the requests and answers as the test sets."""

    url: str

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.status = 200
        self.answer: dict[str, Any] = {"id": "customer-churn-20261125"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        self.asked.append((request.url.path, await request.json()))
        await JSONResponse(self.answer, self.status)(scope, receive, send)


@pytest.fixture(scope="session")
def servers() -> Iterator[list[tuple[Switch, str]]]:
    """Two servers, for a console and for its fake orchestrator: the switch and address of each."""
    switches = Switch(), Switch()
    with serving(switches[0]) as console, serving(switches[1]) as orchestrator:
        yield list(zip(switches, (console, orchestrator), strict=True))


@pytest.fixture
def orchestrator(servers) -> Orchestrator:
    switch, url = servers[1]
    switch.app = orchestrator = Orchestrator()
    orchestrator.url = url
    return orchestrator


@pytest.fixture
def console_over(servers, tmp_path) -> Iterator[Callable[..., Console]]:
    """Yield a function that opens a console with an orchestrator's address and, optionally, data."""
    jobs, (switch, url) = RecordedJobs(tmp_path), servers[0]
    with httpx.Client(base_url=url, headers={"Sec-Fetch-Site": "same-origin"}, timeout=60) as client:

        def open_console(orchestrator_url: str | None, data: Data | None = None) -> Console:
            trigger = Trigger("orchestrator", orchestrator_url, "as_of") if orchestrator_url else None
            switch.app = create_console(jobs, SETTINGS, trigger, data=data)
            return Console(jobs, client)

        yield open_console


@pytest.fixture
def console(console_over, orchestrator) -> Console:
    return console_over(orchestrator.url)


@pytest.fixture
def step_detail() -> Callable[..., dict[str, Any]]:
    return detail


@pytest.fixture
def step_artifact() -> Callable[..., dict[str, Any]]:
    return artifact
