"""A whole deployment: Terraform against the stub, a script as gcloud, Google's clients over the network."""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Self

import pytest
from google.api_core.exceptions import Conflict
from google.cloud import bigquery
from google.cloud import dataform_v1 as api

from components.shared.clients import bigquery_client, dataform_client, storage_client, vertex_sdk
from components.shared.erasures import MARK
from components.shared.names import MODEL_NAME, SPECIFICATION
from generate.access_page import bootstrapped
from infra.deploy.columns import refuse_lost_columns
from infra.deploy.commands import ROOT
from infra.deploy.errors import DeployError
from infra.deploy.outputs import Outputs
from infra.deploy.pseudonym_key import SCHEMA
from infra.stub.terraform import LOCAL_STATE
from laptop.provision import provision
from localcloud.clients import CREDENTIALS, write_credentials
from tests.orchestrator.holding import active_run

PROJECT = "a-shop-dev"  # the example's own project is refused
BUCKET = f"{PROJECT}-lake-raw"
KEY = "SELECT key FROM winter_days_keys.pseudonym_key"
# Cloud Build has no stand-in: this gcloud logs its arguments, and has an image once it has built one. It
# reports a project as in order, except for what $GCLOUD_FAULT names.
GCLOUD = """#!/bin/sh
echo "$@" >> "$GCLOUD_LOG"
test "$1" = builds || test "$CLOUDSDK_CORE_DISABLE_PROMPTS" = 1 || exit 65  # nobody would see a question
case "$*" in
  builds*) touch "$GCLOUD_LOG.built"; cp "$3" "$GCLOUD_LOG.tar.gz" ;;
  artifacts*) test -e "$GCLOUD_LOG.built" ;;
  "auth print-access-token") test "$GCLOUD_FAULT" != login ;;
  "auth application-default print-access-token") test "$GCLOUD_FAULT" != default ;;
  "projects describe a-shop-dev"*) test "$GCLOUD_FAULT" != project && echo ACTIVE ;;
  "billing projects describe a-shop-dev"*)
    test "$GCLOUD_FAULT" = billing-api && exit 1
    test "$GCLOUD_FAULT" = billing && echo False || echo True ;;
  "services list"*)
    test "$GCLOUD_FAULT" = apis || echo serviceusage.googleapis.com
    printf '%s\n' iam.googleapis.com cloudresourcemanager.googleapis.com storage.googleapis.com ;;
  "storage buckets describe gs://a-shop-dev-tfstate") test "$GCLOUD_FAULT" != state ;;
  "quotas info list --service=aiplatform.googleapis.com --project=a-shop-dev"*custom_model_training_cpus)
    test "$GCLOUD_FAULT" != quotas && echo '[{"dimensionsInfos": [
      {"applicableLocations": ["europe-west1"], "details": {"value": "2"}},
      {"applicableLocations": ["us-central1", "us-east1"], "details": {"value": "'"${GCLOUD_CPUS:-42}"'"}},
      {"applicableLocations": ["us-central1"], "details": {}}]}]' ;;
  *) exit 64 ;;
esac
"""
PLATFORMS = ("linux_amd64", "linux_arm64", "darwin_amd64", "darwin_arm64")
PROVIDER = json.loads((ROOT / "infra/stub/google.json").read_text())["version"]  # the stub's version
LOCKS = ("infra/.terraform.lock.hcl", "infra/bootstrap/.terraform.lock.hcl")


