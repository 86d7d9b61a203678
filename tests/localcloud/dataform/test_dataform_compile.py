"""The command that prints a project's compiled graph without a server."""

import json
import subprocess
import sys

SETTINGS = "defaultProject: p\ndefaultDataset: d\n"


def compile_folder(folder) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "localcloud.dataform.compile", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_graph_is_printed_as_json(tmp_path):
    (tmp_path / "definitions").mkdir()
    (tmp_path / "workflow_settings.yaml").write_text(SETTINGS)
    (tmp_path / "definitions" / "a.sqlx").write_text('config { type: "table" }\nSELECT 1 AS one')
    done = compile_folder(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    [table] = json.loads(done.stdout)["tables"]
    assert table["target"] == {"database": "p", "schema": "d", "name": "a"}
    assert table["query"].strip() == "SELECT 1 AS one"


def test_each_compilation_error_has_a_line_with_its_file(tmp_path):
    (tmp_path / "definitions").mkdir()
    (tmp_path / "workflow_settings.yaml").write_text(SETTINGS)
    for name in ("a", "b"):
        text = f'config {{ type: "table" }}\nSELECT * FROM ${{ref("no_{name}")}}'
        (tmp_path / "definitions" / f"{name}.sqlx").write_text(text)
    done = compile_folder(tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    files = {line.partition(":")[0] for line in done.stderr.splitlines() if "no_" in line}
    assert {"definitions/a.sqlx", "definitions/b.sqlx"} <= files


def test_a_folder_without_a_project_is_named(tmp_path):
    done = compile_folder(tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"error: {tmp_path} has no workflow_settings.yaml: give the project's folder\n"
