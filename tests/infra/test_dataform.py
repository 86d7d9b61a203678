"""The Dataform repository and its configurations agree with the folder that is pushed there."""

from pathlib import Path

import pytest
import yaml

from pipelines.customer_churn import customer_churn

FOLDER = Path(__file__).parents[2] / "dataform"


@pytest.fixture(scope="module")
def settings():
    return yaml.safe_load((FOLDER / "workflow_settings.yaml").read_text(encoding="utf-8"))


def test_the_repository_runs_as_an_account_of_its_own(applied):
    [repository] = applied.of("google_dataform_repository")
    assert repository["name"] == "winter-days-data-repo"
    assert repository["service_account"].startswith("dataform-exec-sa@")
    assert repository["git_remote_settings"] == []


def test_the_workspace_is_the_pipelines(applied):
    inputs = customer_churn.component_spec.inputs
    assert applied.terraform.outputs()["dataform_workspace"]["value"] == inputs["workspace"].default


def test_the_release_compiles_as_the_folder_says(applied, settings):
    [release] = applied.of("google_dataform_repository_release_config")
    [compilation] = release["code_compilation_config"]
    assert release["git_commitish"] == "main"
    assert compilation["default_schema"] == settings["defaultDataset"]
    assert compilation["assertion_schema"] == settings["defaultAssertionDataset"]
    assert compilation["default_location"] == settings["defaultLocation"]
    assert compilation["vars"].keys() <= settings["vars"].keys()
    for name in ("warehouse_dataset", "bi_dataset", "keys_dataset"):
        assert compilation["vars"][name] == settings["vars"][name]


def test_the_full_refresh_waits_for_a_person(applied):
    [workflow] = applied.of("google_dataform_repository_workflow_config")
    [invocation] = workflow["invocation_config"]
    assert not workflow["cron_schedule"]
    assert invocation["fully_refresh_incremental_tables_enabled"] is True
    assert invocation["service_account"].startswith("dataform-exec-sa@")


def test_each_dataset_of_the_folder_is_made(applied, settings):
    made = {each["dataset_id"] for each in applied.of("google_bigquery_dataset")}
    variables = settings["vars"]
    assert {
        settings["defaultDataset"], settings["defaultAssertionDataset"],
        variables["warehouse_dataset"], variables["bi_dataset"], variables["keys_dataset"],
    } < made  # fmt: skip