@dataclass
class Clone:
    """A clone of the repository in which a deployment can be run."""

    folder: Path
    environment: dict[str, str]

    @property
    def log(self) -> Path:
        return self.folder.parent / "gcloud.log"

    def make(self) -> Self:
        """Clone the working tree, committed or not, with Terraform's state as a local file."""
        self._git("clone", "--quiet", str(ROOT), str(self.folder), cwd=self.folder.parent)
        changed = subprocess.run(
            ["git", "ls-files", "--modified", "--others", "--exclude-standard"],
            cwd=ROOT, capture_output=True, text=True, check=True,
        ).stdout.split()  # fmt: skip
        for name in changed:
            if (ROOT / name).exists():
                (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
                (self.folder / name).write_bytes((ROOT / name).read_bytes())
        (self.folder / "infra/backend_override.tf").write_text(LOCAL_STATE)
        variables = self.folder / "infra/envs/dev.tfvars"
        variables.write_text(variables.read_text().replace("winter-days-nov-2025-dev", PROJECT))
        (self.folder / "infra/envs/dev.tfbackend").write_text('path = "dev.tfstate"\n')
        for lock in LOCKS:
            (self.folder / lock).write_text("# as make lock-providers writes it; the stub has no hashes\n")
        self.commit("Keep the state beside the configuration")
        return self

    def commit(self, message: str) -> None:
        self._git("add", "--all")
        self._git("-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "--quiet", "-m", message)

    @property
    def tag(self) -> str:
        return self._git("rev-parse", "HEAD").strip()[:12]

    def deploy(self, *words: str, code: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "infra.deploy", "dev", *words],
            cwd=self.folder,
            env=os.environ | self.environment | {"GCLOUD_LOG": str(self.log), "PYTHONPATH": str(self.folder)},
            capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout + done.stderr

    def outputs(self) -> Outputs:
        done = subprocess.run(
            ["terraform", "output", "-json"], cwd=self.folder / "infra", env=os.environ | self.environment,
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        return Outputs.parse(done.stdout)

    def asked_of_gcloud(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []

    def _git(self, *words: str, cwd: Path | None = None) -> str:
        return subprocess.run(
            ["git", *words], cwd=cwd or self.folder, capture_output=True, text=True, check=True
        ).stdout


def clone_in(folder: Path, environment: dict[str, str]) -> Clone:
    """Return the clone in a folder, whether made yet or not, with a gcloud beside it."""
    gcloud = folder / "bin/gcloud"
    gcloud.parent.mkdir()
    gcloud.write_text(GCLOUD)
    gcloud.chmod(0o755)
    return Clone(folder / "clone", environment | {"PATH": f"{gcloud.parent}:{os.environ['PATH']}"})


@pytest.fixture(scope="module")
def shop_environment(stub_environment, tmp_path_factory) -> dict[str, str]:
    """The stub's environment, after an owner has applied the project's bootstrap."""
    bootstrapped(tmp_path_factory.mktemp("shop") / "bootstrap", stub_environment, "dev", PROJECT)
    return stub_environment


@pytest.fixture
def clone(cloud, shop_environment, tmp_path) -> Clone:
    return clone_in(tmp_path, shop_environment).make()


@pytest.fixture(scope="module")
def deployed_once(cloud, shop_environment, tmp_path_factory) -> Clone:
    """A clone in which Terraform has created everything; no test changes it."""
    clone = clone_in(tmp_path_factory.mktemp("deployed"), shop_environment).make()
    clone.deploy("--step", "apply", "--yes")
    return clone


@pytest.fixture
def applied_clone(deployed_once, shop_environment, tmp_path) -> Clone:
    """A copy of that clone, with Terraform's state."""
    clone = clone_in(tmp_path, shop_environment)
    shutil.copytree(deployed_once.folder, clone.folder, symlinks=True)
    return clone


def make_what_the_stub_only_says(outputs: Outputs) -> None:
    """Create in the stand-ins what Terraform creates in the cloud."""
    provision(outputs.project, outputs.bucket)
    parent, _, repository = outputs.dataform_repository.partition("/repositories/")
    dataform_client().create_repository(parent=parent, repository_id=repository, repository=api.Repository())
    with bigquery_client(outputs.project) as client:
        client.delete_table(outputs.key_table)
        client.create_table(bigquery.Table(outputs.key_table, SCHEMA))


def test_a_deployment_from_nothing_and_again(clone):
    assert "nothing is deployed yet" in clone.deploy("--dry-run")
    told = clone.deploy("--step", "apply", "--yes")
    assert re.search(r"Apply complete! Resources: \d{3} added", told)
    assert clone.outputs().image_tag == ""
    make_what_the_stub_only_says(clone.outputs())

    told = clone.deploy("--yes")
    outputs, tag = clone.outputs(), clone.tag
    assert outputs.image_tag == tag
    builds = [line for line in clone.asked_of_gcloud() if line.startswith("builds submit")]
    assert len(builds) == 1
    assert f"_REGISTRY={outputs.registry},_TAG={tag}" in builds[0]
    assert f"--service-account={outputs.build_service_account}" in builds[0]
    assert told.partition("== smoke")[2].count("ok  ") == 4
    blob = storage_client(PROJECT).bucket(BUCKET).get_blob(SPECIFICATION)
    assert blob.download_as_text().count(outputs.steps_image) >= 6
    with bigquery_client(PROJECT) as client:
        [key] = [row.key for row in client.query_and_wait(KEY)]
    assert key not in told

    told = clone.deploy("--yes")
    assert told.count("Resources: 0 added, 0 changed, 0 destroyed") == 1
    assert told.count("already") == 5
    assert len([line for line in clone.asked_of_gcloud() if line.startswith("builds submit")]) == 1
    with bigquery_client(PROJECT) as client:
        assert [row.key for row in client.query_and_wait(KEY)] == [key]

    assert "would rebuild" in clone.deploy("--rebuild", "--dry-run")
    check_rebuild(clone.deploy("--rebuild"), outputs)
    assert "would replace" in clone.deploy("--rotate-key", "--dry-run")
    check_rebuild(clone.deploy("--rotate-key", "--yes"), outputs)
    with bigquery_client(PROJECT) as client:
        [other] = [row.key for row in client.query_and_wait(KEY)]
    assert other != key

    workspace = f"{outputs.dataform_repository}/workspaces/{outputs.dataform_workspace}"
    broken = {"workspace": workspace, "path": "definitions/broken.js"}
    dataform_client().write_file(request={**broken, "contents": b"throw new Error('broken')"})
    told = clone.deploy("--rotate-key", "--yes", code=1)
    assert "definitions/broken.js: broken" in told
    assert "replaced" not in told
    dataform_client().remove_file(request=broken)
    with bigquery_client(PROJECT) as client:
        assert [row.key for row in client.query_and_wait(KEY)] == [other]

    blob.delete()
    told = clone.deploy("--step", "smoke", code=1)
    assert "is missing: run the step pipeline" in told
    assert "would upload" in clone.deploy("--step", "pipeline", "--dry-run")
    assert "ok  The compiled pipeline" in clone.deploy("--from", "pipeline")

    told = clone.deploy("--destroy", "--yes", code=1)
    assert "add --delete-data" in told
    model = {"artifact_uri": "gs://b/m", "serving_container_image_uri": "i"}
    vertex_sdk(PROJECT, "us-central1").Model.upload(display_name=MODEL_NAME, **model)
    told = clone.deploy("--destroy", "--delete-data", "--yes")
    assert "destroyed" in told
    assert "deleted 0 runs and 1 models of Vertex AI" in told
    told = clone.deploy("--destroy", "--delete-data", "--yes")  # as after a failure
    assert "Resources:" not in told
    assert "deleted 0 runs and 0 models of Vertex AI" in told


def check_rebuild(told: str, outputs: Outputs) -> None:
    """Check that the command started a full refresh of the workspace as of today."""
    started = dataform_client().get_workflow_invocation(name=re.search(r"started (\S+)", told)[1])
    assert started.invocation_config.fully_refresh_incremental_tables_enabled
    assert started.invocation_config.service_account == outputs.dataform_service_account
    compilation = dataform_client().get_compilation_result(name=started.compilation_result)
    assert compilation.workspace.endswith(f"/workspaces/{outputs.dataform_workspace}")
    age = datetime.now(UTC).date() - date.fromisoformat(compilation.code_compilation_config.vars["as_of"])
    assert age <= timedelta(days=1)  # midnight may have passed


@pytest.mark.parametrize(
    ("fault", "mend"),
    [
        ("login", "gcloud auth login"),
        ("default", "gcloud auth application-default login"),
        ("project", "gcloud projects create a-shop-dev"),
        ("billing", "gcloud billing projects link a-shop-dev --billing-account=BILLING_ACCOUNT"),
        ("apis", "gcloud services enable serviceusage.googleapis.com --project=a-shop-dev"),
        (
            "state",
            "select -or-create dev && terraform -chdir=infra/bootstrap apply -var=project=a-shop-dev",
        ),
    ],
)
def test_what_is_missing_is_reported_first_with_its_remedy(deployed_once, fault, mend):
    deployed_once.environment["GCLOUD_FAULT"] = fault
    told = deployed_once.deploy("--yes", code=1)
    del deployed_once.environment["GCLOUD_FAULT"]
    assert mend in told
    assert "nothing was changed" in told
    assert "$ terraform" not in told


def test_a_shell_of_the_local_cloud_deploys_nothing(deployed_once, tmp_path):
    write_credentials(tmp_path)
    deployed_once.environment["GOOGLE_APPLICATION_CREDENTIALS"] = str(tmp_path / CREDENTIALS)
    told = deployed_once.deploy("--yes", code=1)
    del deployed_once.environment["GOOGLE_APPLICATION_CREDENTIALS"]
    assert "deploy from another shell" in told


def test_a_project_that_is_in_order_lacks_nothing(deployed_once):
    told = deployed_once.deploy("--step", "doctor")
    assert told.count("ok  ") == 14
    assert "--  " not in told
    assert "$ terraform" not in told


@pytest.mark.parametrize(("cpus", "is_enough"), [("3", False), ("0", False), ("4", True), ("-1", True)])
def test_a_quota_too_small_for_the_largest_task_is_reported(deployed_once, monkeypatch, cpus, is_enough):
    monkeypatch.setitem(deployed_once.environment, "GCLOUD_CPUS", cpus)
    told = deployed_once.deploy("--step", "doctor", code=int(not is_enough))
    assert ("ok  Vertex AI needs a quota of 4 CPUs for custom training in us-central1" in told) == is_enough
    assert (f"4 CPUs for custom training in us-central1, but has {cpus}" in told) != is_enough
    assert ("make smoke may need 40 CPUs at once, but there are 4" in told) == (cpus == "4")


def test_a_quota_that_cannot_be_read_stops_nothing(deployed_once, monkeypatch):
    monkeypatch.setitem(deployed_once.environment, "GCLOUD_FAULT", "quotas")
    told = deployed_once.deploy("--step", "doctor")
    assert "--  not checked: quotas." in told
    assert "gcloud services enable cloudquotas.googleapis.com --project=a-shop-dev" in told


def test_billing_that_cannot_be_read_stops_nothing(deployed_once, monkeypatch):
    monkeypatch.setitem(deployed_once.environment, "GCLOUD_FAULT", "billing-api")
    told = deployed_once.deploy("--step", "doctor")
    assert "--  not checked: billing" in told
    assert "gcloud services enable cloudbilling.googleapis.com --project=a-shop-dev" in told
    assert "ok  The APIs" in told


@pytest.mark.parametrize(("file", "text"), [("own.auto.tfvars", ""), ("envs/dev.tfvars", None)])
def test_the_state_is_put_where_everything_else_is(applied_clone, file, text):
    variables = applied_clone.folder / "infra" / file
    variables.write_text((variables.read_text() if text is None else text) + 'location = "europe-west1"\n')
    applied_clone.environment["GCLOUD_FAULT"] = "state"
    told = applied_clone.deploy("--step", "doctor", "--dry-run", code=1)
    assert "infra/bootstrap apply -var=project=a-shop-dev -var=location=europe-west1" in told


def test_the_example_project_is_not_deployed(applied_clone):
    variables = applied_clone.folder / "infra/envs/dev.tfvars"
    variables.write_text(variables.read_text().replace(PROJECT, "winter-days-nov-2025-dev"))
    told = applied_clone.deploy("--yes", code=1)
    assert "still that of the example, winter-days-nov-2025-dev" in told
    assert "write yours into infra/envs/dev.tfvars and infra/envs/dev.tfbackend" in told


def test_two_environments_do_not_share_a_project(applied_clone):
    variables = applied_clone.folder / "infra/envs/prod.tfvars"
    variables.write_text(variables.read_text().replace('"winter-days-nov-2025"', f'"{PROJECT}"'))
    told = applied_clone.deploy("--step", "doctor", "--dry-run", code=1)
    assert "a-shop-dev is also the project of prod.tfvars" in told
    assert "create a project of its own for dev" in told


def test_the_state_of_another_project_is_not_used(applied_clone):
    (applied_clone.folder / "infra/envs/dev.tfbackend").write_text('bucket = "another-tfstate"\n')
    assert 'write bucket = "a-shop-dev-tfstate" into' in applied_clone.deploy("--yes", code=1)


def test_providers_without_hashes_are_not_used(applied_clone):
    (applied_clone.folder / LOCKS[1]).unlink()
    applied_clone.commit("Forget the providers of the bootstrap")
    told = applied_clone.deploy("--yes", code=1)
    assert f"not committed: {LOCKS[1]}" in told
    assert "make lock-providers && git add" in told


def test_the_tree_is_checked_before_terraform_runs(applied_clone):
    (applied_clone.folder / "left.txt").write_text("not committed")
    told = applied_clone.deploy("--yes", code=1)
    assert "commit first" in told
    assert "$ terraform" not in told


def test_the_lock_has_every_platform(tmp_path):
    """`make lock-providers` writes it, here from a mirror of zip files instead of the registry."""
    for name in ("google", "google-beta"):
        folder = tmp_path / f"mirror/registry.terraform.io/hashicorp/{name}"
        folder.mkdir(parents=True)
        for platform in PLATFORMS:
            file = folder / f"terraform-provider-{name}_{PROVIDER}_{platform}.zip"
            with zipfile.ZipFile(file, "w") as archive:
                archive.writestr(f"terraform-provider-{name}_v{PROVIDER}", f"{name} for {platform}")
    shutil.copytree(ROOT / "infra", tmp_path / "infra", ignore=shutil.ignore_patterns(".terraform*"))
    shutil.copy(ROOT / "Makefile", tmp_path)
    subprocess.run(
        ["make", "lock-providers", f"ARGS=-fs-mirror={tmp_path}/mirror"],
        cwd=tmp_path, env=os.environ | {"TF_CLI_CONFIG_FILE": os.devnull}, check=True, capture_output=True,
    )  # fmt: skip
    for lock, providers in zip(LOCKS, (2, 1), strict=True):
        text = (tmp_path / lock).read_text()
        assert text.count(f'version     = "{PROVIDER}"') == providers
        assert text.count('"h1:') == providers * len(PLATFORMS)


def test_nothing_is_replaced_under_an_active_run(applied_clone):
    with active_run(f"projects/{PROJECT}/locations/us-central1", "a-nightly-run"):
        for words, again in (
            (["--from", "release"], "--from release"),
            (["--step", "warehouse"], "--from warehouse"),
            (["--rebuild"], "--rebuild"),
            (["--rotate-key", "--yes"], "--rotate-key"),
        ):
            told = applied_clone.deploy(*words, code=1)
            assert "a run is active: wait until a-nightly-run has ended, or cancel it" in told
            assert f'make deploy ENV=dev ARGS="{again}"' in told
            assert "terraform apply" not in told


def test_nothing_is_rebuilt_during_an_erasure(applied_clone):
    with suppress(Conflict):
        storage_client(PROJECT).create_bucket(BUCKET)
    mark = storage_client(PROJECT).bucket(BUCKET).blob(MARK)
    mark.upload_from_string("{}")
    try:
        for words in (["--rebuild"], ["--rotate-key", "--yes"]):
            told = applied_clone.deploy(*words, code=1)
            assert f"an erasure is under way (gs://{BUCKET}/{MARK}): wait until it has ended" in told
    finally:
        mark.delete()


def test_the_build_gets_the_files_of_the_commit(applied_clone):
    applied_clone.deploy("--step", "images")
    source = applied_clone.log.parent / "gcloud.log.tar.gz"
    names = subprocess.run(
        ["tar", "-tf", source], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert {"cloudbuild.yaml", "components/Dockerfile", "components/requirements.txt"} <= set(names)
    assert not [name for name in names if ".venv" in name or "tfstate" in name]


def test_files_that_are_not_committed_are_not_deployed(applied_clone):
    (applied_clone.folder / "components/image.py").write_text("IMAGE = 'x'\n")
    told = applied_clone.deploy("--step", "images", code=1)
    assert "commit first" in told
    assert "components/image.py" in told
    assert applied_clone.asked_of_gcloud() == []


def test_the_pipeline_waits_for_its_images(applied_clone):
    assert "run the steps images and release first" in applied_clone.deploy("--step", "pipeline", code=1)


def test_a_missing_program_is_named(applied_clone, tmp_path):
    (tmp_path / "bin/gcloud").unlink()
    for program in ("git", "terraform"):
        (tmp_path / "bin" / program).symlink_to(shutil.which(program))
    applied_clone.environment["PATH"] = str(tmp_path / "bin")
    assert "gcloud is not on the PATH: install it" in applied_clone.deploy("--step", "images", code=1)


def test_a_terraform_failure_ends_the_deployment(clone):
    (clone.folder / "infra/broken.tf").write_text('resource "google_storage_bucket" "x" {}\n')
    told = clone.deploy("--step", "apply", "--yes", code=1)
    assert "terraform apply ended with code 1" in told


def test_a_newer_version_is_applied_with_its_own_images_only(applied_clone):
    """An orchestrator of the older version would refuse a parameter that it does not know, and not start."""
    with suppress(Conflict):  # by the deployment from nothing, where that ran before
        make_what_the_stub_only_says(applied_clone.outputs())
    applied_clone.deploy("--yes", "--from", "images")
    older = applied_clone.outputs().image_tag
    outputs = applied_clone.folder / "infra/outputs.tf"
    outputs.write_text(outputs.read_text() + 'output "newer" {\n  value = "only in this version"\n}\n')
    known = applied_clone.folder / "infra/deploy/outputs.py"
    known.write_text(
        known.read_text().replace("    time_zone: str\n", "    time_zone: str\n    newer: str\n")
    )
    settings = applied_clone.folder / "infra/run.tf"
    settings.write_text(
        settings.read_text().replace("changelog_table =", "newer = 1\n      changelog_table =")
    )
    applied_clone.commit("Add an output and a parameter")

    told = applied_clone.deploy("--step", "warehouse", code=1)
    assert "another version was applied last, with other outputs (newer): run the step release first" in told
    told = applied_clone.deploy("--yes")
    assert f"the images of {older} are in use: the step release applies everything" in told
    tag = applied_clone.tag
    assert re.findall("image_tag=([0-9a-f]*)", told) == [tag]
    assert f"the images of {tag} are already in" in told


def test_an_older_version_drops_no_column_of_a_newer_one(applied_clone):
    """Terraform drops a column in place: deletion_protection does not stop that."""
    tables = {name.rpartition(".")[2]: name for name in applied_clone.outputs().tables}
    defined = ROOT / "infra/tables/churn_drift.json"
    schema = [*json.loads(defined.read_text())["schema"], {"name": "newer", "type": "STRING"}]
    with bigquery_client(PROJECT) as client:
        client.create_dataset("winter_days_warehouse", exists_ok=True)
        client.delete_table(tables["churn_drift"], not_found_ok=True)
        client.create_table(bigquery.Table(tables["churn_drift"], schema))
        for words in (["--step", "apply", "--yes"], ["--step", "apply", "--dry-run"]):
            told = applied_clone.deploy(*words, code=1)
            assert f"would drop it:\n  {tables['churn_drift']}: newer\n" in told
            assert "docs/deploy.md, Roll back" in told
            assert not re.search("terraform (apply|plan)", told)
        other = f"{PROJECT}.winter_days_warehouse.of_a_newer_version"
        client.create_table(bigquery.Table(other, [{"name": "day", "type": "DATE"}]))
        with pytest.raises(DeployError, match=f"  {other}\n"):
            refuse_lost_columns(client, [tables["churn_outcomes"], other])
        for name in (other, tables["churn_drift"]):
            client.delete_table(name)


def test_the_outputs_are_those_that_terraform_gives(dev):
    assert dev.terraform.outputs().keys() == Outputs.model_fields.keys()
