"""A local Vertex AI, called through Google's client, and the pipelines that it runs."""

import contextlib
import http.client
import importlib.util
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import aiplatform_v1beta1 as beta
from google.cloud.aiplatform_v1 import PipelineJob, PipelineServiceClient, PipelineTaskDetail
from google.cloud.aiplatform_v1.services.pipeline_service.transports import PipelineServiceRestTransport
from google.cloud.aiplatform_v1beta1.services.pipeline_service import transports as beta_transports
from google.protobuf import json_format

from localcloud.endpoints import free_port
from localcloud.vertex.attempts import WRAPPER

PARENT = "projects/winter-days-test/locations/us-central1"
GOING = ("PENDING", "RUNNING", "CANCELLING")


def wait_until(condition: Callable[[], bool], what: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not happen in {seconds} s"
        time.sleep(0.02)


@dataclass
class Vertex:
    """A server for the tests: its process and folder, and Google's client for it."""

    process: subprocess.Popen[bytes]
    port: int
    folder: Path
    client: PipelineServiceClient
    pipelines: ModuleType

    def rerun(self, job: PipelineJob, number: str = "", **fields) -> PipelineJob:
        """Submit a rerun of a job through v1beta1, with these JSON fields in place of the original's."""
        original = self.get(job)
        asked = json_format.MessageToDict(PipelineJob.pb(original))
        kept = {name: asked[name] for name in ("displayName", "pipelineSpec", "runtimeConfig")}
        kept["originalPipelineJobId"] = number or original.labels["vertex-ai-pipelines-run-billing-id"]
        content = beta.PipelineJob()
        json_format.ParseDict(kept | fields, beta.PipelineJob.pb(content))
        transport = beta_transports.PipelineServiceRestTransport(
            host=f"127.0.0.1:{self.port}", url_scheme="http", credentials=AnonymousCredentials()
        )
        with beta.PipelineServiceClient(transport=transport) as client:
            made = client.create_pipeline_job(
                parent=PARENT, pipeline_job=content, pipeline_job_id=f"t-{uuid.uuid4()}"
            )
        return self.client.get_pipeline_job(name=made.name)

    def submit(self, pipeline: str, job_id: str = "", fail_fast: bool = False, **more) -> PipelineJob:
        """Submit a pipeline of pipelines.py; `more` holds its parameters, labels and display_name."""
        labels, title = more.pop("labels", {}), more.pop("display_name", pipeline)
        policy = "PIPELINE_FAILURE_POLICY_FAIL_FAST" if fail_fast else "PIPELINE_FAILURE_POLICY_UNSPECIFIED"
        spec = self.pipelines.compiled(getattr(self.pipelines, pipeline))
        runtime = {
            "gcsOutputDirectory": "gs://b/runs",
            "parameterValues": more,
            "failurePolicy": policy,
        }
        resource = {"displayName": title, "labels": labels, "pipelineSpec": spec, "runtimeConfig": runtime}
        job = PipelineJob()
        json_format.ParseDict(resource, PipelineJob.pb(job))
        return self.client.create_pipeline_job(
            parent=PARENT, pipeline_job=job, pipeline_job_id=job_id or f"t-{uuid.uuid4()}"
        )

    def get(self, job: PipelineJob) -> PipelineJob:
        return self.client.get_pipeline_job(name=job.name)

    def state(self, job: PipelineJob) -> str:
        return self.get(job).state.name.removeprefix("PIPELINE_STATE_")

    def wait(self, job: PipelineJob) -> PipelineJob:
        wait_until(lambda: self.state(job) not in GOING, f"the end of {job.name}")
        return self.get(job)

    def wait_for(self, condition: Callable[[], bool], what: str) -> None:
        wait_until(condition, what)

    def run(self, pipeline: str, **more) -> PipelineJob:
        return self.wait(self.submit(pipeline, **more))

    def file(self, job: PipelineJob, path: str) -> Path:
        return self.folder / job.name / path


def tasks(job: PipelineJob) -> dict[str, PipelineTaskDetail]:
    return {detail.task_unique_name: detail for detail in job.job_detail.task_details}


def answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    with contextlib.closing(connection):
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except OSError:
            return False


def load_pipelines() -> ModuleType:
    path = Path(__file__).with_name("pipelines.py")
    module = importlib.util.module_from_spec(spec := importlib.util.spec_from_file_location(path.stem, path))
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def pipelines() -> ModuleType:
    return load_pipelines()


# The tasks here are the tests' own: coverage would make each a third slower and find no line of ours in it.
UNCOUNTED = "env -u COVERAGE_PROCESS_CONFIG"


@contextlib.contextmanager
def vertex_process(folder: Path, pipelines: ModuleType) -> Iterator[Vertex]:
    port = free_port()
    command = [sys.executable, "-m", "localcloud.vertex", "--port", str(port), "--data-dir", str(folder)]
    process = subprocess.Popen(command, env={WRAPPER: UNCOUNTED, **os.environ})
    transport = PipelineServiceRestTransport(
        host=f"127.0.0.1:{port}", url_scheme="http", credentials=AnonymousCredentials()
    )
    try:
        wait_until(lambda: answers(port) or process.poll() is not None, "the server's first answer")
        assert process.poll() is None, "the server ended at its start"
        yield Vertex(process, port, folder, PipelineServiceClient(transport=transport), pipelines)
    finally:
        process.terminate()
        process.wait(30)
        transport.close()


@pytest.fixture(scope="session")
def vertex(tmp_path_factory, pipelines) -> Iterator[Vertex]:
    with vertex_process(tmp_path_factory.mktemp("vertex"), pipelines) as server:
        yield server


@pytest.fixture
def own_server(tmp_path, pipelines) -> Callable[[], contextlib.AbstractContextManager[Vertex]]:
    """Return a function that runs a server for this test alone, on the same folder each time."""
    return lambda: vertex_process(tmp_path / "vertex", pipelines)


@pytest.fixture
def warm_server(own_server, tmp_path, monkeypatch) -> Callable[[], contextlib.AbstractContextManager[Vertex]]:
    """Return a function that runs a server whose tasks are forks of a Python that has imported `wave`."""
    settings = tmp_path / "localcloud.toml"
    settings.write_text('google = ["vertex"]\npreload = ["wave", "no_such_library"]\n')
    monkeypatch.setenv("LOCALCLOUD_SETTINGS", str(settings))
    monkeypatch.setenv(WRAPPER, "")
    return own_server


@pytest.fixture
def tasks_of() -> Callable[[PipelineJob], dict[str, PipelineTaskDetail]]:
    """Return a function that maps a job to its tasks' details by unique name."""
    return tasks
