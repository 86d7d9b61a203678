"""Switching a source off also removes its account, job, schedule and permissions."""

import json

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
