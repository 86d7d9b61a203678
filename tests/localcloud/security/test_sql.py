"""SQL reaches no file, network, setting or other database: each attempt is refused in Google's form."""

import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from components.shared.names import BUCKET

FILE = "/etc/hostname"
READERS = ("read_text", "read_blob", "read_csv", "read_csv_auto", "read_parquet", "read_json", "read_ndjson")
INSIDERS = ("duckdb_settings", "duckdb_secrets", "parquet_metadata", "sniff_csv", "query", "query_table")
STATEMENTS = (
    f"SELECT * FROM `read_text`('{FILE}')",
    f"SELECT * FROM winter_days_staging.read_text('{FILE}')",
    f"SELECT * FROM glob('{FILE}')",
    f"SELECT (SELECT content FROM read_text('{FILE}'))",
    f"SELECT 1 FROM UNNEST([1]) AS a, read_text('{FILE}')",
    f"WITH a AS (SELECT * FROM read_text('{FILE}')) SELECT * FROM a",
    f"SELECT 1; SELECT * FROM read_text('{FILE}')",
    f"DECLARE a STRING DEFAULT (SELECT content FROM read_text('{FILE}')); SELECT a",
    f"IF EXISTS (SELECT 1 FROM read_text('{FILE}')) THEN SELECT 1; END IF",
    f"EXECUTE IMMEDIATE \"SELECT * FROM read_text('{FILE}')\"",
    f"CREATE VIEW winter_days_staging.v AS SELECT * FROM read_text('{FILE}')",
    f"CREATE TABLE winter_days_staging.t AS SELECT * FROM read_text('{FILE}')",
    f"CREATE FUNCTION winter_days_staging.f() AS ((SELECT content FROM read_text('{FILE}')))",
    f"CREATE TABLE FUNCTION winter_days_staging.g() AS SELECT * FROM read_text('{FILE}')",
    f"SELECT * FROM `{FILE}.csv`",
    "COPY (SELECT 1) TO '{place}'",
    "EXPORT DATA OPTIONS (uri = '{place}', format = 'CSV') AS SELECT 1",
    "EXPORT DATA OPTIONS (uri = 'file://{place}', format = 'CSV') AS SELECT 1",
    f"EXPORT DATA OPTIONS (uri = 'gs://{BUCKET}/../../x*', format = 'CSV') AS SELECT 1",
    f"CREATE EXTERNAL TABLE winter_days_staging.e (l STRING) OPTIONS (format = 'CSV', uris = ['{FILE}'])",
    f"CREATE EXTERNAL TABLE winter_days_staging.e (l STRING) OPTIONS (format = 'CSV', uris = ['file://{FILE}'])",
    "ATTACH '{place}'",
    "ATTACH ':memory:' AS other",
    "DETACH bq",
    "USE emulator",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET threads = 1",
    "SET enable_external_access = true",
    "RESET threads",
    "PRAGMA threads = 1",
    "CHECKPOINT",
    "VACUUM",
    "EXPLAIN SELECT 1",
    "DESCRIBE winter_days_staging.t",
    "SHOW TABLES",
    "CREATE SECRET s (TYPE s3)",
    "CREATE MACRO m() AS 1",
    "CREATE SEQUENCE s",
    "SELECT getenv('HOME')",
    "SELECT * FROM EXTERNAL_QUERY('us.default', 'SELECT 1')",
)


def assert_refused(answer, status: int = 400) -> None:
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert error["code"] == status
    assert error["errors"][0]["reason"] == ("invalidQuery" if status == 400 else "accessDenied")


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_statement_that_reaches_this_machine_is_refused(cloud, tmp_path, statement):
    place = tmp_path / "written.csv"
    answer = cloud.query(statement.replace("{place}", str(place)))
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["errors"][0]["reason"] in ("invalid", "invalidQuery")
    assert Path(FILE).read_text().strip() not in answer.text
    assert not place.exists()


@pytest.mark.parametrize("function", [*READERS, *INSIDERS])
def test_a_table_function_that_bigquery_lacks_is_unknown(cloud, function):
    answer = cloud.query(f"SELECT * FROM {function}('{FILE}')")
    assert_refused(answer)
    assert answer.json()["error"]["message"].startswith("Table-valued function not found: ")


@pytest.mark.parametrize(
    "database", ["emulator.main.jobs", "`emulator.main.jobs`", "`emulator.main.j*`", "system.a.b"]
)
def test_the_engines_own_databases_are_not_projects(cloud, database):
    assert_refused(cloud.query(f"SELECT * FROM {database}"), 403)


@pytest.mark.parametrize(
    "statement",
    [
        "DROP SCHEMA main",
        "DROP SCHEMA `{project}.MAIN` CASCADE",
        "DROP SCHEMA IF EXISTS main CASCADE",
        "EXECUTE IMMEDIATE 'DROP SCHEMA main'",
        "CREATE TABLE main.a AS SELECT 1 AS a",
        "CREATE SCHEMA emulator.a",
        "CREATE SCHEMA EMULATOR.a",
        "DROP SCHEMA emulator.main CASCADE",
    ],
)
def test_the_engines_own_schemas_cannot_be_changed(cloud, statement):
    answer = cloud.query(statement.replace("{project}", cloud.endpoints.project))
    assert answer.status_code in (403, 501) or ("IF EXISTS" in statement and answer.status_code == 200)
    assert cloud.query("SELECT 1").status_code == 200


