"""Tasks that start as forks of a Python that has imported libraries, and how they end; test_vertex_queue.py
cancels one.
"""

import sys
from pathlib import Path

import psutil
import pytest

from localcloud.vertex import warm_client

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a warm Python")
FAILED, SUCCEEDED = "PIPELINE_STATE_FAILED", "PIPELINE_STATE_SUCCEEDED"


@pytest.fixture
def vertex(warm_server):
    with warm_server() as server:
        yield server


def test_a_task_is_a_fork_with_the_libraries_and_its_own_variables(vertex):
    job = vertex.run("showing_process", module="wave")
    log = vertex.file(job, "logs/show-process.log").read_text()
    assert job.state.name == SUCCEEDED
    assert "Z wave is imported in a child of localcloud.vertex.warm\n" in log
    assert f"Z ['--component_module_path', '{vertex.file(job, 'tmp')}" in log
    assert f"in {Path.cwd()}, warm\n" in log
    assert "Z to stderr\n" in log
    assert "preload: no_such_library cannot be imported" in vertex.file(job, "run.log").read_text()


def test_a_task_s_end_is_told_as_that_of_a_process_of_its_own(vertex):
    assert vertex.run("failing_flat", code=7).error.message.endswith("the last words\nexit code 7")
    assert "exit code 137" in vertex.run("ending_by_signal", number=9).error.message
    assert "exit code 139" in vertex.run("ending_by_signal", number=11).error.message


def test_a_retry_starts_a_process_of_its_own_once_the_warm_python_has_ended(vertex, tmp_path):
    job = vertex.run("losing_its_parent", marker=str(tmp_path / "marker"))
    log = vertex.file(job, "logs/kill-parent-once.log").read_text()
    assert (job.state.name, log.count("--- attempt")) == (SUCCEEDED, 2)
    assert "the Python that ran this step has ended, and the step with it" in log
    assert has_ended(int((tmp_path / "marker").read_text()))


def test_the_fork_ends_with_the_process_that_waits_for_it(vertex, tmp_path):
    job = vertex.submit(
        "endless_unheard", started=str(tmp_path / "started"), cleaned=str(tmp_path / "cleaned")
    )
    vertex.wait_for((tmp_path / "started").exists, "the task's start")
    descendants = psutil.Process(vertex.process.pid).children(recursive=True)
    client = next(process for process in descendants if process.cmdline()[3:4] == [warm_client.__file__])
    fork = next(process for process in descendants if process.parent().cmdline() == process.cmdline())
    client.kill()
    assert vertex.wait(job).state.name == FAILED
    assert not (tmp_path / "cleaned").exists()
    vertex.wait_for(lambda: has_ended(fork.pid), "the fork's end")


def has_ended(process: int) -> bool:
    """Return whether a process has ended, although it may wait to be asked how."""
    return not psutil.pid_exists(process) or psutil.Process(process).status() == psutil.STATUS_ZOMBIE
