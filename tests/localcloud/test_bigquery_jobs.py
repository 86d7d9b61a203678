"""Jobs of the local BigQuery: early cancellation, threads and transactions."""

import subprocess
import sys

import pytest
from google.cloud.bigquery import ConnectionProperty, QueryJobConfig

from components.shared.clients import bigquery_client
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


def test_a_job_is_cancelled_before_a_worker_takes_it():
    done = subprocess.run(
        [sys.executable, "-c", CANCELLED_TOO_EARLY], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.stdout, done.stderr) == ("j of p True\n", "")


def test_the_variable_sets_the_threads_of_a_query(monkeypatch, capsys):
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


IN_A_TRANSACTION = """
CREATE TEMP TABLE t (n INT64);
BEGIN TRANSACTION;
INSERT INTO t VALUES (1);
COMMIT TRANSACTION;
INSERT INTO t VALUES (2);
"""


def test_jobs_name_the_transaction_that_they_belong_to(cloud):
    client = bigquery_client("told-project")
    job = client.query(IN_A_TRANSACTION)
    job.result()
    told = {each.statement_type: each.transaction_info for each in client.list_jobs(parent_job=job)}
    inside = [told["BEGIN_TRANSACTION"], told["COMMIT_TRANSACTION"]]
    assert inside[0] == inside[1]
    assert inside[0].transaction_id
    inserts = [each for each in client.list_jobs(parent_job=job) if each.statement_type == "INSERT"]
    assert [each.transaction_info for each in inserts if each.transaction_info] == [inside[0]]
    assert len(inserts) == 2
    assert (told["CREATE_TABLE"], client.get_job(job.job_id).transaction_info) == (None, None)


@pytest.mark.parametrize("end", ["COMMIT TRANSACTION", "SELECT ERROR(CAST(n AS STRING)) FROM t"])
def test_a_session_names_its_transaction_until_it_ends_or_fails(cloud, end):
    client = bigquery_client("told-project")
    first = client.query("CREATE TEMP TABLE t AS SELECT 0 AS n", QueryJobConfig(create_session=True))
    first.result()
    within = [ConnectionProperty("session_id", first.session_info.session_id)]

    def told(sql: str) -> object:
        job = client.query(sql, QueryJobConfig(connection_properties=within), job_retry=None)
        job.exception()
        return client.get_job(job.job_id).transaction_info

    begun = told("BEGIN TRANSACTION")
    assert begun is not None
    assert told("SELECT 1") == begun
    told(end)
    assert told("SELECT 1") is None
