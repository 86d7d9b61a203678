"""Jobs that wait, jobs that are cancelled, and jobs that the server's end interrupts."""

import time

import psutil
import pytest
from google.api_core import exceptions

from localcloud.vertex.runs import CANCEL_GRACE_SECONDS


def endless(vertex, folder, pipeline="endless", **more):
    """Submit a job that waits for SIGTERM; once its task runs, return it and its mark of a clean end."""
    started, cleaned = folder / "started", folder / "cleaned"
    job = vertex.submit(pipeline, started=str(started), cleaned=str(cleaned), **more)
    deadline = time.monotonic() + 60
    while not started.exists():
        assert time.monotonic() < deadline, "the task did not start"
        time.sleep(0.02)
    return job, cleaned


def processes(vertex) -> list[psutil.Process]:
    return psutil.Process(vertex.process.pid).children(recursive=True)


def assert_gone(ended: list[psutil.Process]) -> None:
    """Check that the processes ended; an orphan may remain a zombie until init reaps it."""
    alive = [process for process in ended if process.is_running()]
    assert not [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]


def states(details) -> dict[str, str]:
    return {name: detail.state.name for name, detail in details.items()}


@pytest.mark.parametrize("server", ["own_server", "warm_server"])
def test_a_cancelled_run_lets_its_task_clean_up_and_leaves_nothing_running(
    request, server, tasks_of, tmp_path
):
    with request.getfixturevalue(server)() as vertex:
        job, cleaned = endless(vertex, tmp_path)
        running = processes(vertex)
        assert states(tasks_of(vertex.get(job))) == {"wait-for-sigterm": "RUNNING", "say": "PENDING"}
        vertex.client.cancel_pipeline_job(name=job.name)
        assert states(tasks_of(vertex.get(job)))["wait-for-sigterm"] == "CANCELLING"
        assert vertex.state(job) == "CANCELLING"
        ended = vertex.wait(job)
        assert (ended.state.name, ended.error.code) == ("PIPELINE_STATE_CANCELLED", 1)
        assert states(tasks_of(ended)) == {"wait-for-sigterm": "CANCELLED", "say": "NOT_TRIGGERED"}
        assert cleaned.exists()
        log = vertex.file(job, "logs/wait-for-sigterm.log").read_text()
        assert (log.count("--- attempt"), log.count("cleaned up")) == (1, 1)
        assert len(running) >= 3
        assert_gone(running)
        with pytest.raises(exceptions.BadRequest, match="has ended"):
            vertex.client.cancel_pipeline_job(name=job.name)


def test_sigterm_goes_to_the_first_process_alone_and_a_shell_does_not_forward_it(own_server, tmp_path):
    with own_server() as vertex:
        job, cleaned = endless(vertex, tmp_path, "endless_unheard")
        running = processes(vertex)
        began = time.monotonic()
        vertex.client.cancel_pipeline_job(name=job.name)
        assert vertex.wait(job).state.name == "PIPELINE_STATE_CANCELLED"
        assert time.monotonic() - began >= CANCEL_GRACE_SECONDS
        assert not cleaned.exists()
        assert_gone(running)


def test_jobs_run_one_at_a_time_in_the_order_of_submission(own_server, tmp_path):
    with own_server() as vertex:
        first, _ = endless(vertex, tmp_path)
        waiting = [vertex.submit("branching", number=1) for _ in range(3)]
        assert [vertex.state(job) for job in waiting] == ["PENDING"] * 3
        with pytest.raises(exceptions.BadRequest, match="cancel it first"):
            vertex.client.delete_pipeline_job(name=waiting[0].name)
        vertex.client.cancel_pipeline_job(name=waiting[1].name)
        assert vertex.state(waiting[1]) == "CANCELLED"
        vertex.client.cancel_pipeline_job(name=first.name)
        second, never, third = (vertex.wait(job) for job in waiting)
        assert second.state == third.state
        assert not never.start_time
        assert vertex.get(first).end_time <= second.start_time < second.end_time <= third.start_time


def test_a_run_dies_with_its_server_and_the_next_marks_it_failed(own_server, tasks_of, tmp_path):
    with own_server() as vertex:
        job, cleaned = endless(vertex, tmp_path)
        waiting = vertex.submit("branching", number=1)
        running = processes(vertex)
        vertex.process.kill()
        vertex.process.wait(30)
        psutil.wait_procs(running, timeout=30)
        assert_gone(running)
        assert cleaned.exists()
    with own_server() as vertex:
        failed = vertex.get(job)
        assert failed.state.name == "PIPELINE_STATE_FAILED"
        assert failed.error.message.endswith("the server was stopped while the run was active")
        assert states(tasks_of(failed)) == {"wait-for-sigterm": "FAILED", "say": "NOT_TRIGGERED"}
        assert failed.end_time
        assert vertex.wait(waiting).state.name == "PIPELINE_STATE_SUCCEEDED"
