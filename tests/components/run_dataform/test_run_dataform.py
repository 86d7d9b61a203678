"""run_dataform names what failed, and cancels what it will not wait for, through the real Dataform client."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from google.api_core.exceptions import DeadlineExceeded
from google.cloud.dataform_v1 import CodeCompilationConfig, DataformClient, Repository, WorkflowInvocation

from components.run_dataform import step
from components.run_dataform.configuration import configuration
from components.run_dataform.step import READ, pause_seconds, run_dataform
from components.shared.clients import dataform_client
from components.shared.errors import StepError
from components.shared.names import BUCKET, DATASETS
from infra.deploy.warehouse import make_workspace

PROJECT, LOCATION = "winter-days-local", "us-central1"
ACCOUNT = "dataform@example.iam.gserviceaccount.com"
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


def push(folder: Path, repository: str, definitions: dict[str, str]) -> None:
    (folder / "definitions").mkdir()
    (folder / "workflow_settings.yaml").write_text(SETTINGS)
    for name, text in definitions.items():
        (folder / "definitions" / f"{name}.sqlx").write_text(text)
    make_workspace(dataform_client(), PARENT, repository, "work", folder)


def parameters(
    repository: str, timeout_seconds: int, run_id: str = "customer-churn-20260131"
) -> dict[str, Any]:
    return {
        "repository_name": f"{PARENT}/repositories/{repository}",
        "workspace": "work",
        "configuration": configuration(PROJECT, LOCATION, BUCKET, DATASETS, "", "2026-01-31", run_id=run_id),
        "service_account": "",
        "timeout_seconds": timeout_seconds,
        "longest_poll_seconds": 0.2,
    }


def run(folder: Path, repository: str, definitions: dict[str, str], timeout_seconds: int = 120) -> Any:
    push(folder, repository, definitions)
    return run_dataform(**parameters(repository, timeout_seconds))


def states(repository: str) -> list[WorkflowInvocation.State]:
    found = dataform_client().list_workflow_invocations(parent=f"{PARENT}/repositories/{repository}")
    return [invocation.state for invocation in found]


def test_a_column_missing_from_an_earlier_versions_table_is_reported_with_advice() -> None:
    advice = step._advice(["winter_days_staging.stg_sales_past: Unrecognized name: is_deleted (job j)"])
    assert advice.count("\n") == 1
    assert "rebuild the warehouse once" in advice
    assert "make rebuild" in advice
    assert step._advice(["winter_days_staging.bad: no such luck"]) == ""


@pytest.mark.parametrize(
    "reason",
    [
        "Error while reading table: p.d.t, error message: Invalid data. File: {file} (job j)",
        "Error while reading data, error message: Input file is not in Parquet format. File: {file}",
        "Error while reading table: t, error message: No magic bytes found at end of file '{file}'",
    ],
)
def test_a_damaged_file_of_an_export_is_reported_with_advice(reason: str) -> None:
    file = "gs://lake-raw/sales/export_date=2026-01-31/0a1b-00000.parquet"
    advice = step._advice(["d.other: no such luck", f"d.ext_sales_gcs: {reason.format(file=file)}"])
    assert f"{file} is damaged: move it out of the folder sales/ and run the day again" in advice


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
    with pytest.raises(StepError, match="not finished after 0 seconds"):
        run(tmp_path, "slow", {"slow": TABLE + SLOW}, timeout_seconds=0)
    assert states("slow") == [WorkflowInvocation.State.CANCELLED]


@pytest.fixture
def sigterm_ignored() -> Iterator[None]:
    """Keep a signal that the step does not handle from ending the tests."""
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
    client.create_repository(
        parent=PARENT, repository_id="terminated", repository=Repository(service_account=ACCOUNT)
    )
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


ATTEMPT = """
import json, sys
from components.run_dataform.step import run_dataform
from google.cloud.dataform_v1 import CodeCompilationConfig
given = json.loads(sys.argv[1])
run_dataform(**given | {"configuration": CodeCompilationConfig.from_json(given["configuration"])})
"""


def kill_while_it_waits(repository: str) -> None:
    settings = json.dumps(parameters(repository, timeout_seconds=300), default=CodeCompilationConfig.to_json)
    attempt = [sys.executable, "-c", ATTEMPT, settings]
    with subprocess.Popen(attempt, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert "waiting for" in process.stdout.readline()
        process.kill()


def test_a_killed_runs_next_attempt_takes_over_its_invocation_and_another_run_does_not(
    services: None, tmp_path: Path
) -> None:
    push(tmp_path, "killed", {"slow": TABLE + SLOW})
    kill_while_it_waits("killed")
    running, cancelled = WorkflowInvocation.State.RUNNING, WorkflowInvocation.State.CANCELLED
    assert states("killed") == [running]
    with pytest.raises(StepError, match="not finished after 0 seconds"):
        run_dataform(**parameters("killed", timeout_seconds=0, run_id="another-run"))
    assert states("killed") == [cancelled, running]
    with pytest.raises(StepError, match="not finished after 0 seconds"):
        run_dataform(**parameters("killed", timeout_seconds=0))
    assert states("killed") == [cancelled, cancelled]


def test_the_end_is_noticed_soon_and_dataform_is_not_asked_too_often() -> None:
    waited, asked = 0.0, [0.0]
    while waited < 1800:
        pause = pause_seconds(waited, longest=10)
        assert pause <= (2 if waited <= 30 else 10)
        waited += pause
        asked.append(waited)
    assert max(sum(1 for other in asked if start <= other < start + 60) for start in asked) <= 37


def test_the_longest_pause_may_be_shorter_than_a_second() -> None:
    assert pause_seconds(100, longest=0.2) == 0.2


def test_a_read_that_times_out_is_repeated() -> None:
    answers = iter([requests.ReadTimeout("late"), DeadlineExceeded("late"), "SUCCEEDED"])

    def read() -> str:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert READ.with_delay(initial=0.01, maximum=0.01)(read)() == "SUCCEEDED"
