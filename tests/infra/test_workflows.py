"""The workflows: keyless, pinned, and running what a person can run."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".github/workflows"
NAMES = ("deploy", "plan", "test")


@pytest.fixture(params=NAMES)
def text(request) -> str:
    return (FOLDER / f"{request.param}.yml").read_text(encoding="utf-8")


def test_there_are_no_other_workflows():
    assert sorted(path.stem for path in FOLDER.iterdir()) == list(NAMES)


def test_zizmor_reports_nothing():
    program = Path(sys.executable).with_name("zizmor")
    words = [program, "--offline", "--persona=pedantic", str(FOLDER)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout


def test_every_action_is_pinned_by_its_digest(text):
    for action in re.findall(r"uses: (.+)", text):
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action)


def test_an_action_has_one_version():
    actions = re.findall(r"uses: ([^@]+)@(\S+)", "".join(path.read_text() for path in FOLDER.iterdir()))
    assert len(dict(actions)) == len(set(actions))


def test_no_secret_and_no_key_is_used(text):
    assert "secrets." not in text
    assert "credentials_json" not in text


def test_it_runs_only_targets_of_the_makefile(text):
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    commands = re.findall(r"run: (?:sudo )?make ([\w-]+)", text)
    assert commands
    assert set(commands) <= targets


@pytest.mark.parametrize(("name", "variable"), [("deploy", "OWN_TFVARS"), ("plan", "DEV_OWN_TFVARS")])
def test_uncommitted_variables_come_from_the_environment(name, variable, tmp_path):
    [job] = yaml.safe_load((FOLDER / f"{name}.yml").read_text(encoding="utf-8"))["jobs"].values()
    (write, before), (make, _) = [(step["run"], step.get("env")) for step in job["steps"] if "run" in step]
    assert before == {"OWN_TFVARS": f"${{{{ vars.{variable} }}}}"}
    assert make.startswith("make ")
    (tmp_path / "infra").mkdir()
    own = 'billing_account = "012345-6789AB-CDEF01"\nalert_emails = ["you@example.com"]'
    subprocess.run(["bash", "-c", write], cwd=tmp_path, env={"OWN_TFVARS": own}, check=True)
    assert (tmp_path / "infra/own.auto.tfvars").read_text(encoding="utf-8") == own + "\n"


def test_both_environments_are_deployed_one_at_a_time():
    job = yaml.safe_load((FOLDER / "deploy.yml").read_text(encoding="utf-8"))["jobs"]["deploy"]
    assert job["environment"] == "${{ matrix.environment }}"
    assert job["strategy"]["matrix"]["environment"] == ["dev", "prod"]
    assert job["strategy"]["max-parallel"] == 1


def test_the_accounts_are_those_of_the_bootstrap(bootstrap):
    ids = {each["account_id"] for each in bootstrap.of("google_service_account")}
    used = set(
        re.findall(r"service_account: ([\w-]+)@", "".join(path.read_text() for path in FOLDER.iterdir()))
    )
    assert used == ids


def test_terraform_has_the_version_that_the_root_asks_for(terraform):
    versions = set(
        re.findall(r"terraform_version: (\S+)", "".join(path.read_text() for path in FOLDER.iterdir()))
    )
    assert len(versions) == 1
    major, minor, _ = (int(part) for part in versions.pop().split("."))
    assert (1, 9) <= (major, minor) < (2, 0)
