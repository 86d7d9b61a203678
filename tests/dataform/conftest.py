"""A lake to put bronze files into, and Dataform to build the warehouse from them."""

import io
import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
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
    CompilationResultAction,
    DataformClient,
    InvocationConfig,
    Repository,
    Target,
    WorkflowInvocation,
    WorkflowInvocationAction,
)
from google.cloud.storage import Bucket

from components.export_sales.documents import SCHEMA
from components.shared.clients import bigquery_client, dataform_client, storage_client
from components.shared.names import DATASETS, SOURCES
from components.shared.sources import put_placeholder_files
from infra.migration import make_tables
from localcloud.endpoints import Endpoints
from tests.cloud import led_to

type Row = dict[str, Any]

PROJECT = "winter-days-local"
BUCKET = "lake"
KEY = "00112233445566778899aabbccddeeff"
DEFINITIONS = Path(__file__).parents[2] / "dataform"
RUNNING = WorkflowInvocation.State.RUNNING
ActionState = WorkflowInvocationAction.State
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

    def export(
        self,
        day: str,
        export_id: str,
        rows: list[Row],
        finished: bool = True,
        documents: int | None = None,
        name: str = "manifest",
        **counts: int,
    ) -> None:
        """Put an export into its folder beside what is there and, if finished, its manifest.

        documents is the number in the collection, by default the export's own; counts are new and the like.
        """
        parquet = io.BytesIO()
        table = pa.Table.from_pylist([row | {"export_id": export_id} for row in rows], schema=SCHEMA)
        pq.write_table(table, parquet)
        self._write(f"sales/export_date={day}/{export_id}-00000.parquet", parquet.getvalue())
        if finished:
            self.manifest(day, export_id, len(rows), documents, name, **counts)

    def manifest(
        self,
        day: str,
        export_id: str,
        rows: int,
        documents: int | None = None,
        name: str = "manifest",
        **counts: int,
    ) -> None:
        """Write the manifest of a finished export, with its rows and the collection's documents."""
        counts |= {
            "documents": rows if documents is None else documents,
            "rows": rows,
            "rejects": 0,
        }
        files = [f"{export_id}-00000.parquet"]
        manifest = {"export_id": export_id, "read_time": f"{day}T02:00:00Z", "files": files, **counts}
        self._write(f"sales_manifests/export_date={day}/{name}.json", json.dumps(manifest).encode())

    def tear(self, day: str, export_id: str) -> None:
        """Put half of a Parquet file where an export's file would be."""
        parquet = io.BytesIO()
        pq.write_table(pa.Table.from_pylist([{"export_id": export_id}], schema=SCHEMA), parquet)
        half = parquet.getvalue()[: parquet.tell() // 2]
        self._write(f"sales/export_date={day}/{export_id}-00000.parquet", half)

    def remove_export(self, day: str, export_id: str) -> None:
        """Delete an export's Parquet file, as the export that replaces it does."""
        self.bucket.blob(f"sales/export_date={day}/{export_id}-00000.parquet").delete()

    def json_lines(self, kind: str, day: str, rows: Iterable[Row | str], name: str = "part-0") -> None:
        """Put rows, and broken lines given as text, into clickstream/ or startups/ as they are."""
        lines = (row if isinstance(row, str) else json.dumps(row) for row in rows)
        self._write(f"{kind}/load_date={day}/{name}.jsonl", "".join(f"{line}\n" for line in lines).encode())

    def _write(self, name: str, contents: bytes) -> None:
        self.bucket.blob(name).upload_from_string(contents)


@dataclass(frozen=True)
class Warehouse:
    """The project's tables, and the Dataform repository that builds them."""

    client: bigquery.Client
    dataform: DataformClient
    repository: str

    @cache  # noqa: B019 - the one of the session; a compilation result never changes, nor does what is committed
    def compile(self, schema: str = "", **variables: str) -> CompilationResult:
        """Compile what is committed, with its own default dataset and variables."""
        return self.dataform.create_compilation_result(
            parent=self.repository,
            compilation_result=CompilationResult(
                git_commitish="main",
                code_compilation_config=CodeCompilationConfig(
                    default_database=PROJECT, default_schema=schema, vars={"bucket": BUCKET} | variables
                ),
            ),
        )

    def run(
        self,
        as_of: str,
        targets: Iterable[Target] = (),
        with_dependencies: bool = False,
        full_refresh: bool = False,
    ) -> dict[str, str]:
        """Run all targets or only some for a date, however many rejects; return how actions failed."""
        config = InvocationConfig(
            included_targets=targets,
            transitive_dependencies_included=with_dependencies,
            fully_refresh_incremental_tables_enabled=full_refresh,
        )
        return self.invoke(self.compile(as_of=as_of, max_reject_share="1"), config)

    def invoke(self, compiled: CompilationResult, config: InvocationConfig) -> dict[str, str]:
        """Run what is compiled and wait for the end; return how actions failed."""
        assert not compiled.compilation_errors
        invocation = self.dataform.create_workflow_invocation(
            parent=self.repository,
            workflow_invocation=WorkflowInvocation(
                compilation_result=compiled.name, invocation_config=config
            ),
        )
        while self.dataform.get_workflow_invocation(name=invocation.name).state == RUNNING:
            time.sleep(0.2)
        actions = self.dataform.query_workflow_invocation_actions(request={"name": invocation.name})
        return {
            action.target.name: f"{action.state.name} {action.failure_reason}".strip()
            for action in actions
            if action.state not in (ActionState.SUCCEEDED, ActionState.DISABLED)
        }

    def rows(self, table: str, *columns: str) -> list[tuple[Any, ...]]:
        """Return a table's rows in order, with all its columns or some."""
        names = ", ".join(columns) or "*"
        found = self.client.query(f"SELECT {names} FROM {table}").result()
        return sorted((row.values() for row in found), key=repr)


@pytest.fixture(scope="session")
def actions(warehouse: Warehouse) -> list[CompilationResultAction]:
    """Return what the definitions compile to: tables, operations, assertions, declarations."""
    compiled = warehouse.compile()
    assert not compiled.compilation_errors
    return list(warehouse.dataform.query_compilation_result_actions(request={"name": compiled.name}))


@pytest.fixture(scope="session")
def lake(laptop: Endpoints) -> Lake:
    """Return an empty bronze bucket."""
    with led_to(laptop):
        bucket = storage_client(PROJECT).create_bucket(BUCKET)
        put_placeholder_files(bucket, SOURCES)
        return Lake(bucket)


@pytest.fixture(scope="session")
def warehouse(laptop: Endpoints, project_files: dict[str, bytes]) -> Iterator[Warehouse]:
    """Return a project with the key and the steps' empty tables, and a repository with the definitions."""
    with led_to(laptop):
        client, dataform = bigquery_client(PROJECT), dataform_client()
    with client, dataform:
        for dataset in ("keys", "warehouse", "features", "contacts"):
            client.create_dataset(DATASETS[dataset], exists_ok=True)
        make_tables(client, PROJECT, DATASETS)
        table = f"{PROJECT}.winter_days_keys.pseudonym_key"
        client.query(f"CREATE OR REPLACE TABLE `{table}` AS SELECT '{KEY}' AS key").result()
        repository = dataform.create_repository(
            parent=PARENT,
            repository=Repository(service_account="runner@example.iam.gserviceaccount.com"),
            repository_id="definitions",
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
