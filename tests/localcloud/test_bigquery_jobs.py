"""Jobs of the local BigQuery, where only chance would show what a test is to see."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.services

CANCELLED_TOO_EARLY = """
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
