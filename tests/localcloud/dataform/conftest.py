"""Clients of the local BigQuery and of the local Dataform that uses it, and projects that the tests write."""

import contextlib
import http.client
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from google.cloud import bigquery
from google.cloud import dataform_v1 as api

from components.shared.clients import bigquery_client, dataform_client
from localcloud.endpoints import free_port

PROJECT = "winter-days-test"
LOCATION = f"projects/{PROJECT}/locations/us-central1"
Invocation = api.WorkflowInvocation
# Minutes of work for one core: it is there to be cancelled.
ENDLESS = """
with recursive r as (select 1 as n union all select n + 1 from r where n < 100000000)
select max(n) as n from r"""


def wait_until(condition: Callable[[], bool], what: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not happen in {seconds} s"
        time.sleep(0.02)


def answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    with contextlib.closing(connection):
        try:
            connection.request("GET", "/")
            return bool(connection.getresponse().status)
        except OSError:
            return False


@contextlib.contextmanager
def served(module: str, port: int, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-m", module, "--port", str(port), *arguments])
    try:
        wait_until(lambda: answers(port) or process.poll() is not None, f"{module} answers")
        assert process.poll() is None, f"{module} ended at its start"
        yield process
    finally:
        process.terminate()
        process.wait(30)


@contextlib.contextmanager
def dataform_process(data_dir: Path) -> Iterator[tuple[subprocess.Popen[bytes], api.DataformClient]]:
    port = free_port()
    with (
        served("localcloud.dataform", port, "--data-dir", str(data_dir), "--project", PROJECT) as process,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("DATAFORM_EMULATOR_HOST", f"127.0.0.1:{port}")
        yield process, dataform_client()


@pytest.fixture(scope="module")
def warehouse(cloud) -> Iterator[bigquery.Client]:
    with bigquery_client(PROJECT) as client:
        yield client


@pytest.fixture(scope="module")
def client(cloud) -> Iterator[api.DataformClient]:
    with dataform_client() as client:
        yield client


ACCOUNT = "runner@example.iam.gserviceaccount.com"


@dataclass
class Project:
    """One test's repository, with a workspace and a dataset of its own."""

    client: api.DataformClient
    name: str
    dataset: str
    database: str = PROJECT
    endless: str = ENDLESS

    @property
    def workspace(self) -> str:
        return f"{self.name}/workspaces/w"

    def write(self, path: str, text: str) -> None:
        self.client.write_file(request={"workspace": self.workspace, "path": path, "contents": text.encode()})

    def define(self, **definitions: str) -> None:
        for name, text in definitions.items():
            self.write(f"definitions/{name}.sqlx", text)

    def compile(self, **config: object) -> api.CompilationResult:
        result = api.CompilationResult(
            workspace=self.workspace, code_compilation_config=api.CodeCompilationConfig(**config)
        )
        return self.client.create_compilation_result(parent=self.name, compilation_result=result)

    def start(self, compiled: api.CompilationResult | None = None, **config: object) -> Invocation:
        invocation = Invocation(
            compilation_result=(compiled or self.compile()).name,
            invocation_config=api.InvocationConfig(**config),
        )
        return self.client.create_workflow_invocation(parent=self.name, workflow_invocation=invocation)

    def state(self, invocation: Invocation) -> Invocation.State:
        return self.client.get_workflow_invocation(name=invocation.name).state

    def wait(self, invocation: Invocation) -> Invocation.State:
        moving = (Invocation.State.RUNNING, Invocation.State.CANCELING)
        wait_until(lambda: self.state(invocation) not in moving, f"the end of {invocation.name}")
        return self.state(invocation)

    def wait_for_jobs(self, invocation: Invocation, *names: str) -> None:
        """Wait until exactly these actions have a job."""

        def running() -> tuple[str, ...]:
            actions = self.actions(invocation)
            return tuple(sorted(name for name, action in actions.items() if action.bigquery_action.job_id))

        wait_until(lambda: running() == names, f"a job of {names} in {invocation.name}")

    def run(self, compiled: api.CompilationResult | None = None, **config: object) -> Invocation:
        invocation = self.start(compiled, **config)
        self.wait(invocation)
        return self.client.get_workflow_invocation(name=invocation.name)

    def actions(self, invocation: Invocation) -> dict[str, api.WorkflowInvocationAction]:
        found = self.client.query_workflow_invocation_actions(request={"name": invocation.name})
        return {action.target.name: action for action in found}

    def states(self, invocation: Invocation) -> dict[str, str]:
        return {name: action.state.name for name, action in self.actions(invocation).items()}


def new_project(client: api.DataformClient, account: str = ACCOUNT) -> Project:
    unique = uuid.uuid4().hex[:12]
    repository = client.create_repository(
        parent=LOCATION, repository_id=f"r-{unique}", repository=api.Repository(service_account=account)
    )
    client.create_workspace(parent=repository.name, workspace_id="w", workspace=api.Workspace())
    project = Project(client, repository.name, f"d_{unique}")
    project.write(
        "workflow_settings.yaml",
        f"defaultProject: {PROJECT}\ndefaultLocation: US\ndefaultDataset: {project.dataset}\n"
        f"defaultAssertionDataset: {project.dataset}_assertions\nvars:\n  greeting: hello\n",
    )
    return project


@pytest.fixture
def project(client) -> Project:
    return new_project(client)


@pytest.fixture(scope="module")
def shared_project(client) -> Project:
    """Return a project that the tests of a module compile once and only read."""
    return new_project(client)


@pytest.fixture
def own_server(warehouse, tmp_path) -> Callable[[], contextlib.AbstractContextManager]:
    """Return a function that runs a Dataform for this test alone, on the same folder each time."""
    return lambda: dataform_process(tmp_path)


@pytest.fixture
def own_project() -> Callable[[api.DataformClient], Project]:
    """Return a function that creates a project on a client's server."""
    return new_project


@pytest.fixture
def rows(warehouse, project) -> Callable[[str], list[tuple]]:
    """Return a function that reads the sorted rows of a table in the project's dataset."""

    def read(table: str, columns: str = "*") -> list[tuple]:
        found = warehouse.query_and_wait(f"select {columns} from `{PROJECT}.{project.dataset}.{table}`")
        return sorted(tuple(row.values()) for row in found)

    return read
