"""The project: its APIs, its environments, and what the outputs say."""

import re

from infra.stub.terraform import INFRA

NAMED = {
    "run", "cloudbuild", "cloudscheduler", "storage", "firestore", "bigquery", "dataform",
    "bigqueryconnection", "aiplatform", "artifactregistry", "compute", "iam",
}  # fmt: skip
NEEDED = {
    "bigquerystorage",
    "cloudresourcemanager",
    "iamcredentials",
    "logging",
    "monitoring",
    "serviceusage",
}


def values(path):
    return dict(re.findall(r'^(\w+)\s*=\s*"(.*)"$', path.read_text(encoding="utf-8"), re.M))


def test_the_apis_are_on_and_stay_on(applied):
    services = applied.of("google_project_service")
    assert {each["service"].removesuffix(".googleapis.com") for each in services} == NAMED | NEEDED
    assert not any(each["disable_on_destroy"] for each in services)


def test_an_environments_state_is_in_its_projects_bucket(bootstrap):
    for name in ("dev", "prod"):
        variables, backend = values(INFRA / f"envs/{name}.tfvars"), values(INFRA / f"envs/{name}.tfbackend")
        assert backend["bucket"] == f"{variables['project']}-tfstate"
        assert variables["environment"] == name
    assert (
        bootstrap.terraform.outputs()["state_bucket"]["value"]
        == values(INFRA / "envs/dev.tfbackend")["bucket"]
    )


def test_the_environments_share_nothing(environments):
    projects = {each.terraform.outputs()["project"]["value"] for each in environments.values()}
    buckets = {each.terraform.outputs()["bucket"]["value"] for each in environments.values()}
    assert len(projects) == len(buckets) == 2
