"""The outcome of a job's run: states, causes, artifacts, parameters, logs."""

from pathlib import Path

import psutil
import pytest
from google.cloud.aiplatform_v1 import PipelineState

from localcloud.supervisor import running
from tests.cloud import led_to
from tests.localcloud.vertex.conftest import PARENT, wait_until
from tests.orchestrator.holding import hold_the_only_place

SUCCEEDED = PipelineState.PIPELINE_STATE_SUCCEEDED
FAILED = PipelineState.PIPELINE_STATE_FAILED


def states(details) -> dict[str, str]:
    return {name: detail.state.name for name, detail in details.items()}


def test_a_run_succeeds_with_its_artifacts_metrics_and_parameters(vertex, tasks_of):
    job = vertex.run("succeeding", rows=3)
    details = tasks_of(job)
    assert job.state == SUCCEEDED
    assert states(details) == {"write-rows": "SUCCEEDED", "read-rows": "SUCCEEDED"}
    assert job.create_time <= job.start_time < job.end_time <= job.update_time
    assert not job.error.message

    written = details["write-rows"]
    table, quality = (written.outputs[name].artifacts[0] for name in ("table", "quality"))
    assert (table.schema_title, table.display_name, dict(table.metadata)) == (
        "system.Dataset",
        "table",
        {"rows": 3},
    )
    assert (quality.schema_title, dict(quality.metadata)) == ("system.Metrics", {"share_rejected": 0.25})
    assert table.uri.startswith(str(vertex.file(job, "artifacts")))
    assert dict(written.execution.metadata) == {"input:rows": 3, "output:Output": 6}
    assert [change.state.name for change in written.pipeline_task_status] == [
        "PENDING",
        "RUNNING",
        "SUCCEEDED",
    ]
    assert written.end_time <= details["read-rows"].start_time
    assert details["read-rows"].inputs["table"].artifacts[0].uri == table.uri
    assert "read 3 rows, doubled 6" in vertex.file(job, "logs/read-rows.log").read_text()
    assert "read 3 rows, doubled 6" in vertex.file(job, "run.log").read_text()
    assert not vertex.file(job, "tmp").exists()


def test_a_failure_names_the_task_and_its_cause_and_the_exit_handler_runs(vertex, tasks_of, tmp_path):
    job = vertex.run("failing", marker=str(tmp_path / "marker"))
    details = tasks_of(job)
    assert job.state == FAILED
    assert job.error.message == (
        "The DAG failed because some tasks failed. The failed tasks are: [fail].\n"
        "fail: ValueError: no bucket called lake\nmake one"
    )
    assert states(details) == {
        "exit-handler-1": "FAILED",
        "exit-handler-1.fail": "FAILED",
        "exit-handler-1.say": "NOT_TRIGGERED",
        "exit-handler-1.say-2": "SUCCEEDED",
        "report-outcome": "SUCCEEDED",
    }
    assert details["exit-handler-1.fail"].error.message == "ValueError: no bucket called lake\nmake one"
    assert details["exit-handler-1.fail"].parent_task_id == details["exit-handler-1"].task_id
    assert (tmp_path / "marker").read_text() == "FAILED"


def test_colours_do_not_reach_the_cause(vertex, tmp_path):
    job = vertex.run("failing", marker=str(tmp_path / "marker"), cause="\x1b[31mred\x1b[0m")
    assert job.error.message.endswith("fail: ValueError: red")


def test_a_failure_without_an_exception_shows_the_last_lines_and_the_exit_code(vertex):
    job = vertex.run("failing_flat")
    assert job.error.message.endswith("the last words\nexit code 7")


def test_after_a_failure_independent_tasks_still_run(vertex, tasks_of):
    found = states(tasks_of(vertex.run("failing_flat")))
    assert (found.pop("fail-without-words"), found.pop("say")) == ("FAILED", "NOT_TRIGGERED")
    assert set(found.values()) == {"SUCCEEDED"}


