"""Old versions of tables, jobs, results, runs and compilations are deleted, and the newest are kept."""

import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from google.cloud.aiplatform_v1.types import PipelineJob

from localcloud.rest import raw
from localcloud.settings import Settings
from localcloud.vertex.jobs import PipelineJobs
from localcloud.vertex.outcome import JobState
from tests.localcloud.dataform.conftest import dataform_process, new_project

PARENT = "projects/some-project/locations/us-central1"
ENGINE = """
import sys
from pathlib import Path

from localcloud.bigquery.extensions import use_extensions
from local_bigquery.settings import settings

folder = Path(sys.argv[1])
use_extensions(folder / "home")
settings.data_dir, settings.default_project_id = folder / "data", "p"
from local_bigquery.engine import database
from local_bigquery.jobs import runner
from local_bigquery.models import JobConfiguration

from localcloud.bigquery.history import forget, forget_at_start


def run(number, sql):
    runner.submit("p", f"job-{number}", JobConfiguration.model_validate({"query": {"query": sql}}))
    job = runner.wait("p", f"job-{number}")
    assert runner.error(job) is None, runner.error(job)
"""
PAST = """

def counts():
    files = len(list((folder / "data" / "p").rglob("*.parquet")))
    [[versions]] = database.fetch("SELECT count(*) FROM ducklake_snapshots('p')")
    [[jobs]] = database.fetch("SELECT count(*) FROM emulator.jobs")
    [[results]] = database.fetch("SELECT count(*) FROM duckdb_tables() WHERE schema_name = '_results'")
    return files, versions > 3, jobs, results


run(0, "CREATE SCHEMA d")
for number in range(1, 6):
    run(number, f"CREATE OR REPLACE TABLE d.t AS SELECT {number} AS a")
run(6, "SELECT a FROM d.t")
database.execute("INSERT INTO emulator.jobs VALUES ('p', 'going', NULL, 'RUNNING', 1, '{}')")
print(*counts())
for minutes in (60, 0):
    with database.cursor() as cursor:
        forget(cursor, minutes)
        print(*counts(), cursor.execute("SELECT a FROM p.d.t").fetchall())
"""
DELETED = """
run(0, "CREATE SCHEMA d")
run(1, "CREATE TABLE d.t AS SELECT a, CONCAT('person-', CAST(a AS STRING)) AS b FROM UNNEST([1, 2, 3]) AS a")
run(2, "DELETE FROM d.t WHERE a = 2")
run(3, "CREATE TABLE d.u AS SELECT b FROM d.t")
run(4, "UPDATE d.u SET b = 'nobody' WHERE TRUE")
run(5, "INSERT d.t (a, b) VALUES (4, 'person-4')")
with database.cursor() as cursor:
    forget_at_start(cursor, 0)
    print(cursor.execute("SELECT a, b FROM p.d.t ORDER BY a").fetchall())
"""


def run_engine(script: str, folder: Path) -> list[str]:
    """Run a script in a process with an engine of its own; return the lines that it prints."""
    command = [sys.executable, "-c", ENGINE + script, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr == ""
    return done.stdout.splitlines()


@pytest.mark.services
def test_bigquery_forgets_versions_jobs_and_results(tmp_path: Path) -> None:
    before, within, after = [line for line in run_engine(PAST, tmp_path) if line[:1].isdigit()]
    assert before.startswith("5 True 8 ")
    assert within == f"{before} [(5,)]"  # an hour has not passed
    assert after == "1 False 1 0 [(5,)]"  # the running job stays


@pytest.mark.services
def test_a_restart_of_bigquery_deletes_deleted_rows_from_its_files(tmp_path: Path) -> None:
    assert run_engine(DELETED, tmp_path)[-1] == "[(1, 'person-1'), (3, 'person-3'), (4, 'person-4')]"
    files = [pq.ParquetFile(file).read() for file in (tmp_path / "data" / "p").rglob("*.parquet")]
    found = sorted(value for file in files for value in file.to_pydict().get("b", []))
    assert found == ["nobody", "nobody", "person-1", "person-3", "person-4"]


def test_vertex_keeps_the_newest_runs(tmp_path: Path) -> None:
    for number, state in enumerate(["SUCCEEDED", "FAILED", "RUNNING", "CANCELLED", "SUCCEEDED"]):
        job = PipelineJob(name=f"{PARENT}/pipelineJobs/run-{number}", state=f"PIPELINE_STATE_{state}")
        raw(job).create_time.FromSeconds(1_700_000_000 + number)
        folder = tmp_path / job.name
        folder.mkdir(parents=True)
        (folder / "resource.json").write_text(PipelineJob.to_json(job))
        (folder / "run.log").write_text("a line")
    settings = Settings.model_validate({"keep": {"runs": 3}})
    jobs = PipelineJobs(tmp_path, settings=settings)
    assert [job.name.rpartition("/")[2] for job in jobs.list_jobs()] == ["run-4", "run-3", "run-2"]
    assert jobs.list_jobs()[2].state == JobState.PIPELINE_STATE_FAILED  # it was running when its server ended
    assert [path.name for path in sorted((tmp_path / PARENT / "pipelineJobs").iterdir())] == [
        "run-2",
        "run-3",
        "run-4",
    ]


@pytest.mark.services
def test_dataform_keeps_the_newest_compilations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = tmp_path / "cloud.toml"
    settings.write_text("[keep]\nruns = 2\n")
    monkeypatch.setenv("LOCALCLOUD_SETTINGS", str(settings))
    monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", "http://127.0.0.1:1")  # compiling sends it no query
    with dataform_process(tmp_path / "data") as (_, client):
        project = new_project(client)
        made = [project.compile().name for _ in range(4)]
        kept = [each.name for each in client.list_compilation_results(parent=project.name)]
    assert kept == [made[3], made[2]]
    assert len(list(tmp_path.rglob("graph.json"))) == 2
