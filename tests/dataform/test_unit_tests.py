"""The definitions' own unit tests (type: test), run by the official command against the local BigQuery."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from localcloud.dataform.install import COMPILER
from localcloud.dataform.official_tool import NODE

PROJECT = "winter-days-local"
TESTED = {
    *("stg_click_checked", "stg_sales_checked", "stg_startup_checked", "agg_cust_metrics", "dim_startup"),
    *("bi_churn_risk_by_segment", "bi_customers_to_call"),
}


@pytest.fixture
def project(project_files: dict[str, bytes], tmp_path: Path) -> Path:
    """Return a copy of the definitions that the command compiles without asking a registry."""
    for path, contents in project_files.items():
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(contents)
    settings = tmp_path / "workflow_settings.yaml"
    lines = settings.read_text().splitlines(keepends=True)
    settings.write_text("".join(line for line in lines if not line.startswith("dataformCoreVersion")))
    (tmp_path / "package.json").write_text("{}")
    core = Path("node_modules/@dataform/core")
    shutil.copytree(COMPILER / core, tmp_path / core)
    return tmp_path


def credentials(folder: Path) -> Path:
    """Write a key that the command's client can sign with; nobody checks it."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    account = {"client_email": "a@b.c", "private_key": key.decode(), "universe_domain": "emulator.local"}
    found = {"projectId": PROJECT, "location": "us-central1", "credentials": json.dumps(account)}
    path = folder / "credentials.json"
    path.write_text(json.dumps(found))
    return path


def run_tests(project: Path) -> list[dict[str, Any]]:
    """Return each test's result as the command prints it: name, successful and, on failure, messages."""
    command = [str(NODE), str(COMPILER / "node_modules/@dataform/cli/bundle.js"), "test", str(project)]
    options = ["--json", "--vars", "as_of=2025-11-05", "--credentials", str(credentials(project))]
    host = os.environ["BIGQUERY_EMULATOR_HOST"] + "/bigquery/v2"
    done = subprocess.run(
        [*command, *options],
        env={**os.environ, "BIGQUERY_EMULATOR_HOST": host},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.stdout.startswith("["), done.stdout + done.stderr
    results: list[dict[str, Any]] = json.loads(done.stdout)
    assert (done.returncode == 0) == all(result["successful"] for result in results)
    return results


def test_every_unit_test_passes(cloud: None, project: Path) -> None:
    results = run_tests(project)
    failed = [result for result in results if not result["successful"]]
    assert failed == []
    assert {result["name"].removeprefix("test_") for result in results} == TESTED


def test_a_broken_rule_fails_its_unit_test(cloud: None, project: Path) -> None:
    path = project / "includes/contracts.js"
    broken = path.read_text().replace('"values": ["page_view", ', '"values": [')
    assert broken != path.read_text()
    path.write_text(broken)
    [failed] = [result for result in run_tests(project) if not result["successful"]]
    assert failed["name"] == "test_stg_click_checked"
    assert any("event_type is unknown" in message for message in failed["messages"])
