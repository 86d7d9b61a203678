"""Parallel tasks: a loop over shards, in a pipeline of its own inside the exit handler."""

import os

import pytest

LOOP = "exit-handler-1.in-shards.for-loop-1"
IN_ALL = 5


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "parts").mkdir()
    return tmp_path / "parts"


def states(details) -> dict[str, str]:
    return {name: detail.state.name for name, detail in details.items()}


def shard(number: int) -> str:
    return f"{LOOP}.for-loop-1-iteration-{number}"


def run(vertex, folder, shards=IN_ALL, **more):
    marker = folder.parent / "marker"
    return vertex.run("sharded", marker=str(marker), folder=str(folder), shards=shards, **more)


def test_as_many_shards_run_at_once_as_there_are_cores_and_their_parts_are_seen(vertex, tasks_of, folder):
    job = run(vertex, folder, together=min(os.cpu_count(), IN_ALL))
    found = states(details := tasks_of(job))
    assert job.state.name == "PIPELINE_STATE_SUCCEEDED"
    assert set(found.values()) == {"SUCCEEDED"}
    expected = [f"{shard(number)}{inside}" for number in range(IN_ALL) for inside in ("", ".work")]
    above = ["exit-handler-1", "exit-handler-1.in-shards", "exit-handler-1.in-shards.plan", LOOP]
    assert sorted(found) == sorted([*above, *expected, "exit-handler-1.join", "report-outcome"])
    assert dict(details["exit-handler-1.join"].execution.metadata)["output:Output"] == IN_ALL
    given = [dict(details[f"{shard(number)}.work"].execution.metadata) for number in range(IN_ALL)]
    assert [one["input:shard"] for one in given] == list(range(IN_ALL))
    assert {path.read_text() for path in folder.glob("part-*")} == {"done"}
    last = max(details[shard(number)].end_time for number in range(IN_ALL))
    assert last <= details["exit-handler-1.join"].start_time


def test_a_loop_without_shards_succeeds(vertex, tasks_of, folder):
    details = tasks_of(job := run(vertex, folder, shards=0))
    assert job.state.name == "PIPELINE_STATE_SUCCEEDED"
    assert details[LOOP].state.name == "SUCCEEDED"
    assert dict(details["exit-handler-1.join"].execution.metadata)["output:Output"] == 0


def test_only_the_failed_shard_is_retried(vertex, tasks_of, folder):
    job = run(vertex, folder, failing=3, failures=1)
    assert job.state.name == "PIPELINE_STATE_SUCCEEDED"
    attempts = [len(list(folder.glob(f"started-{number}-*"))) for number in range(IN_ALL)]
    assert attempts == [1, 1, 1, 2, 1]
    history = tasks_of(job)[f"{shard(3)}.work"].pipeline_task_status
    assert [change.error.message for change in history if change.error.message] == [
        "ValueError: shard 3 fails"
    ]


def test_a_failed_shard_fails_the_run_and_the_work_of_the_others_stays(vertex, tasks_of, folder):
    job = run(vertex, folder, failing=0, failures=9)
    found = states(tasks_of(job))
    assert job.state.name == "PIPELINE_STATE_FAILED"
    assert "work: ValueError: shard 0 fails" in job.error.message
    assert {name for name, state in found.items() if state == "FAILED"} == {
        "exit-handler-1",
        "exit-handler-1.in-shards",
        LOOP,
        shard(0),
        f"{shard(0)}.work",
    }
    assert found["exit-handler-1.join"] == "NOT_TRIGGERED"
    assert sorted(path.name for path in folder.glob("part-*")) == [f"part-{one}" for one in range(1, IN_ALL)]
    assert (folder.parent / "marker").read_text() == "FAILED"


def test_no_shard_starts_after_a_failure_when_the_policy_is_to_fail_fast(vertex, folder):
    run(vertex, folder, shards=40, failing=0, failures=9, fail_fast=True)
    assert len(list(folder.glob("part-*"))) < 39


def test_a_cancelled_run_signals_every_active_shard_and_starts_no_other(own_server, tasks_of, folder):
    at_once = os.cpu_count()
    with own_server() as vertex:
        job = vertex.submit("endless_in_shards", folder=str(folder), shards=at_once + 1)
        vertex.wait_for(lambda: len(list(folder.glob("started-*"))) == at_once, "the start of the shards")
        vertex.client.cancel_pipeline_job(name=job.name)
        ended = vertex.wait(job)
        assert ended.state.name == "PIPELINE_STATE_CANCELLED"
        started = {path.name.partition("-")[2] for path in folder.glob("started-*")}
        assert {path.name.partition("-")[2] for path in folder.glob("cleaned-*")} == started
        assert len(started) == at_once
        assert states(tasks_of(ended))["join"] == "NOT_TRIGGERED"


def test_an_output_larger_than_vertex_accepts_fails_its_task(vertex):
    assert vertex.run("talkative", size=100_000).state.name == "PIPELINE_STATE_SUCCEEDED"
    job = vertex.run("talkative", size=131_072)
    assert job.state.name == "PIPELINE_STATE_FAILED"
    assert "say-much: TooLargeError: the output parameters have 131,0" in job.error.message
