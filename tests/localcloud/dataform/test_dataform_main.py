import os
import subprocess
import sys

import pytest
from google.cloud import dataform_v1 as api

pytestmark = pytest.mark.services


@pytest.fixture
def slow_run(own_project, warehouse):
    """Return a function that starts, on a client's server, a run that does not end by itself."""
    jobs = []

    def start(client):
        project = own_project(client)
        project.define(
            slow=f'config {{ type: "table" }}\n{project.endless}',
            after='config { type: "table" }\nselect * from ${ref("slow")}',
        )
        invocation = project.start()
        project.wait_for_jobs(invocation, "slow")
        jobs.append(project.actions(invocation)["slow"].bigquery_action.job_id)
        return project, invocation

    yield start
    for job in jobs:
        warehouse.cancel_job(job)


def test_a_run_fails_when_the_server_dies_and_the_rest_is_kept(own_server, slow_run):
    with own_server() as (process, client):
        project, invocation = slow_run(client)
        process.kill()
        process.wait(30)
    with own_server() as (_, client):
        project.client = client
        assert project.state(invocation) == api.WorkflowInvocation.State.FAILED
        assert project.states(invocation) == {"slow": "FAILED", "after": "SKIPPED"}
        assert "stopped while" in project.actions(invocation)["slow"].failure_reason
        folder = {"workspace": project.workspace, "path": "definitions"}
        kept = [entry.file for entry in client.query_directory_contents(request=folder)]
        assert kept == ["definitions/after.sqlx", "definitions/slow.sqlx"]


def test_ends_at_once_on_sigterm_despite_an_active_run(own_server, slow_run):
    with own_server() as (process, client):
        slow_run(client)
        process.terminate()
        # uvicorn ends by raising the signal again once it has shut down.
        assert process.wait(10) in (0, -15)


@pytest.mark.parametrize(
    "program", ["localcloud.dataform", "localcloud.dataform.compile", "localcloud.dataform.install"]
)
def test_help_shows_an_example(program):
    done = subprocess.run([sys.executable, "-m", program, "--help"], capture_output=True, text=True)
    assert done.returncode == 0
    assert f"python -m {program}" in done.stdout.split("example:")[1]


def test_does_not_start_without_a_local_bigquery(tmp_path):
    environment = {name: value for name, value in os.environ.items() if name != "BIGQUERY_EMULATOR_HOST"}
    command = [sys.executable, "-m", "localcloud.dataform", "--port", "0", "--project", "p"]
    command += ["--data-dir", str(tmp_path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("BIGQUERY_EMULATOR_HOST is not set")