def test_no_call_changes_the_engines_own_schemas(cloud):
    dataset = cloud.queries().replace("/queries", "/datasets/main")
    assert httpx.delete(dataset, params={"deleteContents": True}).status_code == 404
    assert httpx.get(dataset).status_code == 404
    assert cloud.query("SELECT 1").status_code == 200


@pytest.mark.parametrize(
    "project", ["{place}/lake", "../../../../../../{place}/lake", "x' AS y; COPY (SELECT 1) TO '{place}'; --"]
)
def test_a_projects_id_names_no_file_and_is_no_statement(cloud, tmp_path, project):
    place = tmp_path / "written"
    place.mkdir()
    named = project.replace("{place}", str(place / "csv" if "COPY" in project else place))
    assert_refused_as_invalid(cloud.query(f"CREATE SCHEMA `{named}`.`d`"))
    assert [*place.iterdir()] == []


def assert_refused_as_invalid(answer) -> None:
    assert (answer.status_code, answer.json()["error"]["errors"][0]["reason"]) == (400, "invalid")


@pytest.mark.parametrize("view", ["sqlite_master", "PRAGMA_DATABASE_LIST", "`duckdb_logs`", "pg_class"])
def test_the_engines_own_views_are_no_tables(cloud, view):
    answer = cloud.query(f"SELECT * FROM {view}")
    assert_refused(answer)
    assert "must be qualified with a dataset" in answer.json()["error"]["message"]


def test_a_query_may_use_the_engines_names_for_its_own(cloud):
    for statement in (
        "WITH sqlite_master AS (SELECT 1 AS a) SELECT a FROM sqlite_master",
        "SELECT a FROM (SELECT [1] AS items) AS main, main.items AS a",
        "CREATE TEMP FUNCTION version() AS (1); SELECT version()",
    ):
        answer = cloud.query(statement)
        assert answer.status_code == 200, answer.text
        assert answer.json()["rows"] == [{"f": [{"v": "1"}]}]


@pytest.mark.parametrize(
    "call",
    ["current_setting('temp_directory')", "main.current_setting('a')", "getvariable('a')"],
)
def test_a_function_of_the_engine_is_unknown_beside_tables_that_are_not_analysed(cloud, call):
    answer = cloud.query(f"SELECT {call} FROM INFORMATION_SCHEMA.SCHEMATA")
    assert_refused(answer)
    assert answer.json()["error"]["message"].startswith("Function not found: ")


def test_a_function_in_another_language_is_refused_not_answered_with_its_text(cloud):
    function = (
        "CREATE TEMP FUNCTION f() RETURNS STRING LANGUAGE python OPTIONS (entry_point = 'f') AS 'its text'"
    )
    answer = cloud.query(f"{function}; SELECT f()")
    assert (answer.status_code, "its text" in answer.text) == (501, False)


@pytest.mark.parametrize("name", ["`/etc/*`", "`*`", "`..`.`x`"])
def test_a_malformed_table_name_is_the_callers_mistake(cloud, name):
    assert cloud.query(f"SELECT * FROM {name}").status_code == 400


@pytest.mark.parametrize("uri", [FILE, f"file://{FILE}", "http://127.0.0.1/x", f"gs://{BUCKET}/../x"])
def test_a_load_job_reads_only_the_lake(cloud, uri):
    table = {"projectId": cloud.endpoints.project, "datasetId": "winter_days_staging", "tableId": "loaded"}
    load = {"sourceUris": [uri], "destinationTable": table, "autodetect": True, "sourceFormat": "CSV"}
    url = cloud.queries().replace("/queries", "/jobs")
    job = httpx.post(url, json={"configuration": {"load": load}}, timeout=60).json()
    assert job["status"]["errorResult"]["reason"] == "invalid", job
    assert Path(FILE).read_text().strip() not in str(job)


@pytest.mark.services
def test_the_engine_itself_is_locked_whatever_the_rules_say(tmp_path):
    """GoogleSQL's rules are the second line of defence: without them, too, the engine opens no file."""
    script = f"""
import sys
from pathlib import Path
from localcloud.bigquery.extensions import use_extensions
folder = Path(sys.argv[1])
use_extensions(folder / "home")
from local_bigquery.settings import settings
settings.data_dir, settings.default_project_id = folder / "data", "a-project"
from localcloud.bigquery.lockdown import lock_down
lock_down(settings.data_dir, folder / "staging", 1)
from local_bigquery.engine import database
def told(what): # stdout has the progress of what takes DuckDB two seconds
    print(what, file=sys.stderr)
told(database.fetch("SELECT current_setting('threads')"))
for sql in ("SELECT * FROM read_text('{FILE}')", "ATTACH '{{0}}/x.db'", "COPY (SELECT 1) TO '{{0}}/x.csv'",
            "INSTALL httpfs", "SET threads = 2", "SET enable_external_access = true"):
    try:
        database.execute(sql.format(folder.parent))
    except Exception as error:
        told(type(error).__name__)
    else:
        told(f"ran {{sql}}")
database.execute("SELECT count(DISTINCT hash(a)) FROM range(3000000) AS t(a)")
"""
    folder = tmp_path / "state"
    folder.mkdir()
    done = subprocess.run([sys.executable, "-c", script, folder], capture_output=True, text=True, check=True)
    assert set(done.stderr.split()) == {"[(1,)]", "PermissionException", "InvalidInputException"}
