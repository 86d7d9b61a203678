"""The Dataform repository and the runs agree with the folder that is pushed there."""

import json
from datetime import date
from pathlib import Path

import pytest
import yaml

from components.shared.names import DATASETS
from infra.deploy.outputs import Outputs
from infra.deploy.rebuild import compilation_settings
from infra.stub.terraform import INFRA, Applied, Terraform, copied
from pipelines.customer_churn import customer_churn

FOLDER = Path(__file__).parents[2] / "dataform"


@pytest.fixture(scope="module")
def settings():
    return yaml.safe_load((FOLDER / "workflow_settings.yaml").read_text(encoding="utf-8"))


def test_the_repository_runs_as_its_own_account(applied):
    [repository] = applied.of("google_dataform_repository")
    assert repository["name"] == "winter-days-data-repo"
    assert repository["service_account"].startswith("dataform-exec-sa@")
    assert repository["git_remote_settings"] == []


def test_the_workspace_is_the_pipelines(applied):
    inputs = customer_churn.component_spec.inputs
    assert applied.terraform.outputs()["dataform_workspace"]["value"] == inputs["workspace"].default


def test_a_rebuild_compiles_as_the_folder_says(applied, settings):
    outputs = Outputs.parse(json.dumps(applied.terraform.outputs()))
    compilation = compilation_settings(outputs, date(2026, 1, 31))
    assert compilation.default_schema == settings["defaultDataset"]
    assert compilation.assertion_schema == settings["defaultAssertionDataset"]
    assert compilation.default_location == settings["defaultLocation"]
    assert compilation.vars.keys() <= settings["vars"].keys()
    for name in ("warehouse_dataset", "bi_dataset", "keys_dataset", "contacts_dataset"):
        assert compilation.vars[name] == settings["vars"][name]


def test_a_run_is_given_the_name_of_every_dataset(applied):
    [service] = applied.of("google_cloud_run_v2_service")
    [told] = [
        json.loads(each["value"])
        for each in service["template"][0]["containers"][0]["env"]
        if each["name"] == "WINTER_DAYS_PARAMETERS"
    ]
    made = Outputs.parse(json.dumps(applied.terraform.outputs())).datasets
    assert {name: told[f"{name}_dataset"] for name in made} == made == DATASETS


def test_a_dataset_is_renamed_by_one_setting(stub_environment, tmp_path):
    terraform = Terraform(copied(INFRA, tmp_path / "infra"), stub_environment)
    names = {name: f"other_{name}" for name in DATASETS}
    applied = Applied(terraform, "-var-file=envs/dev.tfvars", f"-var=datasets={json.dumps(names)}")
    assert Outputs.parse(json.dumps(terraform.outputs())).datasets == names
    made = json.dumps([each.values for each in applied.resources])
    assert [name for name in DATASETS.values() if name in made] == []


def test_the_zone_of_the_schedules_is_that_of_sales(stub_environment, tmp_path):
    terraform = Terraform(copied(INFRA, tmp_path / "infra"), stub_environment)
    applied = Applied(terraform, "-var-file=envs/dev.tfvars", "-var=time_zone=Europe/Berlin")
    [service] = applied.of("google_cloud_run_v2_service")
    told = {each["name"]: each["value"] for each in service["template"][0]["containers"][0]["env"]}
    zones = [
        Outputs.parse(json.dumps(terraform.outputs())).time_zone,
        json.loads(told["WINTER_DAYS_PARAMETERS"])["business_time_zone"],
        told["WINTER_DAYS_TIME_ZONE"],
        *(each["time_zone"] for each in applied.of("google_cloud_scheduler_job")),
    ]
    assert set(zones) == {"Europe/Berlin"}


def test_each_dataset_of_the_folder_is_made(applied, settings):
    made = {each["dataset_id"] for each in applied.of("google_bigquery_dataset")}
    variables = settings["vars"]
    assert {
        settings["defaultDataset"], settings["defaultAssertionDataset"],
        variables["warehouse_dataset"], variables["bi_dataset"], variables["keys_dataset"],
        variables["contacts_dataset"],
    } < made  # fmt: skip
