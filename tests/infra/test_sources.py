"""Switching a source or a generator off also removes its account, job, schedule and permissions."""

import json

import pytest

from infra.stub.terraform import INFRA, Applied, Terraform, copied

OFF = ("clickstream", "startup")


def test_nothing_is_made_for_a_source_that_is_off(stub_environment, tmp_path, dev):
    folder = copied(INFRA, tmp_path / "root")
    arguments = ("-var-file=envs/dev.tfvars", "-var=image_tag=0123456789ab", "-var=sources=[]")
    bare = Applied(Terraform(folder, stub_environment), *arguments)
    for made in bare.resources:
        if made.type in ("google_storage_managed_folder", "google_storage_managed_folder_iam_member"):
            continue  # the folders hold data, which an eraser still has to reach
        assert not any(f"{source}" in made.address for source in OFF), made.address
    accounts = {account["account_id"] for account in bare.of("google_service_account")}
    assert {account["account_id"] for account in dev.of("google_service_account")} - accounts == {
        "winter-days-clickstream-gen-sa",
        "winter-days-startup-gen-sa",
    }
    kept = [
        grant
        for grant in bare.of("google_storage_managed_folder_iam_member")
        if grant["managed_folder"] in ("clickstream/", "startups/")
    ]
    assert {grant["member"].partition("@")[0] for grant in kept} == {"serviceAccount:winter-days-eraser-sa"}
    [service] = bare.of("google_cloud_run_v2_service")
    variables = {each["name"]: each["value"] for each in service["template"][0]["containers"][0]["env"]}
    assert json.loads(variables["WINTER_DAYS_PARAMETERS"])["sources"] == ""
    assert bare.terraform.outputs()["sources"]["value"] == ""
    shown = bare.terraform.outputs()["looker_studio"]["value"]
    assert "bi_revenue_by_day" in shown
    assert "bi_funnel_by_day" not in shown
    assert "bi_startups_by_stage" not in shown


def test_an_unknown_source_is_refused(terraform):
    refused = terraform.attempt("plan", "-var-file=envs/dev.tfvars", '-var=sources=["orders"]')
    assert "The sources are clickstream and startups." in refused.stderr


def generating(applied: Applied) -> dict[str, set[str]]:
    """Return what is made for generators: accounts, jobs, schedules, and what their accounts may do."""
    names = ("sales-gen", "clickstream-gen", "startup-gen")
    accounts = {account["account_id"] for account in applied.of("google_service_account")}
    jobs = {job["name"] for job in applied.of("google_cloud_run_v2_job")}
    schedules = {job["name"] for job in applied.of("google_cloud_scheduler_job")}
    granted = {
        grant["member"]
        for kind in ("google_project_iam_member", "google_storage_managed_folder_iam_member")
        for grant in applied.of(kind)
    }
    found = {"accounts": accounts, "jobs": jobs, "schedules": schedules, "grants": granted}
    return {
        kind: {name for name in names if any(name in one for one in made)} for kind, made in found.items()
    }


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ((), {"sales-gen", "clickstream-gen", "startup-gen"}),
        (("-var=sales_mapping=tests/orders.yaml",), set()),
        (("-var=sales_mapping=tests/orders.yaml", '-var=generators=["startups"]'), {"startup-gen"}),
        (("-var=generators=[]",), set()),
    ],
)
def test_nothing_is_made_up_beside_a_shop_s_own_data(given, made, stub_environment, tmp_path):
    folder = copied(INFRA, tmp_path / "root")
    fixed = ("-var-file=envs/dev.tfvars", "-var=image_tag=0123456789ab")
    applied = Applied(Terraform(folder, stub_environment), *fixed, *given)
    assert generating(applied) == dict.fromkeys(("accounts", "jobs", "schedules", "grants"), made)
    assert applied.terraform.outputs()["sources"]["value"] == "clickstream,startups"
    [stale] = [
        policy["documentation"][0]["content"]
        for policy in applied.of("google_monitoring_alert_policy")
        if policy["display_name"] == "An export found no sale of the last day"
    ]
    assert ("winter-days-firestore-sales-gen" in stale) == ("sales-gen" in made)


def test_sales_that_nobody_would_read_are_not_made_up(terraform):
    given = ("-var=sales_mapping=tests/orders.yaml", '-var=generators=["sales"]')
    refused = terraform.attempt("plan", "-var-file=envs/dev.tfvars", *given)
    assert "With sales_mapping your own sales are read" in " ".join(refused.stderr.replace("│", "").split())


def test_a_generator_of_a_source_that_is_off_is_refused(terraform):
    given = ("-var=sources=[]", '-var=generators=["clickstream"]')
    refused = terraform.attempt("plan", "-var-file=envs/dev.tfvars", *given)
    assert "Choose from sales and the enabled sources." in refused.stderr


@pytest.mark.parametrize(
    ("place", "databases"),
    [
        ("", ["(default)"]),
        ("database: orders-eu, ", ["(default)", "orders-eu"]),
        ("project: a-shop, database: orders-eu, ", ["(default)"]),
    ],
)
def test_another_database_of_this_project_may_be_read(place, databases, stub_environment, tmp_path):
    folder = copied(INFRA, tmp_path / "root")
    mapping = folder / "tests/orders.yaml"
    mapping.write_text(mapping.read_text().replace("collection:", f"{place}collection:"))
    fixed = ("-var-file=envs/dev.tfvars", "-var=image_tag=0123456789ab")
    applied = Applied(Terraform(folder, stub_environment), *fixed, "-var=sales_mapping=tests/orders.yaml")
    [project] = {job["project"] for job in applied.of("google_project_iam_member")}
    named = [f'resource.name == "projects/{project}/databases/{name}"' for name in databases]
    conditions = {
        grant["condition"][0]["expression"]
        for grant in applied.of("google_project_iam_member")
        if grant["role"].startswith("roles/datastore.")
    }
    assert conditions == {" || ".join(named)}
