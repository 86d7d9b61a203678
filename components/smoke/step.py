"""Test one open question, and store the outcome in the bucket; an unproved one does not fail a run."""

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from google.api_core.exceptions import Forbidden, PreconditionFailed
from google.cloud.dataform_v1 import (
    CodeCompilationConfig,
    CompilationResult,
    InvocationConfig,
    Target,
    WorkflowInvocation,
)
from google.cloud.storage import Bucket

from components.shared.artifacts import Artifact
from components.shared.clients import bigquery_client, dataform_client, storage_client
from components.shared.errors import StoppedError
from components.shared.logs import plain_line
from components.shared.queries import read_sql, run_query
from components.shared.run_record import stopping_on_sigterm
from components.shared.sources import PLACEHOLDER, put_placeholder_files

FOLDER = Path(__file__).parent
CALL_SECONDS, END_SECONDS, SIGNAL_SECONDS = 120, 600, 1800
EXTERNAL = "ext_clickstream_gcs"
SHARDS = 3


class UnprovedError(Exception):
    """The question stays open; the message says what happened."""


@dataclass(frozen=True)
class Place:
    """Where the smoke run works, and as whom."""

    project: str
    location: str
    bucket: str
    run_id: str
    repository: str
    workspace: str
    service_account: str
    keys_dataset: str
    mounted: Artifact

    @property
    def lake(self) -> Bucket:
        """The bucket."""
        return storage_client(self.project).bucket(self.bucket)


def record_name(run_id: str, question: str) -> str:
    """Return the name of the object with a question's outcome."""
    return f"mlops/smoke/{run_id}/{question}.json"


def part_name(run_id: str, shard: int) -> str:
    """Return the name of the object that says that a shard has done its work."""
    return f"mlops/smoke/{run_id}/parts/{shard}.json"


def leave_part(project: str, bucket: str, run_id: str, shard: int) -> None:
    """Record a shard's work in the bucket."""
    storage_client(project).bucket(bucket).blob(part_name(run_id, shard)).upload_from_string("{}")


def begin_once(project: str, bucket: str, run_id: str) -> None:
    """Record that a step has begun the first time, or that it has begun again."""
    lake = storage_client(project).bucket(bucket)
    done = lake.blob(f"mlops/smoke/{run_id}/begun.json").exists()
    word = f"mlops/smoke/{run_id}/{'begun_again' if done else 'begun'}.json"
    lake.blob(word).upload_from_string("{}")


def fail_twice(project: str, bucket: str, run_id: str) -> None:
    """Fail the first two times; raise UnprovedError."""
    lake = storage_client(project).bucket(bucket)
    for attempt in ("first", "second"):
        word = lake.blob(f"mlops/smoke/{run_id}/failed/{attempt}.json")
        if not word.exists():
            word.upload_from_string("{}")
            raise UnprovedError(f"the {attempt} time, on purpose: a rerun goes on from here")


def run(*, question: str, mounted: Artifact, **place: str) -> None:
    """Test one question of CHECKS; its docstring says what is proved, its exception why it is not."""
    at = Place(mounted=mounted, **place)
    try:
        CHECKS[question](at)
        detail = ""
    except Exception as error:  # noqa: BLE001 - what was wrong is the answer, and the table shows it
        detail = f"{type(error).__name__}: {error}"
    print(f"smoke {at.run_id} {question} {'proved' if not detail else 'not proved: ' + detail}", flush=True)
    record = {"proved": not detail, "detail": detail}
    at.lake.blob(record_name(at.run_id, question)).upload_from_string(json.dumps(record))


