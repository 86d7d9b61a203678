"""run_dataform names what failed, and cancels what it will not wait for, through the real Dataform client."""

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.cloud.dataform_v1 import DataformClient, WorkflowInvocation

from components.run_dataform.step import run_dataform
from components.shared.clients import dataform_client
from components.shared.errors import StepError
from localcloud.workspace import push_workspace

PROJECT, LOCATION = "winter-days-local", "us-central1"
PARENT = f"projects/{PROJECT}/locations/{LOCATION}"
SETTINGS = """dataformCoreVersion: 3.0.62
defaultProject: winter-days-local
defaultLocation: us-central1
defaultDataset: winter_days_staging
defaultAssertionDataset: winter_days_assertions
"""
TABLE = 'config { type: "table" }\n'
SLOW = (
    "SELECT COUNT(*) AS n FROM UNNEST(GENERATE_ARRAY(1, 200000)) AS a, UNNEST(GENERATE_ARRAY(1, 200000)) AS b"
)


def run(folder: Path, repository: str, definitions: dict[str, str], timeout_seconds: int = 120) -> Any:
    (folder / "definitions").mkdir()
    (folder / "workflow_settings.yaml").write_text(SETTINGS)
    for name, text in definitions.items():
        (folder / "definitions" / f"{name}.sqlx").write_text(text)
    push_workspace(dataform_client(), PARENT, repository, "work", folder)
    return run_dataform(
        repository=f"{PARENT}/repositories/{repository}",
        workspace="work",
        project=PROJECT,
        location=LOCATION,
        variables={},
        as_of="2026-01-31",
        service_account="",
        timeout_seconds=timeout_seconds,
        longest_poll_seconds=0.2,
    )


def states(repository: str) -> list[WorkflowInvocation.State]:
    found = dataform_client().list_workflow_invocations(parent=f"{PARENT}/repositories/{repository}")
    return [invocation.state for invocation in found]


def test_a_failed_action_is_named_with_its_reason_and_the_skipped_are_counted(
    services: None, tmp_path: Path
) -> None:
    definitions = {
        "good": TABLE + "SELECT 1 AS n",
        "bad": TABLE + "SELECT ERROR('no such luck') AS n",
        "after": TABLE + "SELECT * FROM ${ref('bad')}",
    }
    with pytest.raises(StepError) as failure:
        run(tmp_path, "failing", definitions)
    message = str(failure.value)
    assert "1 actions failed, 1 were skipped" in message
    assert "winter_days_staging.bad: " in message
    assert "no such luck" in message
    assert "(job " in message


def test_a_compilation_error_names_the_file_and_nothing_is_invoked(services: None, tmp_path: Path) -> None:
    with pytest.raises(StepError, match=r"does not compile:[\s\S]*definitions/broken\.sqlx"):
        run(tmp_path, "broken", {"broken": TABLE + "SELECT ${nothing} AS n"})
    assert states("broken") == []


def test_a_run_past_its_time_is_cancelled(services: None, tmp_path: Path) -> None:
    with pytest.raises(StepError, match="no end after 0 seconds"):
        run(tmp_path, "slow", {"slow": TABLE + SLOW}, timeout_seconds=0)
    assert states("slow") == [WorkflowInvocation.State.CANCELLED]


@pytest.fixture
def sigterm_ignored() -> Iterator[None]:
    """Keep a signal that the step does not take from ending the tests."""
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGTERM, before)


def test_sigterm_while_the_invocation_is_created_cancels_it(
    services: None, sigterm_ignored: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = DataformClient.create_workflow_invocation

    def terminate_before_the_answer(*arguments: Any, **more: Any) -> Any:
        answer = create(*arguments, **more)
        os.kill(os.getpid(), signal.SIGTERM)
        return answer

    monkeypatch.setattr(DataformClient, "create_workflow_invocation", terminate_before_the_answer)
    with pytest.raises(StepError, match="SIGTERM"):
        run(tmp_path, "created", {"slow": TABLE + SLOW}, timeout_seconds=60)
    assert states("created") == [WorkflowInvocation.State.CANCELLED]


def test_sigterm_cancels_the_invocation(services: None, sigterm_ignored: None, tmp_path: Path) -> None:
    terminated = threading.Event()

    def terminate_once_running() -> None:
        while not terminated.wait(0.1):
            if WorkflowInvocation.State.RUNNING in states("terminated"):
                os.kill(os.getpid(), signal.SIGTERM)
                return

    watcher = threading.Thread(target=terminate_once_running)
    client = dataform_client()
    (tmp_path / "empty").mkdir()
    push_workspace(client, PARENT, "terminated", "work", tmp_path / "empty")
    project = tmp_path / "project"
    project.mkdir()
    watcher.start()
    try:
        with pytest.raises(StepError, match="SIGTERM"):
            run(project, "terminated", {"slow": TABLE + SLOW}, timeout_seconds=60)
    finally:
        terminated.set()
        watcher.join()
    assert states("terminated") == [WorkflowInvocation.State.CANCELLED]