def test_after_a_failure_no_task_starts_when_the_policy_is_to_fail_fast(vertex, tasks_of, tmp_path):
    """Which of the independent tasks kfp runs before the one that fails is left to chance."""
    details = tasks_of(vertex.run("failing_flat", fail_fast=True))
    failed = details.pop("fail-without-words")
    assert {detail.state.name for detail in details.values()} <= {"SUCCEEDED", "NOT_TRIGGERED"}
    ran = [detail for detail in details.values() if detail.state.name == "SUCCEEDED"]
    assert all(detail.end_time <= failed.start_time for detail in ran)
    details = tasks_of(vertex.run("failing", marker=str(tmp_path / "marker"), fail_fast=True))
    assert details["report-outcome"].state.name == "SUCCEEDED"


def test_a_retry_shows_in_the_log_and_in_the_task_s_history(vertex, tasks_of, tmp_path):
    job = vertex.run("retried", marker=str(tmp_path / "marker"))
    detail = tasks_of(job)["fail-once"]
    log = vertex.file(job, "logs/fail-once.log").read_text()
    assert job.state == SUCCEEDED
    assert (log.count("--- attempt"), log.count("trying")) == (2, 2)
    history = [(change.state.name, change.error.message) for change in detail.pipeline_task_status]
    assert history == [
        ("PENDING", ""),
        ("RUNNING", ""),
        ("PENDING", "OSError: the first attempt fails"),
        ("RUNNING", ""),
        ("SUCCEEDED", ""),
    ]
    assert not detail.error.message


def test_a_value_that_kfp_cannot_take_fails_the_task_and_not_the_server(vertex, tasks_of, tmp_path):
    job = vertex.run("unmeasured", marker=str(tmp_path / "marker"))
    details = tasks_of(job)
    assert dict(details["exit-handler-1.divide-by-zero"].execution.metadata) == {"output:Output": "NaN"}
    assert job.error.message.startswith(
        "The DAG failed because some tasks failed. The failed tasks are: [measure-nothing].\n"
        "measure-nothing: SerializeToJsonError: "
    )
    assert (tmp_path / "marker").read_text() == "FAILED"


@pytest.mark.parametrize(("number", "branch"), [(3, "NOT_TRIGGERED"), (30, "SUCCEEDED")])
def test_branches_and_loops_have_their_tasks(vertex, tasks_of, number, branch):
    job = vertex.run("branching", number=number)
    found = states(tasks_of(job))
    assert job.state == SUCCEEDED
    assert (found["condition-1"], found["condition-1.say"]) == (branch, branch)
    for iteration, letter in enumerate("ab"):
        outer = f"for-loop-3.for-loop-3-iteration-{iteration}"
        inner = f"{outer}.for-loop-5.for-loop-5-iteration-0"
        assert {found[name] for name in ("for-loop-3", outer, inner, f"{inner}.say-2")} == {"SUCCEEDED"}
        assert f"Z {letter}\n" in vertex.file(job, f"logs/{inner}.say-2.log").read_text()


def test_a_condition_that_cannot_be_evaluated_fails_the_run(vertex):
    job = vertex.run("unresolved", text="it's")
    assert job.state == FAILED
    assert "Condition evaluation failed for" in job.error.message


def test_a_wrapper_runs_every_task_elsewhere(own_server, tmp_path, monkeypatch):
    wrapper = tmp_path / "wrapper"
    wrapper.write_text(f'#!/bin/sh\necho "$1" >> "{tmp_path}/$2"\nshift 2\nexec "$@"\n')
    wrapper.chmod(0o755)
    monkeypatch.setenv("LOCALCLOUD_STEP_WRAPPER", f"{wrapper} 'in the image' calls")
    with own_server() as vertex:
        job = vertex.run("succeeding", rows=3)
    assert job.state == SUCCEEDED
    assert (tmp_path / "calls").read_text() == "in the image\n" * 2


@pytest.mark.services
def test_no_task_outlives_a_cloud_that_is_taken_down(tmp_path: Path) -> None:
    def tasks() -> list[psutil.Process]:
        lines = (
            (process, " ".join(process.info["cmdline"] or ())) for process in psutil.process_iter(["cmdline"])
        )
        return [process for process, line in lines if "executor_main" in line and str(tmp_path) in line]

    with running(tmp_path, services=("vertex",)) as endpoints, led_to(endpoints):
        hold_the_only_place(PARENT)
        wait_until(lambda: bool(tasks()), "the task's start")
    wait_until(lambda: not tasks(), "the task's end", seconds=20)
