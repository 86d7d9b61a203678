"""Jobs of the local BigQuery, where only chance would show what a test is to see."""

import subprocess
import sys

import pytest

from localcloud.bigquery.__main__ import THREADS, _arguments

pytestmark = pytest.mark.services

CANCELLED_TOO_EARLY = """
import localcloud.bigquery
from local_bigquery.jobs import runner

from localcloud.bigquery.engine import extend

extend()
runner.get = lambda project, job: f"{job} of {project}"
runner._running["p", "j"] = runner.Running()
print(runner.cancel("p", "j"), runner._running["p", "j"].cancelled)
"""


def test_a_job_is_cancelled_before_a_worker_has_it():
    done = subprocess.run(
        [sys.executable, "-c", CANCELLED_TOO_EARLY], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.stdout, done.stderr) == ("j of p True\n", "")


def test_the_threads_of_a_query_are_those_of_the_variable(monkeypatch, capsys):
    needed = {"--port": "1", "--grpc-port": "2", "--data-dir": "folder", "--project": "p"}
    monkeypatch.setattr(sys, "argv", ["bigquery", *(word for option in needed.items() for word in option)])
    monkeypatch.delenv(THREADS, raising=False)
    assert _arguments().threads is None
    monkeypatch.setenv(THREADS, "3")
    assert _arguments().threads == 3
    monkeypatch.setenv(THREADS, "many")
    with pytest.raises(SystemExit):
        _arguments()
    assert "invalid int value: 'many'" in capsys.readouterr().err
