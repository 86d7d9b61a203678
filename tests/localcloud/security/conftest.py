"""A whole local cloud with a few things in it that a stranger must not see or change."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from google.protobuf import json_format
from kfp import dsl

from components.shared.names import BUCKET
from laptop.provision import make_ready
from localcloud.endpoints import Endpoints
from localcloud.state import State
from localcloud.supervisor import running

PARENT = "projects/winter-days-local/locations/us-central1"
WORKSPACE = f"{PARENT}/repositories/winter-days-data-repo/workspaces/batch-workspace"
HTTP_SERVICES = ("bigquery", "storage", "dataform", "vertex", "orchestrator")
GRPC_SERVICES = ("firestore", "bigquery_storage")
SECRET = "only the owner reads this"  # noqa: S105 -- what the lake holds


@dataclass(frozen=True)
class Cloud:
    """A running cloud, its folder, and a pipeline job that leaves a marker file if it runs."""

    endpoints: Endpoints
    folder: Path
    marker: Path
    job: dict[str, Any]

    def url(self, service: str) -> str:
        return f"http://{self.endpoints.address(service)}"

    def queries(self) -> str:
        return f"{self.url('bigquery')}/bigquery/v2/projects/{self.endpoints.project}/queries"

    def query(self, sql: str, **headers: str) -> httpx.Response:
        return httpx.post(
            self.queries(), json={"query": sql, "useLegacySql": False}, headers=headers, timeout=60
        )

    def processes(self, *names: str) -> list[psutil.Process]:
        """Return the processes of these services, or of all, with their leashes."""
        services = State.read(self.folder).services
        leashes = [psutil.Process(services[name]) for name in names or services]
        return [child for leash in leashes for child in [leash, *leash.children(recursive=True)]]

    def listeners(self, *names: str) -> list[Any]:
        """Return the addresses on which the processes of these services, or of all, listen."""
        found = [one for process in self.processes(*names) for one in process.net_connections("inet")]
        return [one.laddr for one in found if one.status in (psutil.CONN_LISTEN, psutil.CONN_NONE)]

    def hidden_ports(self) -> set[int]:
        """Return the ports that the services listen on besides the known ones."""
        return {address.port for address in self.listeners()} - set(self.endpoints.ports.values())

    def changes(self) -> dict[str, tuple[str, str, dict[str, Any] | str]]:
        """Return, for each service, a call that changes something: method, URL and body."""
        jobs, runs = f"{self.url('vertex')}/v1/{PARENT}/pipelineJobs", f"{self.url('orchestrator')}/"
        upload = f"{self.url('storage')}/upload/storage/v1/b/{BUCKET}/o?uploadType=media&name=strange"
        remove = f"{self.url('dataform')}/v1/{WORKSPACE}:removeFile"
        create = "CREATE TABLE winter_days_staging.strange AS SELECT 1 AS a"
        return {
            "bigquery": ("POST", self.queries(), {"query": create, "useLegacySql": False}),
            "storage": ("POST", upload, "strange"),
            "dataform": ("POST", remove, {"path": "workflow_settings.yaml"}),
            "vertex": ("POST", f"{jobs}?pipelineJobId=strange", self.job),
            "orchestrator": ("POST", runs, {"as_of": "2026-01-31"}),
        }

    def readings(self) -> dict[str, str]:
        """Return, for each service, a URL that returns data."""
        return {
            "bigquery": f"{self.url('bigquery')}/bigquery/v2/projects/{self.endpoints.project}/datasets",
            "storage": f"{self.url('storage')}/storage/v1/b/{BUCKET}/o/secret?alt=media",
            "dataform": f"{self.url('dataform')}/v1/{WORKSPACE}:readFile?path=workflow_settings.yaml",
            "vertex": f"{self.url('vertex')}/",
            "orchestrator": f"{self.url('orchestrator')}/runs",
        }

    def assert_untouched(self) -> None:
        """Check that none of the `changes` was made."""
        tables = f"{self.url('bigquery')}/bigquery/v2/projects/{self.endpoints.project}/datasets"
        assert httpx.get(f"{tables}/winter_days_staging/tables/strange").status_code == 404
        objects = httpx.get(f"{self.url('storage')}/storage/v1/b/{BUCKET}/o").json()["items"]
        assert [item["name"] for item in objects] == ["secret"]
        read = httpx.get(f"{self.url('dataform')}/v1/{WORKSPACE}:readFile?path=workflow_settings.yaml")
        assert read.status_code == 200
        jobs = httpx.get(f"{self.url('vertex')}/v1/{PARENT}/pipelineJobs").json()
        assert jobs.get("pipelineJobs", []) == []
        assert not self.marker.exists()


@dsl.component(base_image="none", install_kfp_package=False)
def leave_a_file(path: str):
    from pathlib import Path

    Path(path).touch()


def job_that_leaves(marker: Path) -> dict[str, Any]:
    """Return a job that has the local Vertex AI run code, which leaves a file at `marker`."""

    @dsl.pipeline(name="strange")
    def strange(path: str) -> None:
        leave_a_file(path=path)

    spec = json_format.MessageToDict(strange.pipeline_spec)
    runtime = {"gcsOutputDirectory": "gs://x/y", "parameterValues": {"path": str(marker)}}
    return {"displayName": "strange", "pipelineSpec": spec, "runtimeConfig": runtime}


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """The cloud, made ready as by `make up`, with a secret in its lake."""
    folder, marker = tmp_path_factory.mktemp("cloud"), tmp_path_factory.mktemp("job") / "marker"
    with running(folder) as endpoints, pytest.MonkeyPatch.context() as patch:
        for name, value in endpoints.environment().items():
            patch.setenv(name, value)
        make_ready(endpoints.project)
        cloud = Cloud(endpoints, folder, marker, job_that_leaves(marker))
        upload = f"{cloud.url('storage')}/upload/storage/v1/b/{BUCKET}/o?uploadType=media&name=secret"
        httpx.post(
            upload, content=SECRET, headers={"Content-Type": "application/octet-stream"}
        ).raise_for_status()
        yield cloud
