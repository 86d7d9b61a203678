"""A lake to put bronze files into, and Dataform to make the warehouse of them."""

import io
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from google.cloud import bigquery
from google.cloud.dataform_v1 import (
    CodeCompilationConfig,
    CommitMetadata,
    CommitRepositoryChangesRequest,
    CompilationResult,
    DataformClient,
    InvocationConfig,
    Repository,
    WorkflowInvocation,
    WorkflowInvocationAction,
)
from google.cloud.storage import Bucket

from components.export_sales.documents import SCHEMA
from components.shared.clients import bigquery_client, dataform_client, storage_client
from localcloud.supervisor import running

type Row = dict[str, Any]

PROJECT = "winter-days-local"
BUCKET = "lake"
KEY = "00112233445566778899aabbccddeeff"
DEFINITIONS = Path(__file__).parents[2] / "dataform"
RUNNING = WorkflowInvocation.State.RUNNING
FAILED = WorkflowInvocationAction.State.FAILED
PARENT = f"projects/{PROJECT}/locations/us-central1"


@pytest.fixture(scope="session")
def project_files() -> dict[str, bytes]:
    """Return what is pushed to Dataform: path in the project → contents."""
    files = [path for path in DEFINITIONS.rglob("*") if path.is_file()]
    return {str(path.relative_to(DEFINITIONS)): path.read_bytes() for path in files}


@dataclass(frozen=True)
class Lake:
    """The bronze bucket."""

    bucket: Bucket

    def export(self, day: str, export_id: str, rows: list[Row], finished: bool = True) -> None:
        """Put an export into its folder beside what is there, and, when finished, its manifest."""
        parquet = io.BytesIO()
        table = pa.Table.from_pylist([row | {"export_id": export_id} for row in rows], schema=SCHEMA)
        pq.write_table(table, parquet)
        name = f"sales/export_date={day}/{export_id}-00000.parquet"
        self._write(name, parquet.getvalue())
        if finished:
            counts = {"documents": len(rows), "rows": len(rows), "rejects": 0, "files": [name]}
            manifest = {"export_id": export_id, "read_time": f"{day}T02:00:00Z", **counts}
            self._write(f"sales_manifests/export_date={day}/manifest.json", json.dumps(manifest).encode())

    def remove_export(self, day: str, export_id: str) -> None:
        """Take an export's Parquet file away, as the one that replaces it does."""
        self.bucket.blob(f"sales/export_date={day}/{export_id}-00000.parquet").delete()

    def json_lines(self, kind: str, day: str, rows: list[Row]) -> None:
        """Put rows into clickstream/ or startups/ as they are."""
        text = "".join(json.dumps(row) + "\n" for row in rows)
        self._write(f"{kind}/load_date={day}/part-0.jsonl", text.encode())

    def _write(self, name: str, contents: bytes) -> None:
        self.bucket.blob(name).upload_from_string(contents)


@dataclass(frozen=True)
class Warehouse:
    """The project's tables, and the Dataform repository that makes them."""

    client: bigquery.Client
    dataform: DataformClient
    repository: str

    def run(self, as_of: str, full_refresh: bool = False) -> dict[str, str]:
        """Compile and run everything for a date; return the reason of each action that failed."""
        config = CodeCompilationConfig(default_database=PROJECT, vars={"bucket": BUCKET, "as_of": as_of})
        compiled = self.dataform.create_compilation_result(
            parent=self.repository,
            compilation_result=CompilationResult(git_commitish="main", code_compilation_config=config),
        )
        assert not compiled.compilation_errors
        invoked = self.dataform.create_workflow_invocation(
            parent=self.repository,
            workflow_invocation=WorkflowInvocation(
                compilation_result=compiled.name,
                invocation_config=InvocationConfig(fully_refresh_incremental_tables_enabled=full_refresh),
            ),
        )
        return self._failures(invoked.name)

    def _failures(self, invocation: str) -> dict[str, str]:
        while self.dataform.get_workflow_invocation(name=invocation).state == RUNNING:
            time.sleep(0.2)
        actions = self.dataform.query_workflow_invocation_actions(request={"name": invocation})
        return {action.target.name: action.failure_reason for action in actions if action.state == FAILED}

    def rows(self, table: str, *columns: str) -> list[tuple[Any, ...]]:
        """Return a table's rows in order, of all its columns or of some."""
        names = ", ".join(columns) or "*"
        found = self.client.query(f"SELECT {names} FROM {table}").result()
        return sorted((row.values() for row in found), key=repr)


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Run the laptop's cloud, and have the clients find it."""
    with running(tmp_path_factory.mktemp("cloud")) as endpoints, pytest.MonkeyPatch.context() as patch:
        for name, value in endpoints.environment().items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="session")
def lake(cloud: None) -> Lake:
    """Return an empty bronze bucket."""
    return Lake(storage_client(PROJECT).create_bucket(BUCKET))


@pytest.fixture(scope="session")
def warehouse(cloud: None, project_files: dict[str, bytes]) -> Iterator[Warehouse]:
    """Return a project with the pseudonym key alone, and a repository with the definitions committed."""
    with bigquery_client(PROJECT) as client, dataform_client() as dataform:
        client.create_dataset("winter_days_keys", exists_ok=True)
        table = f"{PROJECT}.winter_days_keys.pseudonym_key"
        client.query(f"CREATE OR REPLACE TABLE `{table}` AS SELECT '{KEY}' AS key").result()
        repository = dataform.create_repository(
            parent=PARENT, repository=Repository(), repository_id="definitions"
        )
        operations = {
            path: {"write_file": {"contents": contents}} for path, contents in project_files.items()
        }
        dataform.commit_repository_changes(
            CommitRepositoryChangesRequest(
                name=repository.name,
                commit_metadata=CommitMetadata(author={"name": "t", "email_address": "t@example.com"}),
                file_operations=operations,
            )
        )
        yield Warehouse(client, dataform, repository.name)