def _mounted_bucket(at: Place) -> None:
    """The image's user can write to the mounted bucket."""
    path = Path(at.mounted.path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(at.run_id, encoding="utf-8")
    if path.read_text(encoding="utf-8") != at.run_id:
        raise UnprovedError(f"{path} does not hold the text that user {os.getuid()} wrote")


def _create_once(at: Place) -> None:
    """An object can be created with the right to create alone, and a second creation is refused as such."""
    try:
        at.lake.blob(f"clickstream/{PLACEHOLDER}").upload_from_string("\n", if_generation_match=0)
        at.lake.blob(f"clickstream/{PLACEHOLDER}").upload_from_string("\n", if_generation_match=0)
    except PreconditionFailed:
        return
    raise UnprovedError("a second object replaced the first, although it should only have been created")


def _act_as(at: Place) -> None:
    """Dataform runs as its account, which reads an external table through the bucket's managed folder."""
    put_placeholder_files(at.lake, ["clickstream"])
    client = dataform_client()
    parent = f"projects/{at.project}/locations/{at.location}/repositories/{at.repository}"
    wanted = CompilationResult(
        workspace=f"{parent}/workspaces/{at.workspace}",
        code_compilation_config=CodeCompilationConfig(
            default_database=at.project, default_location=at.location, vars={"bucket": at.bucket}
        ),
    )
    compiled = client.create_compilation_result(
        parent=parent, compilation_result=wanted, timeout=CALL_SECONDS
    )
    target = Target(database=at.project, schema=_schema(compiled.name), name=EXTERNAL)
    asked = WorkflowInvocation(
        compilation_result=compiled.name,
        invocation_config=InvocationConfig(included_targets=[target], service_account=at.service_account),
    )
    made = client.create_workflow_invocation(parent=parent, workflow_invocation=asked, timeout=CALL_SECONDS)
    deadline = time.monotonic() + END_SECONDS
    while (
        state := client.get_workflow_invocation(name=made.name, timeout=CALL_SECONDS).state
    ) == WorkflowInvocation.State.RUNNING and time.monotonic() < deadline:
        time.sleep(2)
    actions = client.query_workflow_invocation_actions(request={"name": made.name}, timeout=CALL_SECONDS)
    if state != WorkflowInvocation.State.SUCCEEDED:
        reasons = [action.failure_reason for action in actions if action.failure_reason]
        raise UnprovedError(f"{made.name} ended {state.name}: {'; '.join(reasons)}")


def _schema(compiled: str) -> str:
    found = dataform_client().query_compilation_result_actions(
        request={"name": compiled}, timeout=CALL_SECONDS
    )
    return next(action.target.schema for action in found if action.target.name == EXTERNAL)


def _key_refused(at: Place) -> None:
    """The account of the steps cannot read the pseudonym key."""
    sql = read_sql(FOLDER / "key.sql", project=at.project, keys_dataset=at.keys_dataset)
    try:
        run_query(bigquery_client(at.project, at.location), sql, {})
    except Forbidden:
        return
    raise UnprovedError("the key's table could be read")


def _log_line(at: Place) -> None:
    """A line that a step prints is found by the alerts."""
    plain_line(step="smoke", run=at.run_id)  # pipelines/smoke.py looks for it


def _parallel_tasks(at: Place) -> None:
    """Parallel tasks run inside an exit handler, and what follows them finds what they left."""
    missing = [shard for shard in range(SHARDS) if not at.lake.blob(part_name(at.run_id, shard)).exists()]
    if missing:
        raise UnprovedError(
            f"of {SHARDS} shards these had not ended, though this task waits for them: {missing}"
        )


def _signal(at: Place) -> None:
    """A step is told that its run is cancelled."""
    at.lake.blob(record_name(at.run_id, "waiting")).upload_from_string("{}")
    try:
        with stopping_on_sigterm():
            time.sleep(SIGNAL_SECONDS)
    except StoppedError:
        return
    raise UnprovedError(f"no SIGTERM in {SIGNAL_SECONDS} s")


def _rerun(at: Place) -> None:
    """A failed run resumes from the step that failed, twice over, and what had finished is kept."""
    if at.lake.blob(f"mlops/smoke/{at.run_id}/begun_again.json").exists():
        raise UnprovedError("a step that had finished was done again")


CHECKS: dict[str, Callable[[Place], None]] = {
    "mounted-bucket": _mounted_bucket,
    "create-once": _create_once,
    "act-as": _act_as,
    "key-refused": _key_refused,
    "log-line": _log_line,
    "parallel-tasks": _parallel_tasks,
    "rerun": _rerun,
    "signal": _signal,
}
