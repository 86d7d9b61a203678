import json
import os
import shutil
import subprocess

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from localcloud.dataform.install import COMPILER
from localcloud.dataform.official_tool import NODE, OfficialTool, OfficialToolError

pytestmark = pytest.mark.services

FILES = {
    "workflow_settings.yaml": "defaultProject: winter-days-test\ndefaultDataset: official\n"
    "defaultLocation: US\ndefaultAssertionDataset: official_checks\nvars:\n  word: hello\n",
    "package.json": "{}",
    "includes/names.js": "module.exports = { column: 'n' };",
    "definitions/first.sqlx": 'config { type: "table", tags: ["t"], assertions: { uniqueKey: ["n"] },\n'
    'description: "d", bigquery: { partitionBy: "day", clusterBy: ["n"] } }\n'
    "js { const start = 1; }\n"
    "select ${start} as ${names.column}, current_date() as day, '${dataform.projectConfig.vars.word}' as w",
    "definitions/grown.sqlx": 'config { type: "incremental", uniqueKey: ["n"] }\n'
    "pre_operations { declare x default 1; }\n"
    "select n from ${ref('first')} ${when(incremental(), `where n > 0`)}\npost_operations { select 1 }",
    "definitions/seen.sqlx": 'config { type: "view" }\nselect * from ${ref("grown")}',
    "definitions/did.sqlx": 'config { type: "operations" }\nselect 1\n---\nselect 2',
    "definitions/made.js": 'publish("made", "table").query(ctx => `select * from ${ctx.ref("seen")}`);',
}
TARGET = {"database": "winter-days-test", "schema": "official", "name": "grown"}


@pytest.fixture(scope="module")
def tool():
    tool = OfficialTool()
    yield tool
    tool.close()


def compiled(tool, **override):
    graph = tool.compile({path: text.encode() for path, text in FILES.items()}, override)
    assert not graph["graphErrors"]
    return graph


def credentials(folder) -> str:
    """Write a key that the command's client can sign with, which nobody checks; return its path."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    account = {
        "type": "service_account",
        "client_email": "a@b.c",
        "private_key": key.decode(),
        "universe_domain": "emulator.local",
    }
    path = folder / "credentials.json"
    path.write_text(
        json.dumps({"projectId": "winter-days-test", "location": "US", "credentials": json.dumps(account)})
    )
    return str(path)


def by_target(actions):
    return sorted(actions, key=lambda action: json.dumps(action["target"]))


def official_plan(folder, *options: str):
    """Return the actions that the official command would run for a folder."""
    core = folder / "node_modules" / "@dataform"
    core.mkdir(parents=True)
    shutil.copytree(COMPILER / "node_modules/@dataform/core", core / "core")
    bundle = COMPILER / "node_modules/@dataform/cli/bundle.js"
    command = [NODE, bundle, "run", folder, "--dry-run", "--json", "--credentials", credentials(folder)]
    host = os.environ["BIGQUERY_EMULATOR_HOST"] + "/bigquery/v2"
    environment = {**os.environ, "BIGQUERY_EMULATOR_HOST": host}
    done = subprocess.run([*command, *options], env=environment, capture_output=True, text=True)
    return json.loads(done.stdout[done.stdout.index("{") :])["actions"]


def test_plans_exactly_what_the_official_command_would_run(tool, warehouse, tmp_path):
    warehouse.query_and_wait("create schema if not exists official")
    warehouse.query_and_wait("create or replace table official.grown as select 1 as n")
    for path, text in FILES.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    official = official_plan(tmp_path, "--vars=word=bye")
    existing = [{"target": TARGET, "type": "TABLE", "fields": [{"name": "n"}]}]
    planned = tool.plan(compiled(tool, vars={"word": "bye"}), {}, existing)
    assert len(planned) == 6
    assert by_target(planned) == by_target(official)
    (grown,) = (action for action in planned if action["target"] == TARGET)
    assert "merge" in grown["tasks"][0]["statement"]


def test_a_failed_request_does_not_end_the_tool(tool):
    with pytest.raises(OfficialToolError, match="tables: array expected"):
        tool.plan({"tables": 7}, {}, [])
    assert tool.plan({"projectConfig": {}}, {}, []) == []


def test_a_projects_own_output_does_not_disturb_the_answer(tool):
    files = {path: text.encode() for path, text in FILES.items()}
    files["definitions/loud.js"] = b"console.log('{\"answer\": 1}');"
    assert len(tool.compile(files, {})["tables"]) == 4


def test_starts_again_when_its_process_was_killed():
    tool = OfficialTool()
    assert tool.plan({"projectConfig": {}}, {}, []) == []
    tool._process.kill()
    with pytest.raises(OfficialToolError, match="ended before it answered"):
        tool.plan({"projectConfig": {}}, {}, [])
    assert tool.plan({"projectConfig": {}}, {}, []) == []
    tool.close()
